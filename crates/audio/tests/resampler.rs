//! Tests the resampler with tones: pass band, aliases, length, alignment.

#![allow(clippy::unwrap_used)] // The helper functions of the tests are test code too.

use std::f64::consts::TAU;

use audio::Resampler;
use error::Code;

/// Common pairs of rates: integer and other ratios, up and down, and one pair without a common factor.
const PAIRS: &[(u32, u32)] = &[
    (44_100, 22_050),
    (44_100, 16_000),
    (44_100, 8_000),
    (48_000, 22_050),
    (48_000, 16_000),
    (96_000, 22_050),
    (192_000, 16_000),
    (22_050, 2_000),
    (16_000, 22_050),
    (8_000, 22_050),
    (11_025, 16_000),
    (44_101, 22_050),
];

fn tone(frequency: f64, rate: u32, samples: usize) -> Vec<f32> {
    (0..samples).map(|i| (TAU * frequency * i as f64 / f64::from(rate) + 0.3).sin() as f32).collect()
}

fn resample(samples: &[f32], from: u32, to: u32, piece: usize) -> Vec<f32> {
    let mut resampler = Resampler::new(from, to).unwrap();
    let mut out = Vec::new();
    for piece in samples.chunks(piece) {
        resampler.push(piece, &mut out).unwrap();
    }
    resampler.finish(&mut out).unwrap();
    out
}

/// The number of samples of a test tone: one second, or eight if rates without a common factor make the filter two
/// seconds long.
fn length(from: u32) -> usize {
    from as usize * if from == 44_101 { 8 } else { 1 }
}

/// The middle half, which the edges do not affect.
fn middle(samples: &[f32]) -> &[f32] {
    &samples[samples.len() / 4..samples.len() * 3 / 4]
}

fn rms(samples: &[f32]) -> f64 {
    (samples.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
}

#[test]
fn the_pass_band_is_flat_and_in_phase_up_to_nine_tenths_of_the_lower_nyquist_frequency() {
    for &(from, to) in PAIRS {
        let samples = length(from);
        for step in 1..=30 {
            let frequency = f64::from(from.min(to)) / 2.0 * 0.9 * f64::from(step) / 30.0;
            let out = resample(&tone(frequency, from, samples), from, to, 4096);
            let expected = tone(frequency, to, out.len());
            let gain = 20.0 * (rms(middle(&out)) / rms(middle(&expected))).log10();
            assert!(gain.abs() < 0.1, "{from} -> {to}: {gain:.3} dB at {frequency:.0} Hz");
            let difference: Vec<f32> = middle(&out).iter().zip(middle(&expected)).map(|(a, b)| a - b).collect();
            // 0.1 dB is 1.2 %; a shift of one hundredth of a sample would be visible at the upper end.
            let error = rms(&difference) / rms(middle(&expected));
            assert!(error < 0.012, "{from} -> {to}: differs by {error:.4} at {frequency:.0} Hz");
        }
    }
}

#[test]
fn everything_that_would_alias_is_below_minus_80_db() {
    for &(from, to) in PAIRS.iter().filter(|(from, to)| from > to) {
        for step in 0..=30 {
            let (lowest, highest) = (f64::from(to) / 2.0, f64::from(from) / 2.0);
            let frequency = lowest + (highest - lowest) * f64::from(step) / 30.0 * 0.999;
            let input = tone(frequency, from, length(from));
            let out = resample(&input, from, to, 4096);
            let level = 20.0 * (rms(middle(&out)) / rms(&input)).log10();
            assert!(level < -80.0, "{from} -> {to}: {level:.1} dB of {frequency:.0} Hz");
        }
    }
}

#[test]
fn images_of_a_tone_are_below_minus_80_db_when_going_up() {
    for &(from, to) in PAIRS.iter().filter(|(from, to)| from < to) {
        for fraction in [0.1, 0.5, 0.8, 0.9] {
            let frequency = f64::from(from) / 2.0 * fraction;
            let out = resample(&tone(frequency, from, from as usize), from, to, 4096);
            // The remainder after subtracting the best fitting sine (least squares for sine and cosine).
            let out = middle(&out);
            let phase = |i: usize| (TAU * frequency * i as f64 / f64::from(to)).sin_cos();
            let (mut ss, mut cc, mut sc, mut sy, mut cy) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for (i, &y) in out.iter().enumerate() {
                let ((s, c), y) = (phase(i), f64::from(y));
                (ss, cc, sc, sy, cy) = (ss + s * s, cc + c * c, sc + s * c, sy + s * y, cy + c * y);
            }
            let determinant = ss * cc - sc * sc;
            let (sine, cosine) = ((sy * cc - cy * sc) / determinant, (cy * ss - sy * sc) / determinant);
            let rest: Vec<f32> = out
                .iter()
                .enumerate()
                .map(|(i, &y)| {
                    let (s, c) = phase(i);
                    (f64::from(y) - sine * s - cosine * c) as f32
                })
                .collect();
            let level = 20.0 * (rms(&rest) / rms(out)).log10();
            assert!(level < -80.0, "{from} -> {to}: {level:.1} dB beside {frequency:.0} Hz");
        }
    }
}

#[test]
fn the_length_is_rounded_and_the_pieces_do_not_matter() {
    for &(from, to) in PAIRS {
        for samples in [0, 1, 2, 3, 100, 1023, 1024, 5000, 30_001] {
            let input = tone(50.0, from, samples);
            let out = resample(&input, from, to, 5000);
            let expected = (samples as f64 * f64::from(to) / f64::from(from)).round() as usize;
            assert_eq!(out.len(), expected, "{from} -> {to}, {samples} samples");
            assert_eq!(out, resample(&input, from, to, 77), "{from} -> {to}, {samples} samples");
        }
    }
}

#[test]
fn equal_rates_pass_the_samples_untouched() {
    let input = tone(440.0, 22_050, 1000);
    assert_eq!(resample(&input, 22_050, 22_050, 99), input);
}

#[test]
fn a_constant_stays_the_constant() {
    for &(from, to) in PAIRS {
        let out = resample(&vec![0.5; from as usize], from, to, 4096);
        assert!(middle(&out).iter().all(|s| (s - 0.5).abs() < 1e-5), "{from} -> {to}");
    }
}

#[test]
fn a_rate_of_zero_or_beyond_any_recorder_is_an_invalid_option() {
    for (from, to) in [(0, 22_050), (44_100, 0), (768_001, 22_050), (44_100, u32::MAX)] {
        assert_eq!(Resampler::new(from, to).err().unwrap().code, Code::InvalidOption);
    }
}
