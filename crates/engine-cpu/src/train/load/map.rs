//! The rows of a map: activations from stored values.

use engine_core::tape::Value;

use super::relu;
use crate::kernels::simd::Simd;
use crate::train::partition::{by_lanes, lanes, LANES};
use crate::train::state::{Map, State};

impl State {
    /// Writes rows `from..from + count` of `map` in segment `n` to `into` `[count, channels]`; rows outside the map are
    /// zero. With `dropout`, the map's mask is applied.
    ///
    /// # Safety
    /// Nobody writes the map meanwhile; the processor has the instructions of `S`.
    #[inline(always)]
    pub(in crate::train) unsafe fn load_map<S: Simd>(
        &self,
        map: &Map,
        n: usize,
        from: isize,
        count: usize,
        dropout: bool,
        into: &mut [f32],
    ) {
        let (channels, length) = (map.spec.channels, map.spec.length);
        let start = from.clamp(0, length as isize) as usize;
        let end = (from + count as isize).clamp(0, length as isize) as usize;
        let before = (start as isize - from).clamp(0, count as isize) as usize;
        let into = &mut into[..count * channels];
        if start >= end {
            into.fill(0.0);
            return;
        }
        let (head, rest) = into.split_at_mut(before * channels);
        let (into, tail) = rest.split_at_mut((end - start) * channels);
        head.fill(0.0);
        tail.fill(0.0);
        if let Value::Conv(id) = map.spec.value {
            let conv = &self.convs[id];
            if let Some(wave) = &conv.wave {
                // SAFETY: by the contract.
                unsafe { self.repeat_rows::<S>(conv, wave, n, start, into) };
                return;
            }
        }
        let place = map.data.part((n * length + start) * channels, (end - start) * channels);
        // SAFETY: by the contract, as are the reads below.
        let data = unsafe { self.memory.read(place) };
        // SAFETY: coefficients, factors and masks are written by earlier operations.
        let (affine, factors, mask) = unsafe {
            (
                map.affine.map(|(scale, shift)| (self.memory.read(scale), self.memory.read(shift))),
                map.factors.map(|factors| self.memory.read(factors.part(n * channels, channels))),
                map.mask
                    .filter(|_| dropout)
                    .map(|mask| self.bytes.read(mask.part((n * length + start) * channels, into.len()))),
            )
        };
        if affine.is_none() && factors.is_none() && mask.is_none() {
            into.copy_from_slice(data);
            return;
        }
        if let (Some(affine), None, true) = (affine, mask, channels.is_multiple_of(LANES)) {
            // SAFETY: the processor has the instructions.
            unsafe { activated::<S>(data, affine, factors, channels, into) };
            return;
        }
        let keep = (1.0 / (1.0 - map.spec.dropout)) as f32;
        let made = Made { data, affine, factors, mask: mask.map(|mask| (mask, keep)) };
        for row in 0..end - start {
            let at = row * channels;
            by_lanes!(channels, c => made.load::<LANES>(at, c, into), made.load::<1>(at, c, into));
        }
    }
}

/// Computes ReLU(scale x + shift) times the factors, if any, of whole rows, whose channels are a multiple of 16.
///
/// # Safety
/// The processor has the instructions of `S`.
#[inline(always)]
unsafe fn activated<S: Simd>(
    data: &[f32],
    (scale, shift): (&[f32], &[f32]),
    factors: Option<&[f32]>,
    channels: usize,
    into: &mut [f32],
) {
    assert!(scale.len() == channels && shift.len() == channels && factors.is_none_or(|f| f.len() == channels));
    for (row, out) in std::iter::zip(data.chunks_exact(channels), into.chunks_exact_mut(channels)) {
        for c in (0..channels).step_by(S::LANES) {
            // SAFETY: the vector is inside every row, as the channels are a multiple of its lanes.
            unsafe {
                let at = |from: &[f32]| S::load(from.as_ptr().add(c));
                // A NaN stays NaN, as in `relu`.
                let mut x = S::max(S::splat(0.0), S::fma(at(scale), at(row), at(shift)));
                if let Some(factors) = factors {
                    x = S::mul(x, at(factors));
                }
                S::store(out.as_mut_ptr().add(c), x);
            }
        }
    }
}

/// The sources of a map's rows: the stored values, ReLU(scale x + shift), the factors, and a mask with its multiplier.
struct Made<'a> {
    data: &'a [f32],
    affine: Option<(&'a [f32], &'a [f32])>,
    factors: Option<&'a [f32]>,
    mask: Option<(&'a [u8], f32)>,
}

impl Made<'_> {
    /// Computes `W` channels from `c` of the row at `at`.
    #[inline(always)]
    fn load<const W: usize>(&self, at: usize, c: usize, into: &mut [f32]) {
        let mut x: [f32; W] = lanes(self.data, at + c);
        if let Some((scale, shift)) = self.affine {
            let (scale, shift): ([f32; W], [f32; W]) = (lanes(scale, c), lanes(shift, c));
            x = std::array::from_fn(|i| relu(scale[i] * x[i] + shift[i]));
        }
        if let Some(factors) = self.factors {
            let factors: [f32; W] = lanes(factors, c);
            x = std::array::from_fn(|i| x[i] * factors[i]);
        }
        if let Some((mask, keep)) = self.mask {
            let kept: [u8; W] = lanes(mask, at + c);
            x = std::array::from_fn(|i| x[i] * (f32::from(kept[i]) * keep));
        }
        into[at + c..at + c + W].copy_from_slice(&x);
    }
}
