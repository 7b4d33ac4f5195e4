//! Squeeze-and-excitation: means over time, two dense layers, and the gradient of the factors.

use engine_core::tape::{self, ExciteId, Excited};
use error::Result;

use super::dense::{column_items, Activation, Dense, DenseInput, DenseWeights};
use super::partition::{by_lanes, columns, lanes, LANES};
use super::state::{Excite, State};
use super::work::Work;
use super::CpuTraining;
use crate::kernels::simd::Simd;

const WIDE: usize = 4 * LANES;

impl CpuTraining {
    pub(super) fn excite_forward(&self, id: ExciteId, batch: usize) -> Result<()> {
        let state = &self.state;
        let excite = &state.excites[id];
        let (channels, hidden) = (excite.spec.channels, excite.spec.hidden);
        self.run(items(excite, batch), &Squeeze { state, excite })?;
        let squeeze = Dense {
            state,
            batch,
            from: excite.squeezed,
            input: channels,
            output: hidden,
            weight: state.value(excite.spec.squeeze.weight, hidden * channels),
            bias: state.value(excite.spec.squeeze.bias, hidden),
            to: excite.hidden,
            activation: Activation::Relu,
        };
        self.run(column_items(hidden), &squeeze)?;
        let expand = Dense {
            state,
            batch,
            from: excite.hidden,
            input: hidden,
            output: channels,
            weight: state.value(excite.spec.expand.weight, hidden * channels),
            bias: state.value(excite.spec.expand.bias, channels),
            to: excite.factors,
            activation: Activation::Sigmoid,
        };
        self.run(column_items(channels), &expand)
    }

    pub(super) fn excite_backward(&self, id: ExciteId, batch: usize) -> Result<()> {
        let state = &self.state;
        let excite = &state.excites[id];
        let (channels, hidden) = (excite.spec.channels, excite.spec.hidden);
        self.run(items(excite, batch), &FactorGradient { state, excite })?;
        let expand = DenseWeights {
            state,
            batch,
            from: excite.hidden,
            input: hidden,
            output: channels,
            gradient: excite.gradient,
            weight: state.gradient_of(excite.spec.expand.weight, hidden * channels),
            bias: state.gradient_of(excite.spec.expand.bias, channels),
        };
        self.run(column_items(channels), &expand)?;
        let to_hidden = DenseInput {
            state,
            batch,
            input: hidden,
            output: channels,
            gradient: excite.gradient,
            weight: state.value(excite.spec.expand.weight, hidden * channels),
            gate: Some(excite.hidden),
            to: excite.hidden_gradient,
            factor: 1.0,
        };
        self.run(column_items(hidden), &to_hidden)?;
        let squeeze = DenseWeights {
            state,
            batch,
            from: excite.squeezed,
            input: channels,
            output: hidden,
            gradient: excite.hidden_gradient,
            weight: state.gradient_of(excite.spec.squeeze.weight, hidden * channels),
            bias: state.gradient_of(excite.spec.squeeze.bias, hidden),
        };
        self.run(column_items(hidden), &squeeze)?;
        let to_mean = DenseInput {
            state,
            batch,
            input: channels,
            output: hidden,
            gradient: excite.hidden_gradient,
            weight: state.value(excite.spec.squeeze.weight, hidden * channels),
            gate: None,
            to: excite.gradient,
            factor: 1.0 / excite.spec.length as f32,
        };
        self.run(column_items(channels), &to_mean)
    }
}

/// The number of work items: segments times runs of 64 channels.
pub(crate) fn items(excite: &Excite, batch: usize) -> usize {
    batch * excite.spec.channels.div_ceil(WIDE)
}

/// Sums `rows` rows of `W` channels in f64; runs of 64 rows are summed in f32 first.
#[inline(always)]
fn totals<const W: usize>(rows: usize, row: impl Fn(usize) -> [f32; W]) -> [f64; W] {
    let mut totals = [0.0f64; W];
    for first in (0..rows).step_by(64) {
        let mut run = [0.0f32; W];
        for t in first..rows.min(first + 64) {
            let row = row(t);
            for i in 0..W {
                run[i] += row[i];
            }
        }
        for i in 0..W {
            totals[i] += f64::from(run[i]);
        }
    }
    totals
}

/// Computes the mean over time of the excitation's input.
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
            let peak = memory.read(conv.peak.part(n * spec.length * spec.channels, spec.length * spec.channels));
            by_lanes!(own.len(), c =>
                means::<LANES>(spec, peak, own.start, c, (scale, shift), out),
                means::<1>(spec, peak, own.start, c, (scale, shift), out));
        }
    }
}

/// Computes the means over time of `W` channels from `start + c`, where `scale`, `shift` and `out` begin at `start`.
#[inline(always)]
fn means<const W: usize>(
    spec: &tape::Excite,
    peak: &[f32],
    start: usize,
    c: usize,
    (scale, shift): (&[f32], &[f32]),
    out: &mut [f32],
) {
    let (scale, shift): ([f32; W], [f32; W]) = (lanes(scale, c), lanes(shift, c));
    let totals = totals(spec.length, |t| -> [f32; W] {
        let peak: [f32; W] = lanes(peak, t * spec.channels + start + c);
        std::array::from_fn(|i| super::load::relu(scale[i] * peak[i] + shift[i]))
    });
    for i in 0..W {
        out[c + i] = (totals[i] / spec.length as f64) as f32;
    }
}

/// Computes the gradient with respect to the input of the sigmoid.
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
            let mut total = [0.0f64; WIDE];
            match spec.of {
                Excited::Map(map) => {
                    let cells = spec.length * spec.channels;
                    let peak = memory.read(conv.peak.part(n * cells, cells));
                    let gradient = memory.read(state.maps[map].gradient.part(n * cells, cells));
                    by_lanes!(own.len(), c =>
                        products::<LANES>(spec, (peak, gradient), own.start, c, (scale, shift), &mut total),
                        products::<1>(spec, (peak, gradient), own.start, c, (scale, shift), &mut total));
                }
                Excited::Branch(addition) => {
                    let sums = memory.read(state.residual_adds[addition].sums);
                    for index in 0..conv.blocks.per_segment {
                        let block = (n * conv.blocks.per_segment + index) * 3 * spec.channels + own.start;
                        for c in 0..own.len() {
                            let (sum, product) = (sums[block + c], sums[block + spec.channels + c]);
                            let at_mean = f64::from(scale[c]) * f64::from(mean[c]) + f64::from(shift[c]);
                            total[c] += at_mean * f64::from(sum) + f64::from(scale[c]) * f64::from(product);
                        }
                    }
                }
            }
            let place = n * spec.channels + own.start;
            let factors = memory.read(self.excite.factors.part(place, own.len()));
            let out = memory.write(self.excite.gradient.part(place, own.len()));
            for c in 0..own.len() {
                out[c] = total[c] as f32 * factors[c] * (1.0 - factors[c]);
            }
        }
    }
}

/// Computes the sums over time of gradient times value for `W` channels from `start + c`.
#[inline(always)]
fn products<const W: usize>(
    spec: &tape::Excite,
    (peak, gradient): (&[f32], &[f32]),
    start: usize,
    c: usize,
    (scale, shift): (&[f32], &[f32]),
    out: &mut [f64],
) {
    let (scale, shift): ([f32; W], [f32; W]) = (lanes(scale, c), lanes(shift, c));
    let totals = totals(spec.length, |t| -> [f32; W] {
        let at = t * spec.channels + start + c;
        let (peak, gradient): ([f32; W], [f32; W]) = (lanes(peak, at), lanes(gradient, at));
        std::array::from_fn(|i| gradient[i] * super::load::relu(scale[i] * peak[i] + shift[i]))
    });
    out[c..c + W].copy_from_slice(&totals);
}
