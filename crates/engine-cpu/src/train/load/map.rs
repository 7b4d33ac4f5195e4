//! The rows of a map: activations from stored values.

use engine_core::tape::Value;

use crate::kernels::scalar::Scalar;
use crate::kernels::simd::{Kernel, Simd};
use crate::train::partition::by_vectors;
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
        let keep = (1.0 / (1.0 - map.spec.dropout)) as f32;
        let made = Made { data, affine, factors, mask: mask.map(|mask| (mask, keep)), channels };
        for row in 0..end - start {
            let at = row * channels;
            // SAFETY: the processor has the instructions.
            unsafe {
                by_vectors!(S, channels, c => made.load::<S>(at, c, into), made.load::<Scalar>(at, c, into));
            }
        }
    }
}

/// Loads rows of a map from outside of work items, with the same bits as inside of them.
pub(in crate::train) struct Rows<'a> {
    pub state: &'a State,
    pub map: &'a Map,
    pub n: usize,
    /// The number of rows, from the first on.
    pub count: usize,
    pub dropout: bool,
    pub into: &'a mut [f32],
}

impl Kernel for Rows<'_> {
    type Output = ();

    /// # Safety
    /// Nobody writes the map meanwhile.
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { state, map, n, count, dropout, into } = self;
        // SAFETY: by the contract.
        unsafe { state.load_map::<S>(map, n, 0, count, dropout, into) }
    }
}

/// The sources of a map's rows: the stored values, ReLU(scale x + shift), the factors, and a mask with its multiplier.
struct Made<'a> {
    data: &'a [f32],
    affine: Option<(&'a [f32], &'a [f32])>,
    factors: Option<&'a [f32]>,
    mask: Option<(&'a [u8], f32)>,
    channels: usize,
}

impl Made<'_> {
    /// Computes one vector of channels from `c` of the row at `at`.
    ///
    /// # Safety
    /// The processor has the instructions of `S`.
    #[inline(always)]
    unsafe fn load<S: Simd>(&self, at: usize, c: usize, into: &mut [f32]) {
        assert!(c + S::LANES <= self.channels && at + self.channels <= self.data.len().min(into.len()));
        // SAFETY: the vector is inside the row by the assertion, and inside slices of all channels.
        unsafe {
            let of = |from: &[f32]| S::load(from[..self.channels].as_ptr().add(c));
            let mut x = S::load(self.data.as_ptr().add(at + c));
            if let Some((scale, shift)) = self.affine {
                // ReLU; a NaN stays NaN.
                x = S::max(S::splat(0.0), S::fma(of(scale), x, of(shift)));
            }
            if let Some(factors) = self.factors {
                x = S::mul(x, of(factors));
            }
            if let Some((mask, keep)) = self.mask {
                let kept = S::load_u8(mask[at..][..self.channels].as_ptr().add(c));
                x = S::mul(x, S::mul(kept, S::splat(keep)));
            }
            S::store(into.as_mut_ptr().add(at + c), x);
        }
    }
}
