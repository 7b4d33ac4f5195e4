//! The working copies of weights that the products of a step read.

use crate::kernels::bf16::{PairProducts, Pairs};
use crate::kernels::numbers::{Numbers, Singles};
use crate::kernels::simd::{Simd, PANEL};
use crate::kernels::unroll::unroll;
use crate::kernels::winograd::{weight_points, Held, Joined, Stored, Tile, F, MAX_POINTS};
use crate::train::clock::Part;
use crate::train::state::{Conv, State};
use crate::train::tiles::{sized, Size};
use crate::train::work::{PairWork, Work};

/// Creates the working copies of a convolution's weights: multiplied by the sign of gamma and, for the data gradient,
/// with reversed taps and transposed channels. One item for each tap and 16 input channels.
pub(super) struct Fold<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
}

const ROWS: usize = 16;

impl Fold<'_> {
    /// The number of work items.
    pub(super) fn items(&self) -> usize {
        let (spec, conv) = (&self.conv.spec, self.conv);
        if conv.winograd.is_some() {
            let back = if conv.backward.is_some() { spec.from.div_ceil(PANEL) } else { 0 };
            return spec.to.div_ceil(PANEL) + back;
        }
        spec.kernel * spec.from.div_ceil(ROWS)
    }

    /// Creates one panel of transformed weights in the format `W`: first the panels of the outputs, then those of the
    /// inputs.
    ///
    /// # Safety
    /// As `item`.
    #[inline(always)]
    unsafe fn transform<S: Simd, W: Numbers<S>, const M: usize, const K: usize>(&self, item: usize)
    where
        F<M, K>: Tile,
    {
        let (state, conv, spec) = (self.state, self.conv, &self.conv.spec);
        let (from, to) = (spec.from, spec.to);
        let ahead = to.div_ceil(PANEL);
        let points = M + K - 1;
        // SAFETY: an item writes its own panel; channels are a multiple of 16, so a vector lies in or behind them;
        // every index is below the `K from to` weights.
        unsafe {
            let sign = state.memory.read(conv.sign);
            let weights = state.memory.read(state.value(spec.weight, K * from * to)).as_ptr();
            let (span, panel, rows, columns) = match conv.backward {
                Some(backward) if item >= ahead => (backward, item - ahead, to, from),
                _ => (conv.forward, item, from, to),
            };
            let words = rows / W::PER_WORD;
            let part = points * words * PANEL;
            let out = state.memory.write(span.part(panel * part, part)).as_mut_ptr();
            let taps = |row: usize, column: usize| {
                let mut taps = [S::splat(0.0); MAX_POINTS];
                if column < columns {
                    unroll!(K, TAP => {
                        taps[TAP] = if item < ahead {
                            let signs = S::load(sign[..to].as_ptr().add(column));
                            S::mul(signs, S::load(weights.add((TAP * from + row) * to + column)))
                        } else {
                            // Reversed taps, transposed channels.
                            let mut turned = [0.0f32; PANEL];
                            let first = weights.add(((K - 1 - TAP) * from + column) * to + row);
                            for (lane, value) in turned[..S::LANES].iter_mut().enumerate() {
                                *value = *first.add(lane * to);
                            }
                            S::mul(S::splat(sign[row]), S::load(turned.as_ptr()))
                        };
                    });
                }
                taps
            };
            for word in 0..words {
                for c in (0..PANEL).step_by(S::LANES) {
                    let column = panel * PANEL + c;
                    let mut to = Stored::<W>::new(out.add(word * PANEL + c), words * PANEL);
                    if W::PER_WORD == 1 {
                        weight_points::<S, F<M, K>, K>(&taps(word, column), &mut to);
                    } else {
                        let mut first = Held::<S>([S::splat(0.0); MAX_POINTS]);
                        weight_points::<S, F<M, K>, K>(&taps(2 * word, column), &mut first);
                        weight_points::<S, F<M, K>, K>(&taps(2 * word + 1, column), &mut Joined { to, first });
                    }
                }
            }
        }
    }

    /// Writes the signs, before the items run.
    pub(super) fn signs(&self) {
        let (state, spec) = (self.state, &self.conv.spec);
        // SAFETY: nothing else runs.
        let sign = unsafe { state.memory.write(self.conv.sign) };
        match &spec.norm {
            None => sign.fill(1.0),
            Some(norm) => {
                // SAFETY: nothing else runs.
                let gamma = unsafe { state.memory.read(state.value(norm.gamma, spec.to)) };
                for (sign, &gamma) in sign.iter_mut().zip(gamma) {
                    *sign = if gamma < 0.0 { -1.0 } else { 1.0 };
                }
            }
        }
    }
}

impl Work for Fold<'_> {
    const PART: Option<Part> = Some(Part::Weights);

    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let (state, spec) = (self.state, &self.conv.spec);
        if let Some(size) = self.conv.winograd {
            // SAFETY: by the contract of `item`.
            unsafe { sized!(size, <S, Singles> self.transform(item)) };
            return;
        }
        let (from, to) = (spec.from, spec.to);
        let (tap, first) = (item % spec.kernel, item / spec.kernel * ROWS);
        let rows = ROWS.min(from - first);
        // SAFETY: an item writes its own rows of its own tap; nothing writes what it reads.
        unsafe {
            let sign = state.memory.read(self.conv.sign);
            let place = (tap * from + first) * to;
            let weights = state.memory.read(state.value(spec.weight + place, rows * to));
            let forward = state.memory.write(self.conv.forward.part(place, rows * to));
            for (out, row) in forward.chunks_exact_mut(to).zip(weights.chunks_exact(to)) {
                for o in 0..to {
                    out[o] = sign[o] * row[o];
                }
            }
            if let Some(backward) = self.conv.backward {
                for o in 0..to {
                    let place = ((spec.kernel - 1 - tap) * to + o) * from + first;
                    let out = state.memory.write(backward.part(place, rows));
                    for i in 0..rows {
                        out[i] = sign[o] * weights[i * to + o];
                    }
                }
            }
        }
    }
}

impl PairWork for Fold<'_> {
    #[inline(always)]
    unsafe fn item_of_pairs<S: PairProducts>(&self, item: usize, _worker: usize) {
        if let Some(size) = self.conv.winograd {
            // SAFETY: by the contract of `item`.
            unsafe { sized!(size, <S, Pairs> self.transform(item)) };
        }
    }
}
