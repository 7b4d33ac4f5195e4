//! White noise.

use engine::{Philox, Purpose};
use sha2::{Digest, Sha256};

use super::gain::amplitude;

/// Adds normally distributed noise whose mean power over the clip is `ratio` dB below that of `samples`, exactly. A
/// silent clip stays as it is. The noise depends on `name` and `seed` only.
pub(super) fn add(mut samples: Vec<f32>, ratio: f64, name: &str, seed: u64) -> Vec<f32> {
    let noise = normal(samples.len(), name, seed);
    let (signal, own) = (power(&samples), power(&noise));
    if own > 0.0 {
        let scale = (signal / own).sqrt() * amplitude(-ratio);
        samples.iter_mut().zip(&noise).for_each(|(sample, noise)| *sample += (f64::from(*noise) * scale) as f32);
    }
    samples
}

/// The sum of the squares.
fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|sample| f64::from(*sample).powi(2)).sum()
}

/// Standard normal numbers (Box and Muller).
fn normal(count: usize, name: &str, seed: u64) -> Vec<f32> {
    let hash = Sha256::digest(format!("noise {seed} {name}"));
    let key = hash.iter().take(8).fold(0u64, |key, byte| key << 8 | u64::from(*byte));
    // A hash is the seed: no other use of the purpose shares its numbers.
    let mut uniform = vec![0.0f32; count.next_multiple_of(2)];
    Philox::new(key, Purpose::Synthesise, 0).fill_uniform(0, &mut uniform);
    for pair in uniform.chunks_exact_mut(2) {
        // The offset keeps the logarithm finite.
        let radius = (-2.0 * (pair[0] + 0.5 / (1 << 24) as f32).ln()).max(0.0).sqrt();
        let (sine, cosine) = (std::f32::consts::TAU * pair[1]).sin_cos();
        (pair[0], pair[1]) = (radius * cosine, radius * sine);
    }
    uniform.truncate(count);
    uniform
}
