//! White noise.

use std::f32::consts::TAU;

use super::draws::Draws;

/// Adds white Gaussian noise whose power is `ratio` dB below the mean power of `segment`.
pub(super) fn add_noise(ratio: f64, draws: &mut Draws, segment: &mut [f32]) {
    let power: f64 = segment.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    let deviation = ((power / segment.len().max(1) as f64) / 10f64.powf(ratio / 10.0)).sqrt() as f32;
    let mut numbers = [0.0; 256];
    for part in segment.chunks_mut(numbers.len()) {
        draws.fill(&mut numbers);
        for (pair, numbers) in part.chunks_mut(2).zip(numbers.chunks_exact(2)) {
            // Box-Muller: two uniform numbers give two normal ones. 1 - u is above 0.
            let radius = (-2.0 * (1.0 - numbers[0]).ln()).sqrt() * deviation;
            let (sin, cos) = (TAU * numbers[1]).sin_cos();
            pair.iter_mut().zip([cos, sin]).for_each(|(sample, direction)| *sample += radius * direction);
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::{Philox, Purpose};

    use super::*;

    #[test]
    fn the_noise_has_the_power_asked_for_and_no_mean() {
        let clean: Vec<f32> = (0..50_001).map(|i| (i as f32 * 0.1).sin() * 0.3).collect();
        for ratio in [0.0, 20.0, 40.0] {
            let mut noisy = clean.clone();
            add_noise(ratio, &mut Draws::new(Philox::new(1, Purpose::Augment, 0), 0), &mut noisy);
            let noise: Vec<f64> = noisy.iter().zip(&clean).map(|(a, b)| f64::from(a - b)).collect();
            let power = |samples: &mut dyn Iterator<Item = f64>| samples.map(|sample| sample * sample).sum::<f64>();
            let signal = power(&mut clean.iter().map(|&sample| f64::from(sample)));
            let measured = 10.0 * (signal / power(&mut noise.iter().copied())).log10();
            assert!((measured - ratio).abs() < 0.1, "{ratio}: {measured}");
            let mean = noise.iter().sum::<f64>() / noise.len() as f64;
            let deviation = (power(&mut noise.iter().copied()) / noise.len() as f64).sqrt();
            assert!(mean.abs() < 4.0 * deviation / (noise.len() as f64).sqrt(), "{ratio}: {mean}");
        }
    }

    #[test]
    fn silence_stays_silence() {
        let mut silence = [0.0; 100];
        add_noise(20.0, &mut Draws::new(Philox::new(1, Purpose::Augment, 0), 0), &mut silence);
        assert_eq!(silence, [0.0; 100]);
    }
}
