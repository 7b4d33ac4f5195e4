//! The options of one phase of a training.

use super::TrainOptions;
use crate::options::phase::PhaseOptions;

impl TrainOptions {
    /// The options of a training of `phase` only: those of the whole training, except for what the phase sets.
    pub(crate) fn of_phase(&self, phase: &PhaseOptions) -> Self {
        Self {
            optimiser: phase.optimiser.unwrap_or(self.optimiser),
            schedule: phase.schedule.unwrap_or(self.schedule),
            learning_rates: phase.learning_rates.clone().unwrap_or_else(|| self.learning_rates.clone()),
            decay: phase.decay.unwrap_or(self.decay),
            patience: phase.patience.unwrap_or(self.patience),
            plateau_factor: phase.plateau_factor.unwrap_or(self.plateau_factor),
            minimum_rate: phase.minimum_rate.or(self.minimum_rate),
            momentum: phase.momentum.unwrap_or(self.momentum),
            weight_decay: phase.weight_decay.unwrap_or(self.weight_decay),
            epochs: Some(phase.epochs),
            phases: Vec::new(),
            ..self.clone()
        }
    }
}
