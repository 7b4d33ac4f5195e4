//! Scratch of the workers: the largest block's.

use super::Conv;
use crate::cpu::kernels::simd::PANEL;
use crate::cpu::train::arena::{Measure, Span};
use crate::cpu::train::conv::winograd::{plane, MAX_PRODUCTS};

/// Rows of the tallest micro-kernel.
const TALLEST: usize = 14;

/// Scratch of one worker.
#[derive(Clone, Copy, Default)]
pub(in crate::cpu::train) struct Scratch {
    pub input: Span,
    pub gradient: Span,
    pub product: Span,
    /// Transformed input or gradient, transformed gradient as taps, products of a few tiles.
    pub values: Span,
    pub taps: Span,
    pub products: Span,
}

impl Scratch {
    /// Of each of `threads` workers, for every block of `convs`.
    pub(super) fn of(threads: usize, convs: &[Conv], floats: &mut Measure) -> Vec<Self> {
        let largest = |size: fn(&Conv) -> usize| convs.iter().map(size).max().unwrap_or(0);
        let (input, gradient, product) =
            (largest(Conv::input_block), largest(Conv::gradient_block), largest(Conv::product_block));
        (0..threads)
            .map(|_| Self {
                input: floats.take(input),
                gradient: floats.take(gradient),
                product: floats.take(product),
                values: floats.take(largest(Conv::values_block)),
                taps: floats.take(largest(Conv::taps_block)),
                products: floats.take(MAX_PRODUCTS * TALLEST * PANEL),
            })
            .collect()
    }
}

impl Conv {
    /// Tiles of the largest block.
    fn tiles(&self, outputs: usize) -> usize {
        self.blocks.blocks.iter().map(|b| b.segments * b.rows.len().div_ceil(outputs)).max().unwrap_or(0)
    }

    fn values_block(&self) -> usize {
        let widest = self.spec.from.max(self.spec.to);
        self.winograd.map_or(0, |size| size.points() * plane(self.tiles(size.outputs()), widest))
    }

    fn taps_block(&self) -> usize {
        let wide = self.spec.to.next_multiple_of(PANEL);
        self.winograd.map_or(0, |size| size.points() * (self.tiles(size.outputs()) * wide + 16))
    }

    /// Rows of the largest block in scratch, with what lies around and between its segments.
    fn rows(&self) -> usize {
        let direct = self.blocks.largest(&self.spec) + self.spec.kernel;
        self.winograd.map_or(direct, |size| {
            let segments = self.blocks.blocks.iter().map(|b| b.segments).max().unwrap_or(1);
            self.tiles(size.outputs()) * size.outputs() + segments * self.spec.kernel
        })
    }

    fn input_block(&self) -> usize {
        self.rows() * self.spec.stride * self.spec.from
    }

    fn gradient_block(&self) -> usize {
        self.rows() * self.spec.to
    }

    fn product_block(&self) -> usize {
        let back = if self.backward.is_some() { self.spec.from } else { self.spec.from * self.spec.kernel };
        self.rows() * self.spec.to.max(back).max(PANEL)
    }
}
