//! Batch normalisation of a convolution's raw output: forward coefficients from the moments, backward coefficients from
//! two sums.

mod sums;

use engine_core::tape::Consumer;

use super::wave::Moments;
use crate::kernels::simd::Simd;
use crate::train::arena::Span;
use crate::train::clock::Part;
use crate::train::partition::{channel_items, columns};
use crate::train::state::{Conv, State};
use crate::train::work::Work;
pub(super) use sums::Sums;

/// Computes the coefficients of each channel for the step. One item for 16 channels; moments are combined in f64, in
/// the order of the blocks.
pub(super) struct Statistics<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
    pub batch: usize,
}

impl Work for Statistics<'_> {
    const PART: Option<Part> = Some(Part::Norm);

    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let (state, memory, conv, spec) = (self.state, &self.state.memory, self.conv, &self.conv.spec);
        let own = columns(item, channel_items(spec.to), spec.to);
        let (eps, momentum) = (state.tape.eps, state.tape.momentum);
        // SAFETY: an item writes its own channels; moments and parameters are written by others only before and after.
        unsafe {
            let moments = memory.read(conv.moments);
            let sign = memory.read(conv.sign);
            let frames = conv.wave.as_ref().map(|wave| Moments::of(state, conv, wave, self.batch));
            for c in own {
                let bias = spec.bias.map_or(0.0, |b| f64::from(memory.read(state.value(b + c, 1))[0]));
                let (mut scale, mut shift, mut mean, mut inverse) = (1.0, bias, 0.0, 1.0);
                if let Some(norm) = &spec.norm {
                    let value = |start: usize| f64::from(memory.read(state.value(start + c, 1))[0]);
                    let statistic = |start: usize| f64::from(memory.read(state.statistics.part(start + c, 1))[0]);
                    if spec.is_norm_fixed {
                        mean = f64::from(sign[c]) * (statistic(norm.mean) - bias);
                        inverse = 1.0 / (statistic(norm.variance) + eps).sqrt();
                        scale = value(norm.gamma).abs() * inverse;
                        shift = value(norm.beta) - scale * mean;
                        self.write(c, [scale, shift, mean, inverse]);
                        continue;
                    }
                    let count = (self.batch * spec.length) as f64;
                    let deviations;
                    (mean, deviations) = match &frames {
                        Some(frames) => {
                            let weight = |k: usize| f64::from(memory.read(conv.forward.part(k * spec.to + c, 1))[0]);
                            let weights: [f64; 5] =
                                std::array::from_fn(|k| if k < spec.kernel { weight(k) } else { 0.0 });
                            let (mean, variance) = frames.through(&weights);
                            (mean, variance * count)
                        }
                        None => self.combine(moments, c, count),
                    };
                    inverse = 1.0 / (deviations / count + eps).sqrt();
                    scale = value(norm.gamma).abs() * inverse;
                    shift = value(norm.beta) - scale * mean;
                    let running_mean = &mut memory.write(state.statistics.part(norm.mean + c, 1))[0];
                    let seen = f64::from(sign[c]) * mean + bias;
                    *running_mean = ((1.0 - momentum) * f64::from(*running_mean) + momentum * seen) as f32;
                    let running_variance = &mut memory.write(state.statistics.part(norm.variance + c, 1))[0];
                    let seen = deviations / (count - 1.0).max(1.0);
                    *running_variance = ((1.0 - momentum) * f64::from(*running_variance) + momentum * seen) as f32;
                }
                self.write(c, [scale, shift, mean, inverse]);
            }
        }
    }
}

impl Statistics<'_> {
    /// Writes scale, shift, mean and 1 / standard deviation of channel `c`.
    ///
    /// # Safety
    /// Nobody else accesses the channel's coefficients meanwhile.
    #[inline(always)]
    unsafe fn write(&self, c: usize, values: [f64; 4]) {
        let conv = self.conv;
        for (span, value) in [conv.scale, conv.shift, conv.mean, conv.inverse].into_iter().zip(values) {
            // SAFETY: by the contract.
            unsafe { self.state.memory.write(span.part(c, 1))[0] = value as f32 };
        }
    }

    /// The mean and the sum of squared deviations of channel `c` over all blocks.
    #[inline(always)]
    fn combine(&self, moments: &[f32], c: usize, count: f64) -> (f64, f64) {
        let (conv, spec) = (self.conv, &self.conv.spec);
        let blocks = self.batch * conv.blocks.per_segment;
        let rows = |block: usize| conv.blocks.rows(block % conv.blocks.per_segment) as f64;
        let mean_of = |block: usize| f64::from(moments[block * 2 * spec.to + c]);
        let mean = (0..blocks).map(|block| rows(block) * mean_of(block)).sum::<f64>() / count;
        let deviations = (0..blocks).map(|block| {
            let off = mean_of(block) - mean;
            f64::from(moments[(block * 2 + 1) * spec.to + c]) + rows(block) * off * off
        });
        (mean, deviations.sum())
    }
}

/// Computes the backward coefficients and the gradients of gamma, beta and bias. One item for 16 channels.
pub(super) struct BackwardCoefficients<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
    pub batch: usize,
}

impl Work for BackwardCoefficients<'_> {
    const PART: Option<Part> = Some(Part::Norm);

    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let (state, memory, conv, spec) = (self.state, &self.state.memory, self.conv, &self.conv.spec);
        // SAFETY: an item writes its own channels.
        unsafe {
            for c in columns(item, channel_items(spec.to), spec.to) {
                let (sum, product) = self.totals(c);
                let one = |span: Span| f64::from(memory.read(span.part(c, 1))[0]);
                let (mut gradient_scale, mut raw_scale, mut gradient_shift) = (1.0, 0.0, 0.0);
                let mut bias = sum;
                if let Some(norm) = &spec.norm {
                    let count = (self.batch * spec.length) as f64;
                    let scale_gradient = product * one(conv.inverse);
                    gradient_scale = one(conv.scale);
                    if spec.is_norm_fixed {
                        bias = one(conv.sign) * gradient_scale * sum;
                    } else {
                        raw_scale = -gradient_scale * scale_gradient * one(conv.inverse) / count;
                        gradient_shift = -gradient_scale * sum / count - raw_scale * one(conv.mean);
                        // The norm removes every constant shift of the raw output, so the gradient is exactly 0; it
                        // must not be a rounding error.
                        bias = 0.0;
                    }
                    let gamma = (one(conv.sign) * scale_gradient) as f32;
                    memory.write(state.gradient_of(norm.gamma + c, 1))[0] = gamma;
                    memory.write(state.gradient_of(norm.beta + c, 1))[0] = sum as f32;
                }
                if let Some(start) = spec.bias {
                    memory.write(state.gradient_of(start + c, 1))[0] = bias as f32;
                }
                for (span, value) in [
                    (conv.gradient_scale, gradient_scale),
                    (conv.raw_scale, raw_scale),
                    (conv.gradient_shift, gradient_shift),
                ] {
                    memory.write(span.part(c, 1))[0] = value as f32;
                }
            }
        }
    }
}

impl BackwardCoefficients<'_> {
    /// Both sums over the batch, in f64 and in the order of the blocks.
    ///
    /// # Safety
    /// Nobody writes moments, sums or factors meanwhile.
    #[inline(always)]
    unsafe fn totals(&self, c: usize) -> (f64, f64) {
        let (state, memory, conv, spec) = (self.state, &self.state.memory, self.conv, &self.conv.spec);
        if let Some(wave) = &conv.wave {
            // SAFETY: by the contract.
            unsafe {
                let totals = state.wave_totals(conv, wave, self.batch, c);
                let one = |span: Span, at: usize| f64::from(memory.read(span.part(at, 1))[0]);
                let with_raw: f64 = (0..spec.kernel).map(|k| one(conv.forward, k * spec.to + c) * totals[1 + k]).sum();
                return (totals[0], with_raw - one(conv.mean, c) * totals[0]);
            }
        }
        let (mut sum, mut product) = (0.0, 0.0);
        // SAFETY: by the contract.
        unsafe {
            match spec.consumer {
                Consumer::Map(_) => {
                    let moments = memory.read(conv.moments);
                    for block in 0..self.batch * conv.blocks.per_segment {
                        sum += f64::from(moments[block * 2 * spec.to + c]);
                        product += f64::from(moments[(block * 2 + 1) * spec.to + c]);
                    }
                }
                Consumer::Branch(addition) | Consumer::Shortcut(addition) => {
                    let which = if matches!(spec.consumer, Consumer::Branch(_)) { 1 } else { 2 };
                    let addition = &state.residual_adds[addition];
                    let per_segment = state.convs[addition.spec.branch].blocks.per_segment;
                    let sums = memory.read(addition.sums);
                    for n in 0..self.batch {
                        let (mut own, mut own_product) = (0.0, 0.0);
                        for block in n * per_segment..(n + 1) * per_segment {
                            own += f64::from(sums[block * 3 * spec.to + c]);
                            own_product += f64::from(sums[(block * 3 + which) * spec.to + c]);
                        }
                        if let Some(excite) = state.excite_of(conv) {
                            let one = |span: Span| f64::from(memory.read(span.part(n * spec.to + c, 1))[0]);
                            let (factor, mean_gradient) = (one(excite.factors), one(excite.gradient));
                            own = factor * own + mean_gradient * spec.length as f64;
                            own_product = factor * own_product + mean_gradient * self.centred_sum(n, c);
                        }
                        sum += own;
                        product += own_product;
                    }
                }
            }
        }
        (sum, product)
    }

    /// The sum of raw value minus mean over a segment, from the forward moments.
    ///
    /// # Safety
    /// Nobody writes moments meanwhile.
    #[inline(always)]
    unsafe fn centred_sum(&self, n: usize, c: usize) -> f64 {
        let (conv, spec) = (self.conv, &self.conv.spec);
        // SAFETY: by the contract.
        let (moments, mean) =
            unsafe { (self.state.memory.read(conv.moments), self.state.memory.read(conv.mean.part(c, 1))[0]) };
        (0..conv.blocks.per_segment)
            .map(|index| {
                let block = n * conv.blocks.per_segment + index;
                conv.blocks.rows(index) as f64 * (f64::from(moments[block * 2 * spec.to + c]) - f64::from(mean))
            })
            .sum()
    }
}
