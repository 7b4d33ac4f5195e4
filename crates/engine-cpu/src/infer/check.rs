//! Compares every form of a layer, at every instruction level, with plain f64 loops.

mod layers;
mod mel_stem;
mod plain;

use engine_core::pool::{Disjoint, Pool};
use engine_core::Precision;

use crate::arena::Arena;
use crate::features::CpuLevel;
use crate::infer::conv::activation::Activation;
use crate::infer::conv::arithmetic::{Arithmetic, Weights};
use crate::infer::conv::fold::Folded;
use crate::infer::conv::geometry::Geometry;
use crate::infer::conv::scheme::Scheme;
use crate::infer::conv::{Conv, ConvInput};
use crate::infer::map::Maps;
use crate::infer::work::Work;
use crate::kernels::integer::Integer;
use plain::{convolve, finish, folded, int8_bound, int8_tiled_bound, numbers};

pub(super) struct Case {
    pub(super) input: usize,
    pub(super) output: usize,
    pub(super) kernel: usize,
    pub(super) length: usize,
    pub(super) geometry: Geometry,
    pub(super) activation: Activation,
    /// Filter and stride of the inner layer, if any.
    pub(super) inner: Option<(usize, usize)>,
    /// Whether the input, or the output of the inner layer, is never negative.
    pub(super) nonnegative: bool,
}

/// The bound of the error of `fixed14` divided by the largest output, indexed by the number of Winograd points.
const FIXED14_BOUNDS: [f64; 10] = [0.0, 0.0, 0.0, 3e-4, 3e-4, 5e-4, 1e-3, 1e-3, 2e-3, 6e-3];

/// The expected output of a convolution with pool and activation, and the error that rounding to quantisation steps can
/// cause.
#[derive(Default)]
struct Expected {
    values: Vec<f64>,
    largest: f64,
    /// The error bounds of `int8` for each value, in the direct form and in tiles.
    int8: Vec<f64>,
    int8_tiled: Vec<f64>,
}

/// Checks a case at every level in every precision. Returns the scheme of f32 and, if int8 applies to the case, the
/// scheme of int8.
pub(super) fn check(case: &Case) -> (Scheme, Option<Scheme>) {
    let (segments, expected) = expect(case);
    let mut schemes = None;
    for level in CpuLevel::supported() {
        for integer in Integer::supported(level) {
            for precision in [Precision::F32, Precision::Fixed14, Precision::Int8] {
                let arithmetic = Arithmetic { precision, integer };
                let (scheme, int8) = check_in(case, &segments, &expected, level, &arithmetic);
                match precision {
                    Precision::F32 => schemes = Some((scheme, None)),
                    Precision::Fixed14 => assert!(!int8),
                    _ => schemes = schemes.map(|(of_f32, _)| (of_f32, int8.then_some(scheme))),
                }
            }
        }
    }
    schemes.unwrap()
}

fn windows(geometry: &Geometry) -> usize {
    (geometry.length + 2 * geometry.pool_padding - geometry.pool) / geometry.pool + 1
}

/// The inner layer of a case, its geometry and the number of samples that it reads.
fn first_layer(case: &Case) -> Option<(Folded, Geometry, usize)> {
    let length = case.length;
    case.inner.map(|(taps, stride)| {
        let geometry = Geometry { stride, left: 1, length, pool: 1, pool_padding: 0 };
        (folded(case.input, 1, taps, 20), geometry, (length - 1) * stride + taps - 1)
    })
}

/// The values of three segments, and the expected outputs.
fn expect(case: &Case) -> (Vec<Vec<f32>>, Expected) {
    let Case { input, output, kernel, length, geometry, activation, nonnegative, .. } = *case;
    let layer = folded(output, input, kernel, 10);
    let first = first_layer(case);
    let count = first.as_ref().map_or(length * input, |&(_, _, samples)| samples);
    let (mut segments, mut expected) = (Vec::new(), Expected::default());
    for segment in 0..3 {
        // The segments differ in loudness, so that using the quantisation step of another segment would be detected.
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
            if kernel == 3 && geometry.stride == 1 {
                expected.int8_tiled.extend(int8_tiled_bound(&layer, &geometry, &x, windows(&geometry)));
            }
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
        Some((first, geometry, _)) => ConvInput::Inner(from, first, *geometry),
        None => ConvInput::Map(from),
    };
    let conv = Conv::new(&mut maps, 1, source, &layer, geometry, windows, activation, arithmetic).unwrap();
    let mut arena = Arena::zeroed("a test", maps.place(n)).unwrap();
    for (segment, values) in segments.iter().enumerate() {
        for t in 0..positions {
            let at = maps.maps[from].at(segment, t as isize);
            arena[at..at + channels].copy_from_slice(&values[t * channels..(t + 1) * channels]);
        }
    }
    let pool = Pool::new(2).unwrap();
    let mut scratch: Vec<Arena> = (0..2).map(|_| Arena::zeroed("a test", conv.layout().total).unwrap()).collect();
    // The previous content of scratch memory must not matter.
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
                (Weights::Int8(_), Scheme::Direct) => 1e-5 + expected.int8[index] / expected.largest,
                (Weights::Int8(_), _) => 1e-5 + expected.int8_tiled[index] / expected.largest,
                (_, Scheme::Direct) => 1e-5,
                (Weights::Fixed14(..), Scheme::Winograd(m, k)) => FIXED14_BOUNDS[m + k - 1],
                _ => 3e-5,
            };
        let got = f64::from(arena[map.at(segment, window as isize) + o]);
        assert!(
            (got - truth).abs() <= bound,
            "{level:?} {:?} {} {:?} {input} to {output}, kernel {kernel}, {geometry:?}: segment {segment}, \
             window {window}, channel {o}: {got} for {truth}, {} of the bound",
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
