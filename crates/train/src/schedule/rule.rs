//! The rules of learning rates.

use std::f64::consts::PI;

use super::SchedulePosition;

/// How the learning rate of a phase changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// A list of learning rates, each used until the validation loss stops falling. Each rate is a stage.
    Staged {
        /// Learning rate of each stage.
        rates: Vec<f64>,
        /// Decay within a stage: the rate is divided by `1 + decay * updates since the stage began`.
        decay: f64,
        /// A stage ends after this many consecutive epochs without a new minimum of the validation loss.
        patience: usize,
        /// A stage ends after this many epochs at the latest; `None`: no limit.
        most: Option<usize>,
    },
    /// The rate is multiplied by a factor when the validation loss stops falling. Weights and optimiser go on.
    Plateau {
        /// First learning rate.
        rate: f64,
        /// The factor, below 1.
        factor: f64,
        /// The rate is reduced after this many consecutive epochs without a new minimum of the validation loss, counted
        /// from the last reduction.
        patience: usize,
        /// The phase ends when the rate would fall below this one.
        minimum: f64,
    },
    /// The rate falls along half a cosine wave over a fixed number of updates (Loshchilov and Hutter 2017, without
    /// restarts), changing with every update.
    Cosine {
        /// First learning rate.
        rate: f64,
        /// The rate that the last update approaches.
        minimum: f64,
        /// Number of updates of the phase.
        updates: u64,
        /// Number of updates at its start that belong to the warm-up; the cosine begins after them.
        warmup: u64,
    },
    /// One rate.
    Constant {
        /// The learning rate.
        rate: f64,
    },
}

impl Rule {
    /// Learning rate of the update at `position`.
    pub(super) fn rate(&self, position: &SchedulePosition) -> f64 {
        let rate = self.rate_without_decay(position);
        match self {
            Self::Staged { decay, .. } => rate / (1.0 + decay * position.updates as f64),
            _ => rate,
        }
    }

    /// The same without the decay within a stage.
    pub(super) fn rate_without_decay(&self, position: &SchedulePosition) -> f64 {
        match *self {
            Self::Staged { ref rates, .. } => {
                rates.get(position.stage - position.first_stage.min(position.stage)).copied().unwrap_or(0.0)
            }
            Self::Plateau { rate, factor, .. } => reduced(rate, factor, position.reductions),
            Self::Cosine { rate, minimum, updates, warmup } => {
                let whole = updates.saturating_sub(warmup).max(1) as f64;
                let share = (position.updates.saturating_sub(warmup) as f64 / whole).min(1.0);
                minimum + (rate - minimum) * 0.5 * (1.0 + (PI * share).cos())
            }
            Self::Constant { rate } => rate,
        }
    }

    /// What the end of an epoch changes: whether the stage is over, and whether the phase is. A reduction of the rate
    /// is counted in `position`.
    pub(super) fn end_epoch(&self, position: &mut SchedulePosition) -> (bool, bool) {
        match *self {
            Self::Staged { ref rates, patience, most, .. } => {
                let stage_over = position.waited >= patience || most.is_some_and(|most| position.stage_epochs >= most);
                let last_stage = position.stage + 1 >= position.first_stage + rates.len();
                (stage_over, stage_over && last_stage)
            }
            Self::Plateau { rate, factor, patience, minimum } if position.waited >= patience => {
                position.reductions += 1;
                position.waited = 0;
                (false, reduced(rate, factor, position.reductions) < minimum)
            }
            Self::Plateau { .. } | Self::Cosine { .. } | Self::Constant { .. } => (false, false),
        }
    }
}

/// `rate` after `reductions` reductions.
fn reduced(rate: f64, factor: f64, reductions: u32) -> f64 {
    rate * factor.powi(i32::try_from(reductions).unwrap_or(i32::MAX))
}
