//! The sums over a batch that the backward pass of norm, ReLU and pool needs.

use engine_core::tape::Consumer;

use crate::kernels::scalar::Scalar;
use crate::kernels::simd::Simd;
use crate::train::arena::Span;
use crate::train::clock::Part;
use crate::train::partition::by_vectors;
use crate::train::state::{Conv, Excite, State};
use crate::train::work::Work;

/// Computes two sums for the backward pass of a convolution whose output becomes a map: the sum of the gradient, and
/// the sum of the gradient times the centred raw value. Only the positions that the pool selected contribute, because
/// the gradient of all other positions is 0. One item for each block.
pub(in crate::train::conv) struct Sums<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
    pub batch: usize,
}

impl Work for Sums<'_> {
    const PART: Option<Part> = Some(Part::Sums);

    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let (memory, conv, spec) = (&self.state.memory, self.conv, &self.conv.spec);
        let Consumer::Map(map) = spec.consumer else { return };
        let block = &conv.blocks.blocks[item];
        for n in block.segment..(block.segment + block.segments).min(self.batch) {
            let rows = |span: Span| {
                span.part((n * spec.pooled + block.windows.start) * spec.to, block.windows.len() * spec.to)
            };
            let place = (n * conv.blocks.per_segment + block.index) * 2 * spec.to;
            // SAFETY: an item writes its own block's sums; peaks, gradients and coefficients are written before.
            unsafe {
                let of = |excite: &Excite| {
                    let row = |span: Span| memory.read(span.part(n * spec.to, spec.to));
                    (row(excite.factors), row(excite.gradient))
                };
                let sums = Selected {
                    scale: memory.read(conv.scale),
                    shift: memory.read(conv.shift),
                    mean: memory.read(conv.mean),
                    factors: self.state.excite_of(conv).map(of),
                };
                let peak = memory.read(rows(conv.peak));
                let gradient = memory.read(rows(self.state.maps[map].gradient));
                let (sum, product) = memory.write(conv.moments.part(place, 2 * spec.to)).split_at_mut(spec.to);
                sum.fill(0.0);
                product.fill(0.0);
                for (peak, gradient) in std::iter::zip(peak.chunks_exact(spec.to), gradient.chunks_exact(spec.to)) {
                    sums.add::<S>(peak, gradient, sum, product);
                }
            }
        }
    }
}

/// The coefficients of each channel; and, of an excitation, the factors and the means of the gradient.
struct Selected<'a> {
    scale: &'a [f32],
    shift: &'a [f32],
    mean: &'a [f32],
    factors: Option<(&'a [f32], &'a [f32])>,
}

impl Selected<'_> {
    /// Adds one pooled row to both sums.
    ///
    /// # Safety
    /// The processor has the instructions of `S`.
    #[inline(always)]
    unsafe fn add<S: Simd>(&self, peak: &[f32], gradient: &[f32], sum: &mut [f32], product: &mut [f32]) {
        let channels = sum.len();
        assert!(peak.len() == channels && gradient.len() == channels && product.len() == channels);
        assert!([self.scale, self.shift, self.mean].iter().all(|values| values.len() == channels));
        assert!(self.factors.is_none_or(|(factor, mean)| factor.len() == channels && mean.len() == channels));
        // SAFETY: by the contract.
        unsafe {
            by_vectors!(S, channels, c =>
                self.add_at::<S>(c, peak, gradient, sum, product),
                self.add_at::<Scalar>(c, peak, gradient, sum, product));
        }
    }

    /// Adds one vector of channels from `c`.
    ///
    /// # Safety
    /// The vector is inside the channels, which all slices have; the processor has the instructions of `S`.
    #[inline(always)]
    unsafe fn add_at<S: Simd>(&self, c: usize, peak: &[f32], gradient: &[f32], sum: &mut [f32], product: &mut [f32]) {
        // SAFETY: by the contract.
        unsafe {
            let at = |from: &[f32]| S::load(from.as_ptr().add(c));
            let (peak, mut g) = (at(peak), at(gradient));
            if let Some((factor, mean)) = self.factors {
                g = S::fma(g, at(factor), at(mean));
            }
            g = S::where_positive(S::fma(at(self.scale), peak, at(self.shift)), g);
            S::store(sum.as_mut_ptr().add(c), S::add(at(sum), g));
            S::store(product.as_mut_ptr().add(c), S::fma(g, S::sub(peak, at(self.mean)), at(product)));
        }
    }
}
