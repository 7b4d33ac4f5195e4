//! The relations between the options of a schedule.

use error::{Code, Error, Result};
use options::train;

use super::{Best, TrainOptions};
use crate::options::phase::{PhaseOptions, PhaseStart, ScheduleKind};

impl TrainOptions {
    /// Refuses options of the schedule that contradict each other.
    pub(super) fn check_schedule(&self) -> Result<()> {
        if self.phases.is_empty() {
            self.check_phase(self, None)?;
        }
        for (index, phase) in self.phases.iter().enumerate() {
            let place = format!("phase {} of the protocol {}", index + 1, self.protocol);
            let within = |failure: Error| Error { message: format!("{place}: {}", failure.message), ..failure };
            phase.check().and_then(|()| self.check_phase(&self.of_phase(phase), Some(phase))).map_err(within)?;
        }
        if let Some(epochs) = self.first_epochs().filter(|&epochs| self.warmup_epochs >= epochs) {
            return refuse(format!(
                "warmupEpochs must be fewer than the {epochs} epochs of the training or of its first phase, received \
                 {}",
                self.warmup_epochs
            ));
        }
        Ok(())
    }

    /// The number of epochs that the first phase has at most, or the training without phases.
    pub(crate) fn first_epochs(&self) -> Option<usize> {
        self.epochs.into_iter().chain(self.phases.first().map(|phase| phase.epochs)).min()
    }

    /// Whether the validation loss decides neither rates nor the end: every phase has the schedule `cosine` or
    /// `constant`.
    pub(crate) fn has_fixed_schedule(&self) -> bool {
        let is_fixed = |kind| matches!(kind, ScheduleKind::Cosine | ScheduleKind::Constant);
        match self.phases.is_empty() {
            true => is_fixed(self.schedule),
            false => self.phases.iter().all(|phase| is_fixed(phase.schedule.unwrap_or(self.schedule))),
        }
    }

    /// Whether the learning rates depend on the limit of the number of epochs.
    pub(crate) fn rates_need_epochs(&self) -> bool {
        self.phases.is_empty() && self.schedule == ScheduleKind::Cosine
    }

    /// Checks the options of one phase, or of the whole training without phases.
    fn check_phase(&self, options: &TrainOptions, phase: Option<&PhaseOptions>) -> Result<()> {
        let (kind, rates) = (options.schedule, &options.learning_rates);
        if kind != ScheduleKind::Staged && rates.len() != 1 {
            return refuse(format!(
                "learningRates must be one number with the schedule {kind}, received {rates:?}; only the schedule \
                 staged has a rate for each stage"
            ));
        }
        if matches!(kind, ScheduleKind::Cosine | ScheduleKind::Constant) && options.epochs.is_none() {
            return refuse(format!("the schedule {kind} needs epochs: give the number of epochs of the training"));
        }
        let first = rates.first().copied().unwrap_or(0.0);
        if let Some(minimum) = options
            .minimum_rate
            .filter(|&minimum| matches!(kind, ScheduleKind::Plateau | ScheduleKind::Cosine) && minimum >= first)
        {
            return refuse(format!("minimumRate must be below the learning rate {first}, received {minimum}"));
        }
        if kind == ScheduleKind::Plateau && options.minimum_rate == Some(0.0) && options.epochs.is_none() {
            return refuse(
                "the schedule plateau with minimumRate 0 never ends: give epochs, or a minimumRate above 0".to_owned(),
            );
        }
        let from_best = match phase {
            Some(phase) => phase.start == PhaseStart::Best || rates.len() > 1,
            None => rates.len() > 1,
        };
        if self.best == Best::Last && from_best {
            return refuse(
                "best must be \"last-stage\" or \"all-stages\" with stages that begin with the best weights, received \
                 \"last\""
                    .to_owned(),
            );
        }
        Ok(())
    }
}

impl PhaseOptions {
    /// Refuses numbers out of their bounds.
    fn check(&self) -> Result<()> {
        train::EPOCHS.check(self.epochs)?;
        self.learning_rates.as_deref().map_or(Ok(()), |rates| train::LEARNING_RATES.check_list(rates))?;
        train::DECAY.check(self.decay)?;
        train::PATIENCE.check(self.patience)?;
        train::MOMENTUM.check(self.momentum)?;
        train::WEIGHT_DECAY.check(self.weight_decay)?;
        train::PLATEAU_FACTOR.check(self.plateau_factor)?;
        train::MINIMUM_RATE.check(self.minimum_rate)
    }
}

fn refuse(message: String) -> Result<()> {
    Err(Error::new(Code::InvalidOption, message))
}
