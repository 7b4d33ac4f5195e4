//! Bootstrap intervals over clips.

use engine::{Philox, Purpose};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Number of draws.
pub const DRAWS: usize = 1000;

/// A number with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Estimate {
    /// The number itself.
    pub value: f64,
    /// Lower end: the 2.5th percentile of the draws.
    pub low: f64,
    /// Upper end: the 97.5th percentile of the draws.
    pub high: f64,
}

/// Draws clips with replacement.
pub(crate) struct Bootstrap {
    seed: u64,
    clips: usize,
}

impl Bootstrap {
    /// Draws out of `clips` clips.
    pub fn new(seed: u64, clips: usize) -> Self {
        Self { seed, clips }
    }

    /// The clips of draw `draw`.
    pub fn draw(&self, draw: usize) -> Vec<usize> {
        let mut words = vec![0; self.clips];
        Philox::new(self.seed, Purpose::Synthesise, 1 << 40 | draw as u64).fill_words(0, &mut words);
        words.into_iter().map(|word| ((u64::from(word) * self.clips as u64) >> 32) as usize).collect()
    }

    /// An order of all clips that depends on `draw` only.
    pub fn shuffle(&self, draw: usize) -> Vec<usize> {
        let mut words = vec![0; self.clips];
        Philox::new(self.seed, Purpose::Synthesise, 2 << 40 | draw as u64).fill_words(0, &mut words);
        let mut order: Vec<usize> = (0..self.clips).collect();
        for last in (1..self.clips).rev() {
            order.swap(last, ((u64::from(words[last]) * (last as u64 + 1)) >> 32) as usize);
        }
        order
    }

    /// `statistic` of all clips with its interval; draws of which it is not finite are left out.
    pub fn estimate(&self, statistic: impl Fn(&[usize]) -> f64) -> Estimate {
        let all: Vec<usize> = (0..self.clips).collect();
        let draws = (0..DRAWS).map(|draw| statistic(&self.draw(draw))).collect();
        Estimate::from_draws(statistic(&all), draws)
    }
}

impl Estimate {
    /// `value` with the percentiles of `draws`; draws that are not finite are left out.
    pub fn from_draws(value: f64, mut draws: Vec<f64>) -> Self {
        draws.retain(|draw| draw.is_finite());
        draws.sort_by(f64::total_cmp);
        let at = |share: f64| match draws.len() {
            0 => value,
            count => draws[((count - 1) as f64 * share).round() as usize],
        };
        Self { value, low: at(0.025), high: at(0.975) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_mean_is_about_four_standard_errors_wide() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(i % 20)).collect();
        let mean = |clips: &[usize]| clips.iter().map(|&clip| values[clip]).sum::<f64>() / clips.len() as f64;
        let estimate = Bootstrap::new(3, 400).estimate(mean);
        assert_eq!(estimate.value, 9.5);
        // The standard deviation is 5.766, so the standard error is 0.288.
        let width = estimate.high - estimate.low;
        assert!((width - 4.0 * 0.288).abs() < 0.1, "{width}");
        assert_eq!(estimate, Bootstrap::new(3, 400).estimate(mean));
        assert_ne!(estimate, Bootstrap::new(4, 400).estimate(mean));
    }

    #[test]
    fn a_shuffle_is_an_order_of_all_clips() {
        let mut order = Bootstrap::new(1, 50).shuffle(7);
        assert!(!order.is_sorted());
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    }
}
