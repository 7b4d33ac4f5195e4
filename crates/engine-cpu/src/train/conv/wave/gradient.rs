//! The gradients with respect to the weights and to the raw output.

use engine_core::tape::Consumer;

use super::moments::Moments;
use crate::kernels::simd::Simd;
use crate::train::arena::Span;
use crate::train::clock::Part;
use crate::train::partition::{channel_items, columns};
use crate::train::state::{Conv, State, Wave};
use crate::train::work::Work;

/// Computes the gradient of the weights from the sums. One item for 16 channels.
pub(in crate::train::conv) struct WaveWeights<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
    pub wave: Wave,
    pub batch: usize,
}

impl Work for WaveWeights<'_> {
    const PART: Option<Part> = Some(Part::Norm);

    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let (state, memory, conv, spec) = (self.state, &self.state.memory, self.conv, &self.conv.spec);
        // SAFETY: an item writes its own channels.
        unsafe {
            let moments = Moments::of(state, conv, &self.wave, self.batch);
            let count = (self.batch * spec.length) as f64;
            for c in columns(item, channel_items(spec.to), spec.to) {
                let one = |span: Span| f64::from(memory.read(span.part(c, 1))[0]);
                let totals = self.state.wave_totals(conv, &self.wave, self.batch, c);
                let weight = |k: usize| f64::from(memory.read(conv.forward.part(k * spec.to + c, 1))[0]);
                for k in 0..spec.kernel {
                    let with_raw: f64 = (0..spec.kernel).map(|l| weight(l) * moments.second[l][k]).sum();
                    let rest = count * (one(conv.raw_scale) * with_raw + one(conv.gradient_shift) * moments.first[k]);
                    let gradient = one(conv.sign) * (one(conv.gradient_scale) * totals[1 + k] + rest);
                    memory.write(state.gradient_of(spec.weight + k * spec.to + c, 1))[0] = gradient as f32;
                }
            }
        }
    }
}

impl State {
    /// Computes rows `start..end` of the gradient with respect to the raw output of a recomputed convolution.
    ///
    /// # Safety
    /// Nobody writes the gradient of its map meanwhile; the processor has the instructions of `S`.
    #[inline(always)]
    pub(in crate::train) unsafe fn wave_gradient<S: Simd>(
        &self,
        conv: &Conv,
        wave: &Wave,
        n: usize,
        start: usize,
        end: usize,
        into: &mut [f32],
    ) {
        let (channels, rows) = (conv.spec.to, start..end);
        let Consumer::Map(map) = conv.spec.consumer else { return };
        // SAFETY: by the contract; coefficients are written before.
        unsafe {
            let place = (n * conv.spec.length + start) * channels;
            let gradient = self.memory.read(self.maps[map].gradient.part(place, (end - start) * channels));
            let one = |span: Span, c: usize| self.memory.read(span.part(c, 1))[0];
            self.repeat_raw::<S>(conv, n, start, into);
            let mut activated = vec![0.0; channels];
            for row in rows {
                self.repeat_rows::<S>(conv, wave, n, row, &mut activated);
                let at = (row - start) * channels;
                for c in 0..channels {
                    let g = if activated[c] > 0.0 { one(conv.gradient_scale, c) * gradient[at + c] } else { 0.0 };
                    into[at + c] = g + (one(conv.raw_scale, c) * into[at + c] + one(conv.gradient_shift, c));
                }
            }
        }
    }
}
