//! Recomputation of the output where it is read.

use super::frame::{affine, frame, taps, taps_of};
use crate::kernels::simd::Simd;
use crate::train::clock::Part;
use crate::train::partition::{channel_items, columns, LANES};
use crate::train::state::{Conv, State, Wave};
use crate::train::work::Work;

/// Multiplies the weights by the scale, after the scale is known. One item for 16 channels.
pub(in crate::train::conv) struct Scale<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
    pub wave: Wave,
}

impl Work for Scale<'_> {
    const PART: Option<Part> = Some(Part::Norm);

    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let (memory, spec) = (&self.state.memory, &self.conv.spec);
        // SAFETY: an item writes its own channels.
        unsafe {
            for c in columns(item, channel_items(spec.to), spec.to) {
                let scale = memory.read(self.conv.scale.part(c, 1))[0];
                for k in 0..spec.kernel {
                    let weight = memory.read(self.conv.forward.part(k * spec.to + c, 1))[0];
                    memory.write(self.wave.scaled.part(k * spec.to + c, 1))[0] = scale * weight;
                }
            }
        }
    }
}

/// Computes rows of the output from row `first` on: before norm and ReLU, or with `shift` after them.
///
/// # Safety
/// The channels are a multiple of 16; the processor has the instructions of `S`.
#[inline(always)]
unsafe fn rows<S: Simd, const K: usize>(
    conv: &Conv,
    wave: &[f32],
    first: usize,
    (weights, shift): (&[f32], Option<&[f32]>),
    into: &mut [f32],
) {
    let channels = conv.spec.to;
    assert!(shift.is_none_or(|shift| shift.len() == channels) && channels.is_multiple_of(LANES));
    for (index, out) in into.chunks_exact_mut(channels).enumerate() {
        let frame = frame::<K>(conv, wave, first + index);
        // SAFETY: every vector is inside the row, as the channels are a multiple of its lanes.
        unsafe {
            for c in (0..channels).step_by(S::LANES) {
                let taps = taps_of::<S, K>(weights, channels, c);
                let y = match shift {
                    Some(shift) => {
                        let y = affine::<S, K>(S::load(shift.as_ptr().add(c)), &taps, frame.as_ptr());
                        // A NaN stays NaN.
                        S::max(S::splat(0.0), y)
                    }
                    None => affine::<S, K>(S::splat(0.0), &taps, frame.as_ptr()),
                };
                S::store(out.as_mut_ptr().add(c), y);
            }
        }
    }
}

impl State {
    /// Computes rows of a recomputed convolution's activated output, from row `first` on, as many as `into` holds.
    ///
    /// # Safety
    /// Nobody writes its coefficients meanwhile; the processor has the instructions of `S`.
    #[inline(always)]
    pub(in crate::train) unsafe fn repeat_rows<S: Simd>(
        &self,
        conv: &Conv,
        wave: &Wave,
        n: usize,
        first: usize,
        into: &mut [f32],
    ) {
        // SAFETY: by the contract.
        unsafe {
            let (samples, weights) = (self.wave(conv, n), self.memory.read(wave.scaled));
            let shift = Some(self.memory.read(conv.shift));
            taps!(conv.spec.kernel, <S> rows(conv, samples, first, (weights, shift), into));
        }
    }

    /// As `repeat_rows`, but before norm and ReLU.
    ///
    /// # Safety
    /// As above.
    #[inline(always)]
    pub(in crate::train) unsafe fn repeat_raw<S: Simd>(&self, conv: &Conv, n: usize, first: usize, into: &mut [f32]) {
        // SAFETY: by the contract.
        unsafe {
            let (samples, weights) = (self.wave(conv, n), self.memory.read(conv.forward));
            taps!(conv.spec.kernel, <S> rows(conv, samples, first, (weights, None), into));
        }
    }
}
