//! The gradient of the weights, from the sums of all groups of blocks.

use crate::kernels::scalar::Scalar;
use crate::kernels::simd::Simd;
use crate::kernels::winograd::{transform_output, Tile, F};
use crate::train::arena::{Measure, Span};
use crate::train::clock::Part;
use crate::train::partition::{by_vectors, LANES};
use crate::train::state::{Conv, State};
use crate::train::tiles::{sized, Size};
use crate::train::work::Work;

/// Adds the sums of the groups in order, transforms them to taps, and removes the sign of gamma. There is one item for
/// 16 input channels of one tap (direct form) or of all taps (Winograd).
pub(super) struct Gathered<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
    pub batch: usize,
}

/// Takes the scratch memory of an item: the sums of its channels at every point.
#[inline(always)]
pub(super) fn points(from: &mut Measure, conv: &Conv) -> Span {
    let points = conv.winograd.map_or(0, Size::points);
    from.take(points * LANES.min(conv.spec.from) * conv.spec.to)
}

impl Gathered<'_> {
    /// The number of work items.
    pub(super) fn items(&self) -> usize {
        let runs = self.conv.spec.from.div_ceil(LANES);
        if self.conv.winograd.is_some() {
            runs
        } else {
            self.conv.spec.kernel * runs
        }
    }

    /// Writes the sum over all groups, from element `start` of a group's sum on, to `out`.
    ///
    /// # Safety
    /// Nobody writes the sums meanwhile; the processor has the instructions of `S`.
    #[inline(always)]
    unsafe fn add_groups<S: Simd>(&self, start: usize, out: &mut [f32]) {
        let (state, conv, size) = (self.state, self.conv, self.conv.weight_sum());
        out.fill(0.0);
        for (group, blocks) in conv.blocks.groups.iter().enumerate() {
            if conv.blocks.blocks[blocks.start].segment >= self.batch {
                break;
            }
            // SAFETY: by the contract; a vector from c on is inside both slices, which have the same length.
            unsafe {
                let sum = state.memory.read(state.weight_sums.part(group * size + start, out.len()));
                by_vectors!(S, out.len(), c =>
                    add_at::<S>(c, sum, out),
                    add_at::<Scalar>(c, sum, out));
            }
        }
    }

    /// The gradient of all taps of `LANES` input channels from `first` on.
    ///
    /// # Safety
    /// As `item`.
    #[inline(always)]
    unsafe fn taps<S: Simd, const M: usize, const K: usize>(&self, first: usize, worker: usize)
    where
        F<K, M>: Tile,
    {
        let (state, conv, spec) = (self.state, self.conv, &self.conv.spec);
        let (to, count) = (spec.to, LANES * spec.to);
        // SAFETY: an item writes its own rows of every tap; the scratch is the worker's; channels are a multiple of 16.
        unsafe {
            let sums = state.memory.write(points(&mut state.scratch(worker), conv));
            for (point, sums) in sums.chunks_exact_mut(count).enumerate() {
                self.add_groups::<S>((point * spec.from + first) * to, sums);
            }
            let sign = state.memory.read(conv.sign)[..to].as_ptr();
            let gradient = |tap: usize| {
                state.memory.pointer(state.gradient_of(spec.weight + (tap * spec.from + first) * to, count))
            };
            for row in 0..LANES {
                for c in (0..to).step_by(S::LANES) {
                    let taps = transform_output::<S, F<K, M>>(sums.as_ptr().add(row * to + c), count);
                    let sign = S::load(sign.add(c));
                    for (tap, &value) in taps[..K].iter().enumerate() {
                        S::store(gradient(tap).add(row * to + c), S::mul(sign, value));
                    }
                }
            }
        }
    }
}

/// Adds one vector of `sum` from `c` on to `out`.
///
/// # Safety
/// The vector is inside both slices; the processor has the instructions of `S`.
#[inline(always)]
unsafe fn add_at<S: Simd>(c: usize, sum: &[f32], out: &mut [f32]) {
    // SAFETY: by the contract.
    unsafe {
        let to = out.as_mut_ptr().add(c);
        S::store(to, S::add(S::load(to), S::load(sum.as_ptr().add(c))));
    }
}

impl Work for Gathered<'_> {
    const PART: Option<Part> = Some(Part::WeightGradient);

    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, worker: usize) {
        let (state, conv, spec) = (self.state, self.conv, &self.conv.spec);
        let runs = spec.from.div_ceil(LANES);
        let first = item % runs * LANES;
        if let Some(size) = conv.winograd {
            // SAFETY: by the contract.
            unsafe { sized!(size, <S> self.taps(first, worker)) };
            return;
        }
        let place = (item / runs * spec.from + first) * spec.to;
        // SAFETY: an item writes its own rows.
        unsafe {
            let out =
                state.memory.write(state.gradient_of(spec.weight + place, LANES.min(spec.from - first) * spec.to));
            self.add_groups::<S>(place, out);
            let sign = state.memory.read(conv.sign);
            for row in out.chunks_exact_mut(spec.to) {
                for o in 0..spec.to {
                    row[o] *= sign[o];
                }
            }
        }
    }
}
