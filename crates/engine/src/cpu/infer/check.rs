//! Every layer form at every instruction level against plain f64 loops.

use crate::cpu::arena::Arena;
use crate::cpu::features::CpuLevel;
use crate::cpu::infer::conv::{Activation, Conv, Source};
use crate::cpu::infer::fold::Folded;
use crate::cpu::infer::geometry::Geometry;
use crate::cpu::infer::map::Maps;
use crate::cpu::infer::scheme::Scheme;
use crate::cpu::infer::spectrogram::Spectrogram;
use crate::cpu::infer::work::Work;
use crate::cpu::pool::{Disjoint, Pool};
use crate::{Philox, Purpose};

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
}

fn check(case: &Case) -> Scheme {
    let Case { input, output, kernel, length, geometry, activation, inner } = *case;
    let windows = (geometry.length + 2 * geometry.pool_padding - geometry.pool) / geometry.pool + 1;
    let layer = folded(output, input, kernel, 10);
    let mut maps = Maps::default();
    let (first, within) = match inner {
        Some((taps, stride)) => {
            let geometry = Geometry { stride, left: 1, length, pool: 1, pool_padding: 0 };
            (Some(folded(input, 1, taps, 20)), Some((geometry, (length - 1) * stride + taps - 1)))
        }
        None => (None, None),
    };
    let samples = within.map_or(length, |(_, samples)| samples);
    let channels = if inner.is_some() { 1 } else { input };
    let from = if channels == 1 { maps.add_rows(0, 1, samples) } else { maps.add(0, channels, samples) };
    let source = match (&first, within) {
        (Some(first), Some((geometry, _))) => Source::Inner(from, first, geometry),
        _ => Source::Map(from),
    };
    let conv = Conv::new(&mut maps, 1, source, &layer, geometry, windows, activation);
    let n = 3;
    let mut arena = Arena::zeroed(maps.place(n));
    let mut expected = Vec::new();
    for segment in 0..n {
        let values = numbers(samples * channels, 30 + segment as u64);
        for t in 0..samples {
            let at = maps.maps[from].at(segment, t as isize);
            arena[at..at + channels].copy_from_slice(&values[t * channels..(t + 1) * channels]);
        }
        let mut x: Vec<f64> = values.into_iter().map(f64::from).collect();
        if let (Some(first), Some((geometry, _))) = (&first, within) {
            x = convolve(first, &geometry, &x).into_iter().map(|y| y.max(0.0)).collect();
        }
        let y = convolve(&layer, &geometry, &x);
        expected.extend(finish(&y, output, &geometry, windows, activation));
    }
    let largest = expected.iter().fold(0.0f64, |top, v| top.max(v.abs()));
    let pool = Pool::new(2).unwrap();
    let bound = if conv.scheme == Scheme::Direct { 1e-5 } else { 3e-5 };
    for level in CpuLevel::supported() {
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
        for segment in 0..n {
            for window in 0..windows {
                let at = map.at(segment, window as isize);
                for o in 0..output {
                    let truth = expected[(segment * windows + window) * output + o];
                    let error = (f64::from(arena[at + o]) - truth).abs() / largest;
                    assert!(
                        error <= bound,
                        "{level:?} {:?} {input} to {output}, kernel {kernel}, {geometry:?}: segment {segment}, \
                         window {window}, channel {o}: {} for {truth}",
                        conv.scheme,
                        arena[at + o]
                    );
                }
                assert!(arena[at + output..at + map.width]
                    .iter()
                    .all(|&v| v == 0.0 || activation == Activation::Sigmoid));
            }
        }
    }
    conv.scheme
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
            schemes.push(check(&Case { input, output, kernel, length, geometry, activation, inner: None }));
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
        check(&Case { input: 20, output: 33, kernel: 3, length, geometry, activation: Activation::Relu, inner: None });
        let geometry = Geometry { stride: 3, left: 1, length: (length - 1) / 3 + 1, pool: 1, pool_padding: 0 };
        check(&Case { input: 5, output: 7, kernel: 3, length, geometry, activation: Activation::Relu, inner: None });
        check(&Case { input: 1, output: 7, kernel: 3, length, geometry, activation: Activation::None, inner: None });
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
