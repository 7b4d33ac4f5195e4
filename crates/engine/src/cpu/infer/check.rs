//! Every layer form at every instruction level against plain f64 loops.

use crate::cpu::arena::Arena;
use crate::cpu::features::CpuLevel;
use crate::cpu::infer::arithmetic::{Arithmetic, Weights};
use crate::cpu::infer::conv::{Activation, Conv, Source};
use crate::cpu::infer::fold::Folded;
use crate::cpu::infer::geometry::Geometry;
use crate::cpu::infer::map::Maps;
use crate::cpu::infer::scheme::Scheme;
use crate::cpu::infer::spectrogram::Spectrogram;
use crate::cpu::infer::work::Work;
use crate::cpu::kernels::integer::Integer;
use crate::cpu::pool::{Disjoint, Pool};
use crate::{Philox, Precision, Purpose};

fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let stream = Philox::new(seed, Purpose::Synthesise, 0);
    (0..count as u64).map(|i| 2.0 * stream.uniform(i) - 1.0).collect()
}

fn folded(output: usize, input: usize, kernel: usize, seed: u64) -> Folded {
    let weight = numbers(output * input * kernel, seed).into_iter().map(f64::from).collect();
    let bias = numbers(output, seed + 1).into_iter().map(f64::from).collect();
    Folded { weight, bias, input, kernel }
}

/// Outputs of a convolution over `x` `[length, input]`, without pool: `[geometry.length, output]`.
fn convolve(layer: &Folded, geometry: &Geometry, x: &[f64]) -> Vec<f64> {
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

/// Maximum over windows, then the activation.
fn finish(y: &[f64], width: usize, geometry: &Geometry, windows: usize, activation: Activation) -> Vec<f64> {
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

struct Case {
    input: usize,
    output: usize,
    kernel: usize,
    length: usize,
    geometry: Geometry,
    activation: Activation,
    /// Filter and stride of a layer inside.
    inner: Option<(usize, usize)>,
    /// Whether the input, or the layer inside, gives no value below 0.
    nonnegative: bool,
}

/// The error of `fixed14` over the largest output at most, by the number of Winograd points.
const FIXED14_BOUNDS: [f64; 10] = [0.0, 0.0, 0.0, 3e-4, 3e-4, 5e-4, 1e-3, 1e-3, 2e-3, 6e-3];

/// What a convolution and its finish should give, and how far rounding to whole steps may lead away from it.
struct Expected {
    values: Vec<f64>,
    largest: f64,
    /// Of `int8`, for each value.
    int8: Vec<f64>,
}

/// The error of an 8-bit convolution at most: half a step in every input, half a step in every weight.
fn int8_bound(layer: &Folded, geometry: &Geometry, x: &[f64], windows: usize) -> Vec<f64> {
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

/// Checks a case at every level in every precision; returns the scheme of f32 and whether int8 took the case.
fn check(case: &Case) -> (Scheme, bool) {
    let (segments, expected) = expect(case);
    let mut schemes = None;
    for level in CpuLevel::supported() {
        for integer in Integer::supported(level) {
            for precision in [Precision::F32, Precision::Fixed14, Precision::Int8] {
                let arithmetic = Arithmetic { precision, integer };
                let (scheme, int8) = check_in(case, &segments, &expected, level, &arithmetic);
                match precision {
                    Precision::F32 => schemes = Some((scheme, false)),
                    Precision::Fixed14 => assert!(!int8),
                    _ => schemes = schemes.map(|(scheme, _)| (scheme, int8)),
                }
            }
        }
    }
    schemes.unwrap()
}

fn windows(geometry: &Geometry) -> usize {
    (geometry.length + 2 * geometry.pool_padding - geometry.pool) / geometry.pool + 1
}

/// The first layer of a case, its geometry and the samples that it reads.
fn first_layer(case: &Case) -> Option<(Folded, Geometry, usize)> {
    let length = case.length;
    case.inner.map(|(taps, stride)| {
        let geometry = Geometry { stride, left: 1, length, pool: 1, pool_padding: 0 };
        (folded(case.input, 1, taps, 20), geometry, (length - 1) * stride + taps - 1)
    })
}

/// The values of three segments, and what must come of them.
fn expect(case: &Case) -> (Vec<Vec<f32>>, Expected) {
    let Case { input, output, kernel, length, geometry, activation, nonnegative, .. } = *case;
    let layer = folded(output, input, kernel, 10);
    let first = first_layer(case);
    let count = first.as_ref().map_or(length * input, |&(_, _, samples)| samples);
    let (mut segments, mut expected) = (Vec::new(), Expected { values: Vec::new(), largest: 0.0, int8: Vec::new() });
    for segment in 0..3 {
        // Segments of different loudness, so that a step of another segment would show.
        let mut values = numbers(count, 30 + segment);
        values
            .iter_mut()
            .for_each(|v| *v = (if nonnegative { v.abs() } else { *v }) * [1.0, 0.01, 0.3][segment as usize]);
        let mut x: Vec<f64> = values.iter().map(|&v| f64::from(v)).collect();
        if let Some((first, geometry, _)) = &first {
            x = convolve(first, geometry, &x).into_iter().map(|y| y.max(0.0)).collect();
        }
        let y = convolve(&layer, &geometry, &x);
        expected.values.extend(finish(&y, output, &geometry, windows(&geometry), activation));
        if nonnegative {
            expected.int8.extend(int8_bound(&layer, &geometry, &x, windows(&geometry)));
        }
        segments.push(values);
    }
    expected.largest = expected.values.iter().fold(0.0f64, |top, v| top.max(v.abs()));
    (segments, expected)
}

fn check_in(
    case: &Case,
    segments: &[Vec<f32>],
    expected: &Expected,
    level: CpuLevel,
    arithmetic: &Arithmetic,
) -> (Scheme, bool) {
    let Case { input, output, kernel, geometry, activation, .. } = *case;
    let (windows, n, layer) = (windows(&geometry), segments.len(), folded(output, input, kernel, 10));
    let mut maps = Maps::default();
    let first = first_layer(case);
    let channels = if first.is_some() { 1 } else { input };
    let positions = segments[0].len() / channels;
    let from = if channels == 1 { maps.add_rows(0, 1, positions) } else { maps.add(0, channels, positions) };
    maps.maps[from].nonnegative = case.nonnegative;
    let source = match &first {
        Some((first, geometry, _)) => Source::Inner(from, first, *geometry),
        None => Source::Map(from),
    };
    let conv = Conv::new(&mut maps, 1, source, &layer, geometry, windows, activation, arithmetic);
    let mut arena = Arena::zeroed(maps.place(n));
    for (segment, values) in segments.iter().enumerate() {
        for t in 0..positions {
            let at = maps.maps[from].at(segment, t as isize);
            arena[at..at + channels].copy_from_slice(&values[t * channels..(t + 1) * channels]);
        }
    }
    let pool = Pool::new(2).unwrap();
    let mut scratch: Vec<Arena> = (0..2).map(|_| Arena::zeroed(conv.layout().total)).collect();
    // What lay in scratch memory before must not matter.
    scratch.iter_mut().for_each(|memory| memory.fill(f32::NAN));
    let work = Work {
        pool: &pool,
        level,
        arena: Disjoint::new(&mut arena),
        scratch: scratch.iter_mut().map(|memory| Disjoint::new(memory)).collect(),
    };
    conv.run(&maps, n, &work).unwrap();
    let map = &maps.maps[conv.output()];
    for (index, &truth) in expected.values.iter().enumerate() {
        let (segment, window, o) = (index / (windows * output), index / output % windows, index % output);
        let bound = expected.largest
            * match (&conv.weights, conv.scheme) {
                (Weights::Int8(_), _) => 1e-5 + expected.int8[index] / expected.largest,
                (_, Scheme::Direct) => 1e-5,
                (Weights::Fixed14(..), Scheme::Winograd(m, k)) => FIXED14_BOUNDS[m + k - 1],
                _ => 3e-5,
            };
        let got = f64::from(arena[map.at(segment, window as isize) + o]);
        assert!(
            (got - truth).abs() <= bound,
            "{level:?} {:?} {} {:?} {input} to {output}, kernel {kernel}, {geometry:?}: segment {segment}, window {window}, \
             channel {o}: {got} for {truth}, {} of the bound",
            arithmetic.precision,
            arithmetic.integer.pairs_name,
            conv.scheme,
            (got - truth).abs() / bound
        );
    }
    for (segment, window) in (0..n * windows).map(|i| (i / windows, i % windows)) {
        let padding = &arena[map.at(segment, window as isize)..][output..map.width];
        assert!(padding.iter().all(|&v| v == 0.0 || activation == Activation::Sigmoid));
    }
    (conv.scheme, matches!(conv.weights, Weights::Int8(_)))
}

#[test]
fn every_kernel_and_pool_gives_what_plain_loops_give() {
    let mut schemes = Vec::new();
    for (kernel, pool) in
        [(2, 2), (3, 3), (3, 1), (3, 2), (3, 4), (4, 4), (5, 5), (5, 1), (2, 1), (6, 6), (1, 1), (7, 3)]
    {
        for (input, output, length) in [(9, 13, 5 * pool), (32, 40, 61 * pool + 1), (130, 64, 7 * pool)] {
            let left = kernel / 2;
            let geometry = Geometry { stride: 1, left, length, pool, pool_padding: 0 };
            let activation = if input == 9 { Activation::None } else { Activation::Relu };
            let nonnegative = input != 9;
            let case = Case { input, output, kernel, length, geometry, activation, inner: None, nonnegative };
            let (scheme, int8) = check(&case);
            assert_eq!(int8, nonnegative, "kernel {kernel}, pool {pool}");
            schemes.push(scheme);
        }
    }
    for scheme in
        [Scheme::Direct, Scheme::Winograd(6, 3), Scheme::Winograd(6, 2), Scheme::Winograd(4, 4), Scheme::Winograd(5, 5)]
    {
        assert!(schemes.contains(&scheme), "{scheme:?} was not tried");
    }
}

#[test]
fn strides_padded_pools_and_sigmoids_give_what_plain_loops_give() {
    for length in [10, 11, 12, 100] {
        let geometry = Geometry { stride: 1, left: 1, length, pool: 3, pool_padding: 1 };
        let case = Case {
            input: 20,
            output: 33,
            kernel: 3,
            length,
            geometry,
            activation: Activation::Relu,
            inner: None,
            nonnegative: true,
        };
        assert!(check(&case).1);
        let geometry = Geometry { stride: 3, left: 1, length: (length - 1) / 3 + 1, pool: 1, pool_padding: 0 };
        check(&Case {
            input: 5,
            output: 7,
            kernel: 3,
            length,
            geometry,
            activation: Activation::Relu,
            inner: None,
            nonnegative: true,
        });
        check(&Case {
            input: 1,
            output: 7,
            kernel: 3,
            length,
            geometry,
            activation: Activation::None,
            inner: None,
            nonnegative: false,
        });
    }
    for activation in [Activation::None, Activation::Sigmoid] {
        check(&Case {
            input: 70,
            output: 35,
            kernel: 1,
            length: 1,
            geometry: Geometry::DENSE,
            activation,
            inner: None,
            nonnegative: true,
        });
    }
}

#[test]
fn a_layer_inside_gives_what_plain_loops_give() {
    for (length, kernel, pool, inner) in
        [(400, 3, 3, (3, 3)), (81, 3, 3, (9, 3)), (64, 2, 2, (2, 2)), (7, 7, 1, (5, 4))]
    {
        let geometry = Geometry { stride: 1, left: kernel / 2, length, pool, pool_padding: 0 };
        check(&Case {
            input: 40,
            output: 24,
            kernel,
            length,
            geometry,
            activation: Activation::Relu,
            inner: Some(inner),
            nonnegative: true,
        });
    }
}

#[test]
fn a_mel_stem_gives_the_standardised_frames() {
    let architecture = net::Architecture::preset("mel:4,729,729").unwrap();
    let mel = crate::Mel::new(&architecture).unwrap();
    let (frames, bands, length, n) = (mel.frames(), mel.bands(), architecture.input_length, 2);
    let mut maps = Maps::default();
    let input = maps.add_rows(0, 1, length);
    let output = maps.add(1, bands, frames);
    maps.read(input, 1, 0, 0);
    let mut stem = Spectrogram { mel, input, output, mean: 0.7, deviation: 1.3, scratch: Vec::new() };
    let pool = Pool::new(2).unwrap();
    stem.prepare(2);
    let mut arena = Arena::zeroed(maps.place(n));
    let samples: Vec<Vec<f32>> = (0..n as u64).map(|seed| numbers(length, 40 + seed)).collect();
    for (segment, samples) in samples.iter().enumerate() {
        let at = maps.maps[input].at(segment, 0);
        arena[at..at + length].copy_from_slice(samples);
    }
    let work = Work { pool: &pool, level: CpuLevel::Portable, arena: Disjoint::new(&mut arena), scratch: Vec::new() };
    stem.run(&maps, n, &work).unwrap();
    let (mut scratch, mut expected) = (stem.mel.scratch(), vec![0.0; bands]);
    for (segment, samples) in samples.iter().enumerate() {
        for frame in 0..frames {
            stem.mel.frame(&mut scratch, samples, frame, &mut expected).unwrap();
            let at = maps.maps[output].at(segment, frame as isize);
            assert!((0..bands).all(|band| arena[at + band] == (expected[band] - 0.7) / 1.3));
        }
    }
}
