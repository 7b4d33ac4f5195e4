//! The plan of a training: the schedule and the optimiser of every phase, from the options.

use engine::UpdateRule;
use error::{Code, Error, Result};

use crate::options::{PhaseStart, ScheduleKind, TrainOptions};
use crate::schedule::{Phase, Rule, Schedule};

/// The learning rate below which the schedule `plateau` ends, if the options give none.
const PLATEAU_MINIMUM: f64 = 1e-7;

/// The plan of a training.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) schedule: Schedule,
    /// The optimiser of each phase of the schedule.
    phases: Vec<PhasePlan>,
}

/// The optimiser of a phase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PhasePlan {
    pub(super) rule: UpdateRule,
    pub(super) momentum: f32,
    pub(super) weight_decay: f32,
    /// Whether the phase begins with the best weights so far, not with the last ones.
    pub(super) from_best: bool,
}

impl Plan {
    /// The plan of a training with `updates` updates in an epoch.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a warm-up that is not shorter than the first phase.
    pub(super) fn new(options: &TrainOptions, updates: usize) -> Result<Self> {
        let updates = updates as u64;
        let warmup = (options.warmup_epochs as u64 * updates).max(options.warmup_updates as u64);
        let first = options.first_epochs().map(|epochs| epochs as u64 * updates);
        if let Some(first) = first.filter(|&first| warmup >= first) {
            let message = format!(
                "warmupUpdates must be fewer than the {first} updates of the training or of its first phase ({updates} \
                 in an epoch), received {warmup}"
            );
            return Err(Error::new(Code::InvalidOption, message));
        }
        let mut plan =
            Self { schedule: Schedule { phases: Vec::new(), warmup, epochs: options.epochs }, phases: Vec::new() };
        if options.phases.is_empty() {
            plan.add(options, None, PhaseStart::Best, updates);
        }
        for phase in &options.phases {
            plan.add(&options.of_phase(phase), Some(phase.epochs), phase.start, updates);
        }
        Ok(plan)
    }

    /// Adds a phase with `options`; without `epochs` it is the whole training.
    fn add(&mut self, options: &TrainOptions, epochs: Option<usize>, start: PhaseStart, updates: u64) {
        let rate = options.learning_rates.first().copied().unwrap_or(0.0);
        let rule = match options.schedule {
            ScheduleKind::Staged => Rule::Staged {
                rates: options.learning_rates.clone(),
                decay: options.decay,
                patience: options.patience,
                most: options.stage_epochs,
            },
            ScheduleKind::Plateau => Rule::Plateau {
                rate,
                factor: options.plateau_factor,
                patience: options.patience,
                minimum: options.minimum_rate.unwrap_or(PLATEAU_MINIMUM.min(rate)),
            },
            ScheduleKind::Cosine => Rule::Cosine {
                rate,
                minimum: options.minimum_rate.unwrap_or(0.0),
                updates: options.epochs.unwrap_or(0) as u64 * updates,
                warmup: if self.phases.is_empty() { self.schedule.warmup } else { 0 },
            },
            ScheduleKind::Constant => Rule::Constant { rate },
        };
        self.schedule.phases.push(Phase { rule, epochs });
        self.phases.push(PhasePlan {
            rule: UpdateRule {
                optimiser: options.optimiser,
                largest_norm: options.max_gradient_norm.map(|norm| norm as f32),
                accumulates: options.accumulate > 1,
            },
            momentum: options.momentum as f32,
            weight_decay: options.weight_decay as f32,
            from_best: start == PhaseStart::Best,
        });
    }

    /// The phase with this index; the last one for an index behind it.
    pub(super) fn phase(&self, index: usize) -> PhasePlan {
        let usual = PhasePlan { rule: UpdateRule::default(), momentum: 0.0, weight_decay: 0.0, from_best: true };
        self.phases.get(index).or(self.phases.last()).copied().unwrap_or(usual)
    }

    /// The rule that needs the memory of all phases, to reserve it before the training.
    pub(super) fn largest_rule(&self) -> UpdateRule {
        let needs_squares = |phase: &&PhasePlan| phase.rule.optimiser.keeps_squares();
        self.phases.iter().find(needs_squares).or(self.phases.first()).map(|phase| phase.rule).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use engine::Optimiser;

    use super::*;
    use serde_json::{json, Value};

    fn options(more: Value) -> TrainOptions {
        let mut given = json!({"dataset": {"kind": "folders", "root": "x"}, "out": "y"});
        given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let options = TrainOptions::resolve(given.as_object().unwrap().clone()).unwrap();
        options.validate().unwrap();
        options
    }

    #[test]
    fn the_default_plan_is_the_paper() {
        let plan = Plan::new(&options(json!({})), 100).unwrap();
        let rates = vec![0.01, 0.002, 0.0004, 0.00008, 0.000016];
        assert_eq!(plan.schedule, Schedule::of(Rule::Staged { rates, decay: 1e-6, patience: 4, most: None }, None));
        assert_eq!(plan.phase(0).rule, UpdateRule::default());
        assert_eq!((plan.phase(0).momentum, plan.phase(0).weight_decay), (0.9, 0.0));
    }

    #[test]
    fn the_phases_of_the_benchmark_have_their_optimisers() {
        let plan = Plan::new(&options(json!({"protocol": "sota-benchmark"})), 10).unwrap();
        let rates: Vec<_> = plan.schedule.phases.iter().map(|phase| (phase.rule.clone(), phase.epochs)).collect();
        let constant = |rate, epochs| (Rule::Constant { rate }, Some(epochs));
        assert_eq!(rates, [constant(1e-4, 80), constant(1e-3, 20), constant(1e-4, 20), constant(1e-5, 80)]);
        assert_eq!(plan.phase(0).rule.optimiser, Optimiser::Adam);
        assert_eq!(plan.phase(1).rule.optimiser, Optimiser::SgdNesterov);
        assert_eq!(plan.largest_rule().optimiser, Optimiser::Adam);
        assert!(plan.phase(3).from_best);
    }

    #[test]
    fn a_cosine_covers_the_epochs_after_the_warm_up() {
        let more = json!({"schedule": "cosine", "epochs": 5, "warmupEpochs": 2, "minimumRate": 1e-5});
        let plan = Plan::new(&options(more), 10).unwrap();
        let expected = Rule::Cosine { rate: 0.01, minimum: 1e-5, updates: 50, warmup: 20 };
        assert_eq!((&plan.schedule.phases[0].rule, plan.schedule.warmup), (&expected, 20));
    }

    #[test]
    fn a_warm_up_is_shorter_than_the_training_and_its_first_phase() {
        let plan = |warmup: usize| {
            Plan::new(&options(json!({"schedule": "constant", "epochs": 2, "warmupUpdates": warmup})), 10)
        };
        assert_eq!(plan(19).unwrap().schedule.warmup, 19);
        let refused = plan(20).unwrap_err();
        assert!(refused.code == Code::InvalidOption && refused.message.contains("20 updates"), "{refused}");
        let benchmark = |warmup| options(json!({"protocol": "sota-benchmark", "warmupUpdates": warmup}));
        Plan::new(&benchmark(799), 10).unwrap();
        assert!(Plan::new(&benchmark(800), 10).unwrap_err().message.contains("800 updates"));
    }
}
