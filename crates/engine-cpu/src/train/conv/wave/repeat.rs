//! Recomputation of the output where it is read.

use super::frame::{affine, frame, taps};
use crate::kernels::simd::Simd;
use crate::train::load::relu;
use crate::train::partition::{channel_items, columns};
use crate::train::state::{Conv, State, Wave};
use crate::train::work::Work;

/// Multiplies the weights by the scale, after the scale is known. One item for 16 channels.
pub(in crate::train::conv) struct Scale<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
    pub wave: Wave,
}

impl Work for Scale<'_> {
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

#[inline(always)]
fn rows<const K: usize>(
    conv: &Conv,
    wave: &[f32],
    first: usize,
    (weights, shift): (&[f32], Option<&[f32]>),
    into: &mut [f32],
) {
    let channels = conv.spec.to;
    for (index, out) in into.chunks_exact_mut(channels).enumerate() {
        let frame = frame::<K>(conv, wave, first + index);
        match shift {
            Some(shift) => {
                for c in 0..channels {
                    out[c] = relu(affine(shift[c], weights, channels, c, &frame));
                }
            }
            None => {
                for c in 0..channels {
                    out[c] = affine(0.0, weights, channels, c, &frame);
                }
            }
        }
    }
}

impl State {
    /// Computes rows of a recomputed convolution's activated output, from row `first` on, as many as `into` holds.
    ///
    /// # Safety
    /// Nobody writes its coefficients meanwhile.
    #[inline(always)]
    pub(in crate::train) unsafe fn repeat_rows(
        &self,
        conv: &Conv,
        wave: &Wave,
        n: usize,
        first: usize,
        into: &mut [f32],
    ) {
        // SAFETY: by the contract.
        let (samples, weights, shift) =
            unsafe { (self.wave(conv, n), self.memory.read(wave.scaled), self.memory.read(conv.shift)) };
        taps!(conv.spec.kernel, rows(conv, samples, first, (weights, Some(shift)), into));
    }

    /// As `repeat_rows`, but before norm and ReLU.
    ///
    /// # Safety
    /// As above.
    #[inline(always)]
    pub(in crate::train) unsafe fn repeat_raw(&self, conv: &Conv, n: usize, first: usize, into: &mut [f32]) {
        // SAFETY: by the contract.
        let (samples, weights) = unsafe { (self.wave(conv, n), self.memory.read(conv.forward)) };
        taps!(conv.spec.kernel, rows(conv, samples, first, (weights, None), into));
    }
}
