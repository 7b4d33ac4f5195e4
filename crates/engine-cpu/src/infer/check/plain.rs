//! Layers as plain f64 loops, and bounds of the error that rounding to quantisation steps can cause.

use engine_core::{Philox, Purpose};

use crate::infer::conv::activation::Activation;
use crate::infer::conv::fold::Folded;
use crate::infer::conv::geometry::Geometry;

pub(super) fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let stream = Philox::new(seed, Purpose::Synthesise, 0);
    (0..count as u64).map(|i| 2.0 * stream.uniform(i) - 1.0).collect()
}

pub(super) fn folded(output: usize, input: usize, kernel: usize, seed: u64) -> Folded {
    let weight = numbers(output * input * kernel, seed).into_iter().map(f64::from).collect();
    let bias = numbers(output, seed + 1).into_iter().map(f64::from).collect();
    Folded { weight, bias, input, kernel }
}

/// The outputs of a convolution over `x` `[length, input]` before the pool: `[geometry.length, output]`.
pub(super) fn convolve(layer: &Folded, geometry: &Geometry, x: &[f64]) -> Vec<f64> {
    let length = x.len() / layer.input;
    let mut y = Vec::new();
    for t in 0..geometry.length {
        for o in 0..layer.output() {
            let mut sum = layer.bias[o];
            for tap in 0..layer.kernel {
                let position = (t * geometry.stride + tap) as isize - geometry.left as isize;
                if position >= 0 && position < length as isize {
                    for i in 0..layer.input {
                        sum += layer.at(o, i, tap) * x[position as usize * layer.input + i];
                    }
                }
            }
            y.push(sum);
        }
    }
    y
}

/// The maximum over the pooling windows, followed by the activation.
pub(super) fn finish(y: &[f64], width: usize, geometry: &Geometry, windows: usize, activation: Activation) -> Vec<f64> {
    let mut out = Vec::new();
    for window in 0..windows {
        for o in 0..width {
            let start = (window * geometry.pool) as isize - geometry.pool_padding as isize;
            let top = (start..start + geometry.pool as isize)
                .filter(|&t| t >= 0 && t < geometry.length as isize)
                .map(|t| y[t as usize * width + o])
                .fold(f64::NEG_INFINITY, f64::max);
            out.push(match activation {
                Activation::None => top,
                Activation::Relu => top.max(0.0),
                Activation::Sigmoid => 1.0 / (1.0 + (-top).exp()),
            });
        }
    }
    out
}

/// The bound of the error of an 8-bit convolution: half a quantisation step in every input and in every weight.
pub(super) fn int8_bound(layer: &Folded, geometry: &Geometry, x: &[f64], windows: usize) -> Vec<f64> {
    let x_step = x.iter().fold(0.0f64, |top, v| top.max(*v)) / 255.0;
    let mut bound = Vec::new();
    let steps: Vec<f64> = (0..layer.output())
        .map(|o| (0..layer.input * layer.kernel).map(move |i| layer.at(o, i / layer.kernel, i % layer.kernel).abs()))
        .map(|weights| weights.fold(0.0, f64::max) / 127.0)
        .collect();
    let size = |o: usize| Folded {
        weight: (0..layer.input * layer.kernel)
            .map(|i| layer.at(o, i / layer.kernel, i % layer.kernel).abs() * x_step / 2.0 + x_step * steps[o] / 4.0)
            .collect(),
        bias: vec![0.0],
        input: layer.input,
        kernel: layer.kernel,
    };
    let ones = vec![1.0; x.len()];
    let parts: Vec<Vec<f64>> = (0..layer.output())
        .map(|o| {
            let of_inputs = convolve(&size(o), geometry, &ones);
            let all = Folded { weight: vec![steps[o] / 2.0; layer.input * layer.kernel], ..size(o) };
            let of_weights = convolve(&all, geometry, x);
            let sum: Vec<f64> = of_inputs.iter().zip(&of_weights).map(|(a, b)| a + b).collect();
            finish(&sum, 1, geometry, windows, Activation::None)
        })
        .collect();
    for window in 0..windows {
        bound.extend(parts.iter().map(|part| part[window]));
    }
    bound
}

/// The bound of the error of 8-bit tiles (`int8_tiled.rs`): half a quantisation step in every transformed input of a
/// tile and in every transformed weight.
pub(super) fn int8_tiled_bound(layer: &Folded, geometry: &Geometry, x: &[f64], windows: usize) -> Vec<f64> {
    let input = layer.input;
    let at = |position: isize, channel: usize| match usize::try_from(position) {
        Ok(position) => x.get(position * input + channel).copied().unwrap_or(0.0),
        Err(_) => 0.0,
    };
    // [outputs][points][inputs]
    let weights: Vec<[Vec<f64>; 4]> = (0..layer.output())
        .map(|o| {
            [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]].map(|row| {
                (0..input).map(|i| (0..3).map(|tap| row[tap] * layer.at(o, i, tap)).sum::<f64>().abs()).collect()
            })
        })
        .collect();
    let largest = |values: &[f64]| values.iter().fold(0.0f64, |top, v| top.max(*v));
    let mut bound = Vec::new();
    for t in 0..geometry.length {
        let odd = (t + geometry.pool_padding) % 2;
        let first = t as isize - (odd + geometry.left) as isize;
        let rows = |i: usize| [0, 1, 2, 3].map(|row| at(first + row, i));
        let transformed: [Vec<f64>; 4] = [
            (0..input).map(|i| (rows(i)[0] - rows(i)[2]).abs()).collect(),
            (0..input).map(|i| rows(i)[1] + rows(i)[2]).collect(),
            (0..input).map(|i| (rows(i)[2] - rows(i)[1]).abs()).collect(),
            (0..input).map(|i| (rows(i)[3] - rows(i)[1]).abs()).collect(),
        ];
        for weights in &weights {
            let of_point = |point: usize| {
                let (v, w) = (&transformed[point], &weights[point]);
                let half_step = largest(v) / if point == 1 { 255.0 } else { 127.0 } / 2.0;
                let half_weight = largest(w) / 127.0 / 2.0;
                v.iter().zip(w).map(|(v, w)| half_step * w + (v + half_step) * half_weight).sum::<f64>()
            };
            bound.push((odd..odd + 3).map(of_point).sum::<f64>() * 1.001);
        }
    }
    finish(&bound, layer.output(), geometry, windows, Activation::None)
}
