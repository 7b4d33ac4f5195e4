//! The updates of an epoch when one update uses several batches.

use engine::Share;

use crate::sampler::EpochOrder;

/// Groups the batches of an epoch into updates. The last group of an epoch may be short.
pub(super) struct Shares<'a> {
    /// Number of batches in an update.
    pub(super) size: usize,
    pub(super) order: &'a EpochOrder,
}

impl Shares<'_> {
    /// Whether an update follows this batch.
    pub(super) fn ends_update(&self, batch: usize) -> bool {
        (batch + 1).is_multiple_of(self.size) || batch + 1 == self.order.batches()
    }

    /// The share of a batch in its update: its segments divided by those of all batches of the update. `None` if every
    /// update uses one batch.
    pub(super) fn share(&self, batch: usize) -> Option<Share> {
        if self.size == 1 {
            return None;
        }
        let first = batch - batch % self.size;
        let group = first..(first + self.size).min(self.order.batches());
        let all: usize = group.map(|batch| self.order.batch(batch).len()).sum();
        let weight = self.order.batch(batch).len() as f64 / all as f64;
        Some(Share { weight: weight as f32, first: batch == first })
    }
}

/// Number of updates of an epoch of `batches` batches.
pub(super) fn updates(batches: usize, size: usize) -> usize {
    batches.div_ceil(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_batches_of_an_update_share_it_by_their_segments() {
        // 7 batches: 6 of 4 segments and one of 2, in updates of 3, 3 and 1 batches.
        let order = EpochOrder::new(1, 0, 26, 4);
        let shares = Shares { size: 3, order: &order };
        let found: Vec<_> = (0..7).map(|batch| (shares.share(batch).unwrap(), shares.ends_update(batch))).collect();
        let third = 1.0 / 3.0;
        let weights: Vec<f32> = found.iter().map(|(share, _)| share.weight).collect();
        assert_eq!(weights, [third, third, third, third, third, third, 1.0]);
        let ends: Vec<bool> = found.iter().map(|(_, ends)| *ends).collect();
        assert_eq!(ends, [false, false, true, false, false, true, true]);
        assert!(found.iter().enumerate().all(|(batch, (share, _))| share.first == (batch % 3 == 0)));
        assert_eq!(updates(order.batches(), 3), 3);
        // 5 batches in updates of 2: the last update has one batch of 2 and one of 4 segments before it.
        let order = EpochOrder::new(1, 0, 14, 4);
        let shares = Shares { size: 2, order: &order };
        assert_eq!([2, 3].map(|batch| shares.share(batch).unwrap().weight), [4.0 / 6.0, 2.0 / 6.0]);
    }

    #[test]
    fn one_batch_is_a_whole_update() {
        let order = EpochOrder::new(1, 0, 10, 4);
        let shares = Shares { size: 1, order: &order };
        assert!((0..3).all(|batch| shares.share(batch).is_none() && shares.ends_update(batch)));
    }
}
