//! The random numbers of the bootstrap. They depend on names and seeds only, never on the order of work.

use std::fmt::Display;

use engine::{Philox, Purpose};
use sha2::{Digest, Sha256};

/// How often the clip `name` counts in each of `count` draws of the bootstrap with this seed: Poisson numbers of mean
/// 1.
pub(super) fn clip_counts(name: &str, seed: u64, count: usize) -> Vec<u8> {
    let mut uniform = vec![0.0; count];
    // Experiments, which have no seed of the bootstrap, use seed 0.
    let what = if seed == 0 { "clip".to_owned() } else { format!("clip, seed {seed}:") };
    generator(&what, name).fill_uniform(0, &mut uniform);
    uniform.into_iter().map(poisson).collect()
}

/// The Poisson number of mean 1 whose distribution function first exceeds `uniform`.
fn poisson(uniform: f32) -> u8 {
    let (mut number, mut probability) = (0u8, (-1f64).exp());
    let mut sum = probability;
    while f64::from(uniform) >= sum && number < 12 {
        number += 1;
        probability /= f64::from(number);
        sum += probability;
    }
    number
}

/// The multipliers of some seeds in each draw.
pub(super) struct Multipliers {
    seeds: Vec<Philox>,
    scale: Philox,
}

impl Multipliers {
    pub(super) fn new(seeds: impl Iterator<Item = u64>) -> Self {
        Self { seeds: seeds.map(|seed| generator("seed", seed)).collect(), scale: generator("scale", 0) }
    }

    /// The multipliers in a draw: normal numbers, all divided by the root of a chi-squared number over its (seeds - 1)
    /// degrees of freedom.
    pub(super) fn of(&self, draw: u64) -> impl Iterator<Item = f64> + '_ {
        let freedom = self.seeds.len().saturating_sub(1).max(1);
        let squares: f64 = (0..freedom as u64).map(|k| normal(&self.scale, draw * 64 + k % 64).powi(2)).sum();
        let root = (squares / freedom as f64).sqrt().max(1e-6);
        self.seeds.iter().map(move |seed| normal(seed, draw) / root)
    }
}

/// The random numbers of a thing with a name or a number.
fn generator(what: &str, name: impl Display) -> Philox {
    let hash = Sha256::digest(format!("{what} {name}"));
    let seed = hash.iter().take(8).fold(0u64, |seed, byte| seed << 8 | u64::from(*byte));
    // A hash is the seed: no other use of the purpose shares its numbers.
    Philox::new(seed, Purpose::Split, 0)
}

/// A standard normal number (Box and Muller).
fn normal(random: &Philox, index: u64) -> f64 {
    let unit = |index: u64| (f64::from(random.uniform(index)) + 0.5 / f64::from(1 << 24)).min(1.0);
    (-2.0 * unit(2 * index).ln()).sqrt() * (std::f64::consts::TAU * unit(2 * index + 1)).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_mean_and_variance_one_and_belong_to_the_clip() {
        let counts: Vec<f64> = clip_counts("a.wav", 0, 20_000).into_iter().map(f64::from).collect();
        let mean = counts.iter().sum::<f64>() / 20_000.0;
        let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!((mean - 1.0).abs() < 0.03 && (variance - 1.0).abs() < 0.06, "{mean} {variance}");
        assert_eq!(clip_counts("a.wav", 0, 9), clip_counts("a.wav", 0, 20)[..9]);
        assert_ne!(clip_counts("a.wav", 0, 20), clip_counts("a.wav", 1, 20));
        assert_ne!(clip_counts("a.wav", 0, 20), clip_counts("b.wav", 0, 20));
    }

    #[test]
    fn normal_numbers_are_normal() {
        let random = generator("test", 1);
        let numbers: Vec<f64> = (0..20_000).map(|index| normal(&random, index)).collect();
        let mean = numbers.iter().sum::<f64>() / 20_000.0;
        let variance = numbers.iter().map(|number| number * number).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
    }
}
