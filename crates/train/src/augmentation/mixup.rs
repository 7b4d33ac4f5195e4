//! Mixup: a weighted mean of two segments and of their targets (Zhang et al. 2018; on waveforms as in PANNs).

use super::draws::Draws;

/// How a segment is mixed with another one of its batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mixup {
    /// The weight of the segment itself, from 0 to 1; that of the other one is 1 minus it.
    pub(crate) share: f32,
    /// Selects the other segment: a number in [0, 1).
    other: f32,
}

impl Mixup {
    /// Draws the share from Beta(`alpha`, `alpha`), and the other segment.
    pub(super) fn draw(alpha: f64, draws: &mut Draws) -> Self {
        let other = draws.uniform();
        Self { share: beta(alpha, draws) as f32, other }
    }

    /// The row of the other segment in a batch of `rows` segments, of which this one is at `row`. The row itself if
    /// there is no other.
    pub(crate) fn other(&self, row: usize, rows: usize) -> usize {
        // 0 ..= rows - 2 steps after the next row; the product may be rounded up to the whole number.
        let steps = (f64::from(self.other) * rows.saturating_sub(1) as f64) as usize;
        (row + 1 + steps.min(rows.saturating_sub(2))) % rows.max(1)
    }
}

/// A number from Beta(`alpha`, `alpha`), by Jöhnk's method, which is fast for small alpha.
fn beta(alpha: f64, draws: &mut Draws) -> f64 {
    // For alpha = 4, the largest one, 1 of 70 pairs is accepted; the bound makes the end of the loop certain.
    for _ in 0..1_000_000 {
        // The uniform numbers are above 0.
        let (x, y) = (1.0 - f64::from(draws.uniform()), 1.0 - f64::from(draws.uniform()));
        let (x, y) = (x.powf(1.0 / alpha), y.powf(1.0 / alpha));
        if x + y <= 1.0 && x + y > 0.0 {
            return x / (x + y);
        }
    }
    0.5
}

#[cfg(test)]
mod tests {
    use engine::{Philox, Purpose};

    use super::*;

    #[test]
    fn shares_have_the_mean_and_the_variance_of_the_distribution() {
        for alpha in [0.2, 1.0, 3.0] {
            let mut draws = Draws::new(Philox::new(5, Purpose::Augment, 0), 0);
            let shares: Vec<f64> = (0..20_000).map(|_| beta(alpha, &mut draws)).collect();
            let mean = shares.iter().sum::<f64>() / shares.len() as f64;
            let variance = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / shares.len() as f64;
            let expected = 1.0 / (4.0 * (2.0 * alpha + 1.0));
            assert!((mean - 0.5).abs() < 0.01, "{alpha}: {mean}");
            assert!((variance - expected).abs() < 0.05 * expected, "{alpha}: {variance} {expected}");
        }
    }

    #[test]
    fn the_other_segment_is_another_one_of_the_batch_and_each_is_equally_likely() {
        let mut counts = [0; 4];
        for draw in 0..3000 {
            let mixup = Mixup { share: 0.5, other: draw as f32 / 3000.0 };
            counts[mixup.other(2, 4)] += 1;
        }
        assert_eq!(counts, [1000, 1000, 0, 1000]);
        assert_eq!(Mixup { share: 0.5, other: 0.9 }.other(0, 1), 0);
        assert_eq!(Mixup { share: 0.5, other: 0.999_999_9 }.other(1, 2), 0);
    }
}
