//! Queued steps whose losses are not known yet.

use std::time::Instant;

use crate::run::State;

/// Queued steps whose losses are not known yet.
#[derive(Default)]
pub(super) struct Queued {
    /// The number of the batch and its number of segments.
    pub(super) batches: Vec<(usize, u64)>,
    begun: Option<Instant>,
}

impl Queued {
    /// Adds a batch that is about to be queued.
    pub(super) fn add(&mut self, index: usize, segments: usize) {
        self.begun.get_or_insert_with(Instant::now);
        self.batches.push((index, segments as u64));
    }

    /// Adds the losses in order; the time is divided equally among the steps. `Err` is the number of the first batch
    /// whose loss is not a number.
    pub(super) fn settle(&mut self, losses: &[f64], state: &mut State, steps: &mut Vec<f64>) -> Result<(), usize> {
        let seconds = self.begun.take().map_or(0.0, |begun| begun.elapsed().as_secs_f64());
        steps.extend(self.batches.iter().map(|_| seconds / self.batches.len() as f64));
        for ((index, segments), loss) in self.batches.drain(..).zip(losses) {
            if !loss.is_finite() {
                return Err(index);
            }
            state.loss_sum += loss * segments as f64;
            state.segments += segments;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queued_losses_are_added_up_in_their_order_until_one_is_no_number() {
        let (mut state, mut steps, mut queued) = (State::default(), Vec::new(), Queued::default());
        for (index, segments) in [(4, 16), (5, 16), (6, 3)] {
            queued.add(index, segments);
        }
        queued.settle(&[0.1, 0.2, 0.3], &mut state, &mut steps).unwrap();
        let (mut sum, mut one_by_one) = (0.0, (State::default(), Queued::default()));
        for (index, (loss, segments)) in [(0.1, 16.0), (0.2, 16.0), (0.3, 3.0)].into_iter().enumerate() {
            sum += loss * segments;
            one_by_one.1.add(index, segments as usize);
            one_by_one.1.settle(&[loss], &mut one_by_one.0, &mut Vec::new()).unwrap();
        }
        assert_eq!((state.loss_sum.to_bits(), state.segments, steps.len()), (f64::to_bits(sum), 35, 3));
        assert_eq!(state.loss_sum.to_bits(), one_by_one.0.loss_sum.to_bits());
        for index in 7..10 {
            queued.add(index, 1);
        }
        assert_eq!(queued.settle(&[0.5, f64::NAN, f64::NAN], &mut state, &mut steps), Err(8));
    }
}
