//! The learning rate, and the end of a training.

use super::protocol::{Protocol, PLATEAU_FACTOR};

/// The state of the schedule: the validation losses so far decide the learning rate and the end.
#[derive(Clone, Debug)]
pub(super) struct EarlyStop {
    plateau: usize,
    patience: usize,
    epochs: usize,
    /// Number of finished epochs.
    pub(super) epoch: usize,
    /// The epoch with the lowest validation loss, from 1; 0 before the first.
    pub(super) best_epoch: usize,
    /// The lowest validation loss.
    pub(super) best_loss: f64,
    /// Epochs without a new minimum since the minimum or the last change of the rate.
    flat: usize,
    /// The learning rate of the next epoch, before decay.
    pub(super) rate: f64,
    /// The number of different rates so far.
    pub(super) stage: usize,
}

impl EarlyStop {
    pub(super) fn new(protocol: &Protocol) -> Self {
        Self {
            plateau: protocol.plateau,
            patience: protocol.patience,
            epochs: protocol.epochs,
            epoch: 0,
            best_epoch: 0,
            best_loss: f64::INFINITY,
            flat: 0,
            rate: protocol.learning_rate,
            stage: 1,
        }
    }

    /// Records the validation loss of an epoch; whether it is a new minimum.
    pub(super) fn record(&mut self, loss: f64) -> bool {
        self.epoch += 1;
        if loss < self.best_loss {
            (self.best_loss, self.best_epoch, self.flat) = (loss, self.epoch, 0);
            return true;
        }
        self.flat += 1;
        if self.plateau > 0 && self.flat >= self.plateau {
            self.flat = 0;
            self.rate *= PLATEAU_FACTOR;
            self.stage += 1;
        }
        false
    }

    /// Whether the training has ended.
    pub(super) fn is_over(&self) -> bool {
        self.epoch >= self.epochs || self.epoch - self.best_epoch >= self.patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::ProtocolName;

    #[test]
    fn the_rate_falls_after_three_flat_epochs_and_the_training_ends_after_ten() {
        let mut stop = EarlyStop::new(&Protocol::named(ProtocolName::Adam));
        assert!(stop.record(1.0) && stop.record(0.5));
        let mut rates = Vec::new();
        while !stop.is_over() {
            assert!(!stop.record(0.5));
            rates.push((stop.rate * 1e6).round());
        }
        assert_eq!(rates, [1000.0, 1000.0, 200.0, 200.0, 200.0, 40.0, 40.0, 40.0, 8.0, 8.0]);
        assert_eq!((stop.epoch, stop.best_epoch, stop.stage), (12, 2, 4));
    }

    #[test]
    fn without_a_plateau_the_rate_stays() {
        let mut stop = EarlyStop::new(&Protocol { epochs: 7, ..Protocol::named(ProtocolName::KaistFeatures) });
        for loss in [3.0, 2.0, 2.5, 2.4, 1.0, 1.5] {
            stop.record(loss);
            assert!(!stop.is_over());
        }
        stop.record(1.5);
        assert!(stop.is_over(), "the seventh epoch is the last");
        assert_eq!((stop.rate, stop.stage, stop.best_epoch), (4e-4, 1, 5));
    }
}
