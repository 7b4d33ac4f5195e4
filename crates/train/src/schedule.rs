//! The learning rate schedule: the rate of every update, and when stages, phases and the training end. The default is
//! that of the paper (section 5.2; the published code of 2017 defines the details).

mod rule;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use rule::Rule;

/// Phases that follow one another, each with a rule of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// The phases, in order; at least one.
    pub phases: Vec<Phase>,
    /// Number of updates at the start of the training during which the learning rate rises linearly to that of the
    /// rule; 0: none.
    pub warmup: u64,
    /// Largest total number of epochs of all phases; `None`: no limit.
    pub epochs: Option<usize>,
}

/// A part of a training with one rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// The rule.
    pub rule: Rule,
    /// Number of epochs after which the phase ends, if its rule does not end it before; `None`: only the rule ends it.
    pub epochs: Option<usize>,
}

/// The state of a training in its schedule: everything that a checkpoint stores of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SchedulePosition {
    /// Current stage, from 0, counted over all phases.
    pub stage: usize,
    /// Updates since the stage began.
    pub updates: u64,
    /// Number of finished epochs, over all stages.
    pub epochs: usize,
    /// Lowest validation loss of the current stage.
    pub best: Option<f64>,
    /// Lowest validation loss of all stages.
    pub best_of_all: Option<f64>,
    /// Consecutive epochs without a new minimum since the stage began or the learning rate was reduced.
    pub waited: usize,
    /// Whether the last stage has ended.
    pub over: bool,
    /// Number of finished epochs of the current stage. Runs of older versions, which had no limit of it, count from
    /// their resumption.
    #[serde(default)]
    pub stage_epochs: usize,
    /// Current phase, from 0.
    #[serde(default)]
    pub phase: usize,
    /// The stage with which the phase began.
    #[serde(default)]
    pub first_stage: usize,
    /// Number of finished epochs when the phase began.
    #[serde(default)]
    pub epochs_before_phase: usize,
    /// How often the learning rate was reduced in this stage, by [`Rule::Plateau`].
    #[serde(default)]
    pub reductions: u32,
    /// Updates since the training began. Runs of older versions, which had no warm-up, count from their resumption.
    #[serde(default)]
    pub all_updates: u64,
}

/// The outcome of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The validation loss is the lowest of its stage.
    pub best_of_stage: bool,
    /// The validation loss is the lowest of all epochs.
    pub best_of_all: bool,
    /// A new stage begins, with a new optimiser state and, unless its phase says otherwise, with the best weights.
    pub next_stage: bool,
    /// The new stage begins a new phase.
    pub next_phase: bool,
}

impl Schedule {
    /// A schedule of one phase without warm-up.
    pub fn of(rule: Rule, epochs: Option<usize>) -> Self {
        Self { phases: vec![Phase { rule, epochs: None }], warmup: 0, epochs }
    }

    /// The phase of `position`; the last one for a position behind it.
    fn phase(&self, position: &SchedulePosition) -> Option<&Phase> {
        self.phases.get(position.phase).or(self.phases.last())
    }

    /// Learning rate of the next update.
    pub fn learning_rate(&self, position: &SchedulePosition) -> f64 {
        self.warmed(position.all_updates, self.phase(position).map_or(0.0, |phase| phase.rule.rate(position)))
    }

    /// Learning rate of the last update before `position`, without the decay within a stage.
    pub fn epoch_rate(&self, position: &SchedulePosition) -> f64 {
        let before = |updates: u64| updates.saturating_sub(1);
        let last = SchedulePosition {
            updates: before(position.updates),
            all_updates: before(position.all_updates),
            ..position.clone()
        };
        self.warmed(last.all_updates, self.phase(&last).map_or(0.0, |phase| phase.rule.rate_without_decay(&last)))
    }

    fn warmed(&self, updates: u64, rate: f64) -> f64 {
        if updates < self.warmup {
            rate * (updates + 1) as f64 / self.warmup as f64
        } else {
            rate
        }
    }

    /// Counts an update.
    pub fn count_update(position: &mut SchedulePosition) {
        position.updates += 1;
        position.all_updates += 1;
    }

    /// Ends an epoch with its validation loss and updates `position`. A loss that is not a number is never a minimum.
    pub fn end_epoch(&self, position: &mut SchedulePosition, loss: f64) -> Verdict {
        let lower = |best: Option<f64>| loss.is_finite() && best.is_none_or(|best| loss < best);
        let (best_of_stage, best_of_all) = (lower(position.best), lower(position.best_of_all));
        position.epochs += 1;
        position.stage_epochs += 1;
        if best_of_stage {
            position.best = Some(loss);
            position.waited = 0;
        } else {
            position.waited += 1;
        }
        if best_of_all {
            position.best_of_all = Some(loss);
        }
        let phase = self.phase(position);
        let (stage_over, rule_over) = phase.map_or((false, true), |phase| phase.rule.end_epoch(position));
        let trained = position.epochs - position.epochs_before_phase;
        let phase_over = rule_over || phase.and_then(|phase| phase.epochs).is_some_and(|epochs| trained >= epochs);
        let next_phase = phase_over && position.phase + 1 < self.phases.len();
        position.over = phase_over && !next_phase;
        // This also applies if the epoch limit ends the training here: a resumed run with a higher limit then continues
        // as if the limit had been higher from the start.
        let next_stage = next_phase || (stage_over && !phase_over);
        if next_stage {
            position.stage += 1;
            position.updates = 0;
            position.stage_epochs = 0;
            position.best = None;
            position.waited = 0;
            position.reductions = 0;
        }
        if next_phase {
            position.phase += 1;
            position.first_stage = position.stage;
            position.epochs_before_phase = position.epochs;
        }
        Verdict { best_of_stage, best_of_all, next_stage, next_phase }
    }

    /// Whether no epoch is left: the last stage has ended, or the epoch limit is reached.
    pub fn is_finished(&self, position: &SchedulePosition) -> bool {
        position.over || self.epochs.is_some_and(|cap| position.epochs >= cap)
    }
}
