//! Squeeze-and-excitation around its dense layers: means over time, and the gradient of the factors.

use super::partition::{columns, LANES};
use super::state::{Excite, State};
use super::work::Work;
use crate::cpu::kernels::simd::Simd;
use crate::tape::Excited;

const WIDE: usize = 4 * LANES;

/// Items: segments times runs of 64 channels.
pub(crate) fn items(excite: &Excite, batch: usize) -> usize {
    batch * excite.spec.channels.div_ceil(WIDE)
}

/// Sums in f64 of up to 64 channels; f32 runs of 64 rows in between.
struct Totals {
    run: [f32; WIDE],
    rows: usize,
    total: [f64; WIDE],
}

impl Totals {
    #[inline(always)]
    fn new() -> Self {
        Self { run: [0.0; WIDE], rows: 0, total: [0.0; WIDE] }
    }

    #[inline(always)]
    fn flush(&mut self) {
        for c in 0..WIDE {
            self.total[c] += f64::from(self.run[c]);
            self.run[c] = 0.0;
        }
        self.rows = 0;
    }

    #[inline(always)]
    fn row_done(&mut self) {
        self.rows += 1;
        if self.rows == 64 {
            self.flush();
        }
    }
}

/// Mean over time of what is excited.
pub(crate) struct Squeeze<'a> {
    pub state: &'a State,
    pub excite: &'a Excite,
}

impl Work for Squeeze<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let (memory, spec) = (&self.state.memory, &self.excite.spec);
        let parts = spec.channels.div_ceil(WIDE);
        let (n, own) = (item / parts, columns(item % parts, parts, spec.channels));
        let conv = &self.state.convs[spec.conv];
        // SAFETY: an item writes its own channels of its own segment.
        unsafe {
            let scale = memory.read(conv.scale.part(own.start, own.len()));
            let shift = memory.read(conv.shift.part(own.start, own.len()));
            let out = memory.write(self.excite.squeezed.part(n * spec.channels + own.start, own.len()));
            if self.excite.on_branch() {
                let moments = memory.read(conv.moments);
                for c in 0..own.len() {
                    let mut sum = 0.0;
                    for index in 0..conv.blocks.per_segment {
                        let block = n * conv.blocks.per_segment + index;
                        let mean = moments[block * 2 * spec.channels + own.start + c];
                        sum += conv.blocks.rows(index) as f64 * f64::from(mean);
                    }
                    out[c] = (f64::from(scale[c]) * sum / spec.length as f64 + f64::from(shift[c])) as f32;
                }
                return;
            }
            let mut totals = Totals::new();
            for row in 0..spec.length {
                let place = conv.peak.part((n * spec.length + row) * spec.channels + own.start, own.len());
                for (c, &x) in memory.read(place).iter().enumerate() {
                    totals.run[c] += super::load::relu(scale[c] * x + shift[c]);
                }
                totals.row_done();
            }
            totals.flush();
            for c in 0..own.len() {
                out[c] = (totals.total[c] / spec.length as f64) as f32;
            }
        }
    }
}

/// Gradient of what the sigmoid gets.
pub(crate) struct FactorGradient<'a> {
    pub state: &'a State,
    pub excite: &'a Excite,
}

impl Work for FactorGradient<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let (state, memory, spec) = (self.state, &self.state.memory, &self.excite.spec);
        let parts = spec.channels.div_ceil(WIDE);
        let (n, own) = (item / parts, columns(item % parts, parts, spec.channels));
        let conv = &state.convs[spec.conv];
        // SAFETY: an item writes its own channels of its own segment.
        unsafe {
            let scale = memory.read(conv.scale.part(own.start, own.len()));
            let shift = memory.read(conv.shift.part(own.start, own.len()));
            let mean = memory.read(conv.mean.part(own.start, own.len()));
            let mut totals = Totals::new();
            match spec.of {
                Excited::Map(map) => {
                    for row in 0..spec.length {
                        let place = (n * spec.length + row) * spec.channels + own.start;
                        let peak = memory.read(conv.peak.part(place, own.len()));
                        let gradient = memory.read(state.maps[map].gradient.part(place, own.len()));
                        for c in 0..own.len() {
                            totals.run[c] += gradient[c] * super::load::relu(scale[c] * peak[c] + shift[c]);
                        }
                        totals.row_done();
                    }
                    totals.flush();
                }
                Excited::Branch(join) => {
                    let sums = memory.read(state.joins[join].sums);
                    for index in 0..conv.blocks.per_segment {
                        let block = (n * conv.blocks.per_segment + index) * 3 * spec.channels + own.start;
                        for c in 0..own.len() {
                            let (sum, product) = (sums[block + c], sums[block + spec.channels + c]);
                            let at_mean = f64::from(scale[c]) * f64::from(mean[c]) + f64::from(shift[c]);
                            totals.total[c] += at_mean * f64::from(sum) + f64::from(scale[c]) * f64::from(product);
                        }
                    }
                }
            }
            let place = n * spec.channels + own.start;
            let factors = memory.read(self.excite.factors.part(place, own.len()));
            let out = memory.write(self.excite.gradient.part(place, own.len()));
            for c in 0..own.len() {
                out[c] = totals.total[c] as f32 * factors[c] * (1.0 - factors[c]);
            }
        }
    }
}
