//! The batch statistics of the output, from those of the waveform's frames.

use super::frame::{frame, taps};
use crate::kernels::simd::Simd;
use crate::train::clock::Part;
use crate::train::state::{Conv, State, Wave};
use crate::train::work::Work;

/// Computes the sums of frames and of their products. One item for each segment.
pub(in crate::train::conv) struct Frames<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
    pub wave: Wave,
}

impl Work for Frames<'_> {
    const PART: Option<Part> = Some(Part::Norm);

    #[inline(always)]
    unsafe fn item<S: Simd>(&self, n: usize, _worker: usize) {
        #[inline(always)]
        fn sums<const K: usize>(conv: &Conv, wave: &[f32], out: &mut [f64]) {
            let mut first = [0.0f64; K];
            let mut second = [[0.0f64; K]; K];
            for row in 0..conv.spec.length {
                let x = frame::<K>(conv, wave, row).map(f64::from);
                for k in 0..K {
                    first[k] += x[k];
                    for l in 0..K {
                        second[k][l] += x[k] * x[l];
                    }
                }
            }
            out[..K].copy_from_slice(&first);
            for k in 0..K {
                out[K + k * K..][..K].copy_from_slice(&second[k]);
            }
        }
        let kernel = self.conv.spec.kernel;
        let size = kernel * (1 + kernel);
        // SAFETY: an item writes its own segment's sums.
        unsafe {
            let out = self.state.doubles.write(self.wave.frames.part(n * size, size));
            let samples = self.state.wave(self.conv, n);
            taps!(kernel, <> sums(self.conv, samples, out));
        }
    }
}

/// The means of the batch's frames, and of their products.
pub(in crate::train::conv) struct Moments {
    pub first: [f64; 5],
    pub second: [[f64; 5]; 5],
}

impl Moments {
    /// Computes the means over `batch` segments, in order.
    ///
    /// # Safety
    /// Nobody writes the sums meanwhile.
    pub(in crate::train::conv) unsafe fn of(state: &State, conv: &Conv, wave: &Wave, batch: usize) -> Self {
        let kernel = conv.spec.kernel;
        let size = kernel * (1 + kernel);
        let count = (batch * conv.spec.length) as f64;
        let mut moments = Self { first: [0.0; 5], second: [[0.0; 5]; 5] };
        // SAFETY: by the contract.
        for sums in unsafe { state.doubles.read(wave.frames.part(0, batch * size)) }.chunks_exact(size) {
            for k in 0..kernel {
                moments.first[k] += sums[k] / count;
                for l in 0..kernel {
                    moments.second[k][l] += sums[kernel + k * kernel + l] / count;
                }
            }
        }
        moments
    }

    /// The mean and variance of `weights . frame`.
    pub(in crate::train::conv) fn through(&self, weights: &[f64]) -> (f64, f64) {
        let mean: f64 = weights.iter().zip(&self.first).map(|(w, m)| w * m).sum();
        let mut variance = 0.0;
        for (k, a) in weights.iter().enumerate() {
            for (l, b) in weights.iter().enumerate() {
                variance += a * b * (self.second[k][l] - self.first[k] * self.first[l]);
            }
        }
        (mean, variance.max(0.0))
    }
}
