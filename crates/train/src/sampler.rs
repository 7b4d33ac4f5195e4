//! The order in which an epoch visits the training segments.

use std::ops::Range;

use engine::Purpose;

use crate::permutation::permutation;

/// One epoch: an order of all segments, cut into batches. The last batch may be short and is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochOrder {
    order: Vec<u32>,
    batch: usize,
}

impl EpochOrder {
    /// The order of epoch `epoch` (from 0) over `segments` segments in batches of `batch`, drawn from `seed`.
    pub fn new(seed: u64, epoch: u64, segments: usize, batch: usize) -> Self {
        Self { order: permutation(seed, Purpose::Shuffle, epoch, segments), batch: batch.max(1) }
    }

    /// The order of the numbers, for work that does not train.
    pub(crate) fn in_order(segments: usize, batch: usize) -> Self {
        Self { order: (0..segments as u32).collect(), batch: batch.max(1) }
    }

    /// Number of batches, including a short last one.
    pub fn batches(&self) -> usize {
        self.order.len().div_ceil(self.batch)
    }

    /// Indices of the segments of batch `index`.
    pub fn batch(&self, index: usize) -> &[u32] {
        &self.order[self.range(index)]
    }

    fn range(&self, index: usize) -> Range<usize> {
        let end = self.order.len();
        (index * self.batch).min(end)..((index + 1) * self.batch).min(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_visits_every_segment_once_and_keeps_the_short_batch() {
        let epoch = EpochOrder::new(3, 0, 50, 23);
        assert_eq!(epoch.batches(), 3);
        assert_eq!((0..3).map(|b| epoch.batch(b).len()).collect::<Vec<_>>(), [23, 23, 4]);
        let mut seen: Vec<u32> = (0..3).flat_map(|b| epoch.batch(b).to_vec()).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..50).collect::<Vec<u32>>());
        assert!(epoch.batch(3).is_empty());
    }

    #[test]
    fn epochs_differ_and_repeat_by_seed() {
        assert_eq!(EpochOrder::new(3, 4, 50, 23), EpochOrder::new(3, 4, 50, 23));
        assert_ne!(EpochOrder::new(3, 4, 50, 23), EpochOrder::new(3, 5, 50, 23));
    }
}
