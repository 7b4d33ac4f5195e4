use std::f64::consts::TAU;

use super::*;

const RATE: u32 = 22_050;

/// A tone with an amplitude of 0.25.
fn tone(hertz: f64, samples: usize, rate: u32) -> Vec<f32> {
    (0..samples).map(|n| (0.25 * (TAU * hertz * n as f64 / f64::from(rate)).sin()) as f32).collect()
}

/// The amplitude of `samples` at `hertz`.
fn amplitude(samples: &[f32], hertz: f64, rate: u32) -> f64 {
    let (mut real, mut imaginary, mut weights) = (0.0, 0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        let weight = 0.5 - 0.5 * (TAU * (n as f64 + 0.5) / samples.len() as f64).cos();
        let (sine, cosine) = (TAU * hertz * n as f64 / f64::from(rate)).sin_cos();
        real += weight * f64::from(*sample) * cosine;
        imaginary += weight * f64::from(*sample) * sine;
        weights += weight;
    }
    2.0 * real.hypot(imaginary) / weights
}

/// The frequency of a tone: that with the largest amplitude within 3 %, found in steps of 0.1 %.
fn frequency(samples: &[f32], near: f64, rate: u32) -> f64 {
    let candidates = (-30..=30).map(|step| near * (1.0 + 0.001 * f64::from(step)));
    let middle = &samples[samples.len() / 3..samples.len() / 3 + samples.len().min(12_000) / 2];
    candidates.max_by(|a, b| amplitude(middle, *a, rate).total_cmp(&amplitude(middle, *b, rate))).unwrap()
}

fn apply(kind: Distortion, strength: f64, samples: &[f32]) -> Vec<f32> {
    let encoder = Encoder::find();
    kind.apply(strength, "a", samples.to_vec(), RATE, 0, encoder.as_ref()).unwrap().samples
}

fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len() as f64
}

#[test]
fn noise_has_the_ratio_that_was_asked_and_is_white() {
    let clean = tone(440.0, 40_000, RATE);
    for ratio in [40.0, 10.0, -5.0] {
        let noise: Vec<f32> =
            apply(Distortion::Noise, ratio, &clean).iter().zip(&clean).map(|(noisy, clean)| noisy - clean).collect();
        let measured = 10.0 * (power(&clean) / power(&noise)).log10();
        assert!((measured - ratio).abs() < 0.1, "{measured} {ratio}");
        // White: neighbours are not correlated, and both halves of the band have the same power.
        let product: f64 = noise.windows(2).map(|pair| f64::from(pair[0] * pair[1])).sum();
        assert!((product / noise.len() as f64 / power(&noise)).abs() < 0.03);
        let low = power(&apply(Distortion::LowPass, f64::from(RATE) / 4.0, &noise));
        assert!((low / power(&noise) - 0.5).abs() < 0.03, "{low}");
    }
    assert_eq!(apply(Distortion::Noise, 10.0, &[0.0; 500]), [0.0; 500], "silence has no level to refer to");
}

#[test]
fn noise_depends_on_seed_and_name_only() {
    let clean = tone(440.0, 501, RATE);
    let noisy =
        |name: &str, seed: u64| Distortion::Noise.apply(10.0, name, clean.clone(), RATE, seed, None).unwrap().samples;
    assert_eq!(noisy("a", 1), noisy("a", 1));
    assert_ne!(noisy("a", 1), noisy("a", 2));
    assert_ne!(noisy("a", 1), noisy("b", 1));
}

#[test]
fn gain_changes_the_level_and_counts_what_it_clips() {
    let clean = tone(440.0, 20_000, RATE);
    let gain = |decibels| Distortion::Gain.apply(decibels, "a", clean.clone(), RATE, 0, None).unwrap();
    let quiet = gain(-20.0);
    assert_eq!(quiet.clipped, Some(0));
    assert!((power(&quiet.samples) / power(&clean) - 0.01).abs() < 1e-5);
    // Four times an amplitude of 0.25 just fits; eight times clips two thirds: |sin| is above 1/2.
    assert_eq!(gain(12.0).clipped, Some(0));
    let loud = gain(20.0 * 8f64.log10());
    assert!((loud.clipped.unwrap() as f64 / 20_000.0 - 2.0 / 3.0).abs() < 0.01, "{:?}", loud.clipped);
    assert!(loud.samples.iter().all(|sample| sample.abs() <= 1.0));
}

#[test]
fn a_stretch_keeps_the_pitch_and_the_level_and_changes_the_length() {
    for rate in [8000, RATE, 44_100] {
        let clean = tone(440.0, rate as usize, rate);
        for factor in [0.5, 0.8, 1.0, 1.25, 2.0] {
            let stretched = stretch::stretch(&clean, factor, rate).unwrap();
            assert_eq!(stretched.len(), (clean.len() as f64 * factor).round() as usize);
            let found = frequency(&stretched, 440.0, rate);
            assert!((found / 440.0 - 1.0).abs() < 0.002, "{rate} {factor}: {found}");
            let middle = &stretched[stretched.len() / 4..3 * stretched.len() / 4];
            let level = power(middle) / power(&clean);
            assert!((level - 1.0).abs() < 0.03, "{rate} {factor}: {level}");
        }
    }
}

#[test]
fn a_stretch_by_one_changes_nothing_and_two_tones_stay_two_tones() {
    let mixed: Vec<f32> = tone(300.0, 44_100, RATE).iter().zip(tone(900.0, 44_100, RATE)).map(|(a, b)| a + b).collect();
    let same = apply(Distortion::Stretch, 1.0, &mixed);
    assert!(same.iter().zip(&mixed).all(|(a, b)| (a - b).abs() < 1e-4));
    let longer = apply(Distortion::Stretch, 1.3, &mixed);
    for hertz in [300.0, 900.0] {
        let own = amplitude(&longer[10_000..40_000], hertz, RATE);
        assert!((own - 0.25).abs() < 0.02, "{hertz}: {own}");
    }
    // A click stays one event: at the stretched time.
    let mut click = vec![0.0; 22_050];
    click[11_025] = 1.0;
    let later = apply(Distortion::Stretch, 1.5, &click);
    let loudest = (0..later.len()).max_by(|a, b| later[*a].abs().total_cmp(&later[*b].abs())).unwrap();
    assert!(loudest.abs_diff(16_537) < 600, "{loudest}");
}

#[test]
fn a_pitch_shift_moves_a_tone_by_its_semitones() {
    let clean = tone(440.0, 44_100, RATE);
    for semitones in [-12.0, -2.0, -0.5, 1.0, 4.0, 7.0] {
        let shifted = apply(Distortion::Pitch, semitones, &clean);
        assert_eq!(shifted.len(), clean.len());
        let expected = 440.0 * 2f64.powf(semitones / 12.0);
        let found = frequency(&shifted, expected, RATE);
        assert!((found / expected - 1.0).abs() < 0.01, "{semitones}: {found}, expected {expected}");
        let middle = &shifted[11_000..33_000];
        assert!((power(middle) / power(&clean) - 1.0).abs() < 0.05, "{semitones}");
    }
}

#[test]
fn the_low_pass_keeps_what_is_below_and_removes_what_is_above() {
    for (hertz, gain) in [(100.0, 1.0), (1800.0, 1.0), (2000.0, 0.5), (2200.0, 0.0), (8000.0, 0.0)] {
        let filtered = apply(Distortion::LowPass, 2000.0, &tone(hertz, 44_100, RATE));
        let own = amplitude(&filtered[5000..40_000], hertz, RATE) / 0.25;
        assert!((own - gain).abs() < 0.002, "{hertz} Hz: {own}, expected {gain}");
    }
    let clean = tone(440.0, 10_001, RATE);
    let same = apply(Distortion::LowPass, 30_000.0, &clean);
    assert!(same.len() == clean.len() && same.iter().zip(&clean).all(|(a, b)| (a - b).abs() < 1e-5));
}

#[test]
fn mp3_keeps_time_and_length_and_loses_more_at_lower_rates() {
    let Some(encoder) = Encoder::find() else {
        eprintln!("skipped: no MP3 encoder");
        return;
    };
    // Three tones and a little noise, with a change of level in the middle.
    let mut clean: Vec<f32> = (0..44_100)
        .map(|n| {
            let at = |hertz: f64| (TAU * hertz * f64::from(n) / f64::from(RATE)).sin();
            ((at(330.0) + at(1250.0) + at(5100.0)) * if n < 22_050 { 0.05 } else { 0.2 }) as f32
        })
        .collect();
    clean = noise::add(clean, 20.0, "a", 0);
    let error = |kilobits: f64| {
        let coded = mp3::encode_and_decode(&clean, kilobits, RATE, Some(&encoder)).unwrap();
        assert_eq!(coded.len(), clean.len());
        let difference: Vec<f32> = coded.iter().zip(&clean).map(|(a, b)| a - b).collect();
        power(&difference) / power(&clean)
    };
    let errors = [160.0, 64.0, 16.0].map(error);
    // A shift by one sample alone would be an error of 0.3.
    assert!(errors[0] < 0.01 && errors[0] < errors[1] && errors[1] < errors[2], "{errors:?} with {}", encoder.name);
    assert!(!encoder.name.is_empty());
}

#[test]
fn strengths_that_a_distortion_cannot_have_are_named() {
    for (kind, strength, part) in [
        (Distortion::Noise, 500.0, "received 500"),
        (Distortion::Stretch, 0.0, "from 0.25 to 4"),
        (Distortion::Mp3, 17.0, "8, 16, 24"),
        (Distortion::LowPass, f64::NAN, "received NaN"),
    ] {
        let why = kind.check(strength).unwrap_err();
        assert!(why.contains(part) && why.contains(kind.name()), "{why}");
    }
    assert!(Distortion::ALL
        .iter()
        .all(|kind| kind.check(8.0).is_ok() || *kind == Distortion::Stretch || *kind == Distortion::LowPass));
}
