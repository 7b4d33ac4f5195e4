//! The learning rate schedule (the paper, section 5.2; the published code of 2017 defines the details).

use serde::{Deserialize, Serialize};

/// The rule: a list of learning rates, each used until the validation loss stops falling. Each rate is a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Learning rate of each stage.
    pub learning_rates: Vec<f64>,
    /// Decay within a stage: the rate is divided by `1 + decay * updates since the stage began`.
    pub decay: f64,
    /// A stage ends after this many consecutive epochs without a new minimum of the validation loss.
    pub patience: usize,
    /// Largest total number of epochs of all stages; `None`: no limit.
    pub epochs: Option<usize>,
}

/// The state of a training in its schedule: everything that a checkpoint stores of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SchedulePosition {
    /// Current stage, from 0.
    pub stage: usize,
    /// Updates since the stage began.
    pub updates: u64,
    /// Number of finished epochs, over all stages.
    pub epochs: usize,
    /// Lowest validation loss of the current stage.
    pub best: Option<f64>,
    /// Lowest validation loss of all stages.
    pub best_of_all: Option<f64>,
    /// Consecutive epochs of the current stage without a new minimum.
    pub waited: usize,
    /// Whether the last stage has ended.
    pub over: bool,
}

/// The outcome of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The validation loss is the lowest of its stage.
    pub best_of_stage: bool,
    /// The validation loss is the lowest of all epochs.
    pub best_of_all: bool,
    /// A new stage begins, with the best weights and zero velocity.
    pub next_stage: bool,
}

impl Schedule {
    /// Learning rate of the next update.
    pub fn learning_rate(&self, progress: &SchedulePosition) -> f64 {
        let stage = self.learning_rates.get(progress.stage).copied().unwrap_or(0.0);
        stage / (1.0 + self.decay * progress.updates as f64)
    }

    /// Ends an epoch with its validation loss and updates `progress`. A loss that is not a number is never a minimum.
    pub fn end_epoch(&self, progress: &mut SchedulePosition, loss: f64) -> Verdict {
        let lower = |best: Option<f64>| loss.is_finite() && best.is_none_or(|best| loss < best);
        let (best_of_stage, best_of_all) = (lower(progress.best), lower(progress.best_of_all));
        progress.epochs += 1;
        if best_of_stage {
            progress.best = Some(loss);
            progress.waited = 0;
        } else {
            progress.waited += 1;
        }
        if best_of_all {
            progress.best_of_all = Some(loss);
        }
        let stage_over = progress.waited >= self.patience;
        let last_stage = progress.stage + 1 >= self.learning_rates.len();
        progress.over = stage_over && last_stage;
        // This also applies if the epoch limit ends the training here: a resumed run with a higher limit then continues
        // as if the limit had been higher from the start.
        let next_stage = stage_over && !last_stage;
        if next_stage {
            progress.stage += 1;
            progress.updates = 0;
            progress.best = None;
            progress.waited = 0;
        }
        Verdict { best_of_stage, best_of_all, next_stage }
    }

    /// Whether no epoch is left: the last stage has ended, or the epoch limit is reached.
    pub fn is_finished(&self, progress: &SchedulePosition) -> bool {
        progress.over || self.epochs.is_some_and(|cap| progress.epochs >= cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper() -> Schedule {
        Schedule {
            learning_rates: vec![0.01, 0.002, 0.0004, 0.00008, 0.000016],
            decay: 1e-6,
            patience: 4,
            epochs: None,
        }
    }

    /// Runs losses through the schedule; returns the stage in which each epoch was trained, and the final state.
    fn stages(schedule: &Schedule, losses: &[f64]) -> (Vec<usize>, SchedulePosition) {
        let mut progress = SchedulePosition::default();
        let mut stages = Vec::new();
        for &loss in losses {
            if schedule.is_finished(&progress) {
                break;
            }
            stages.push(progress.stage);
            schedule.end_epoch(&mut progress, loss);
        }
        (stages, progress)
    }

    #[test]
    fn a_stage_ends_at_the_fourth_epoch_in_a_row_without_a_new_minimum() {
        // Minimum at the second epoch, then three worse, one better, four worse: the ninth is the last of the stage.
        let losses = [0.5, 0.4, 0.41, 0.42, 0.4, 0.39, 0.5, 0.5, 0.5, 0.39, 0.1];
        let (stages, progress) = stages(&paper(), &losses);
        assert_eq!(stages, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!((progress.best, progress.waited), (Some(0.1), 0));
    }

    #[test]
    fn every_stage_counts_afresh_and_hands_on_its_own_best() {
        let schedule = paper();
        let mut progress = SchedulePosition { updates: 900, ..SchedulePosition::default() };
        for loss in [0.3, 0.4, 0.4, 0.4] {
            assert!(!schedule.end_epoch(&mut progress, loss).next_stage);
        }
        let verdict = schedule.end_epoch(&mut progress, 0.4);
        assert!(verdict.next_stage && !schedule.is_finished(&progress));
        assert_eq!((progress.stage, progress.updates, progress.best, progress.waited), (1, 0, None, 0));
        // Worse than the best of the first stage, but the best of the second.
        let verdict = schedule.end_epoch(&mut progress, 0.35);
        assert!(verdict.best_of_stage && !verdict.best_of_all);
    }

    #[test]
    fn five_stages_of_losses_that_only_rise_take_twenty_five_epochs() {
        let losses: Vec<f64> = (0..100).map(|i| 1.0 + f64::from(i)).collect();
        let (stages, progress) = stages(&paper(), &losses);
        assert_eq!(stages.len(), 25);
        assert_eq!(stages.iter().filter(|&&s| s == 4).count(), 5);
        assert!(progress.over);
    }

    #[test]
    fn the_cap_counts_epochs_of_all_stages() {
        let schedule = Schedule { epochs: Some(7), ..paper() };
        let (stages, progress) = stages(&schedule, &[1.0; 50]);
        assert_eq!(stages, [0, 0, 0, 0, 0, 1, 1]);
        assert!(!progress.over && schedule.is_finished(&progress));
    }

    #[test]
    fn a_cap_at_the_end_of_a_stage_still_moves_on() {
        let schedule = Schedule { epochs: Some(5), ..paper() };
        let mut progress = SchedulePosition::default();
        let last = [1.0; 5].map(|loss| schedule.end_epoch(&mut progress, loss))[4];
        assert!(last.next_stage && schedule.is_finished(&progress) && !paper().is_finished(&progress));
        assert_eq!(progress.stage, 1);
    }

    #[test]
    fn the_inner_decay_counts_updates_of_the_stage() {
        let mut progress = SchedulePosition::default();
        assert_eq!(paper().learning_rate(&progress), 0.01);
        progress.updates = 1_000_000;
        assert_eq!(paper().learning_rate(&progress), 0.005);
        progress.stage = 4;
        progress.updates = 0;
        assert_eq!(paper().learning_rate(&progress), 0.000016);
    }

    #[test]
    fn a_loss_that_is_not_a_number_is_no_minimum() {
        let mut progress = SchedulePosition::default();
        assert!(!paper().end_epoch(&mut progress, f64::NAN).best_of_stage);
        assert_eq!((progress.best, progress.waited), (None, 1));
    }
}
