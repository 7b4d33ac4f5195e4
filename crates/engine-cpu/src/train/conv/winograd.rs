//! Convolutions by Winograd: F(m, k) forward and for the data gradient, F(k, m) for the weight gradient, which has the same
//! points and so the same transform of the input. Tiles are whole pooling windows.

mod backward;
mod forward;
mod products;
mod size;
mod transform;

use crate::kernels::simd::PANEL;
use crate::train::partition::Block;
pub(super) use backward::{backward, BackwardTaken};
pub(super) use forward::{forward, ForwardTaken};
pub(super) use size::sized;
pub(in crate::train) use size::Size;

/// Rows of the tallest micro-kernel.
const TALLEST: usize = 14;

/// Elements of the products of as many tiles as a micro-kernel has rows, with one panel.
fn products(points: usize) -> usize {
    points * TALLEST * PANEL
}

/// Tiles of a block's segment.
fn tiles_of(block: &Block, outputs: usize) -> usize {
    block.rows.len().div_ceil(outputs)
}
