//! The optimisers, and how the settings of a run become the constants of one step.

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};

use crate::update::Update;

/// How gradients change the parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optimiser {
    /// Stochastic gradient descent with Nesterov momentum, as in the papers.
    #[default]
    SgdNesterov,
    /// Adam (Kingma and Ba 2015) as PyTorch defines it; weight decay is an L2 penalty in the gradient.
    Adam,
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019) as PyTorch defines it.
    #[serde(rename = "adamw")]
    AdamW,
}

impl Optimiser {
    /// Whether it keeps a mean of the squared gradients.
    pub fn keeps_squares(self) -> bool {
        self != Self::SgdNesterov
    }
}

/// The settings of a plan's updates that do not change from step to step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UpdateRule {
    /// The optimiser.
    pub optimiser: Optimiser,
    /// The largest Euclidean norm of the whole gradient: a longer gradient is scaled down to it, as by
    /// `clip_grad_norm_` of PyTorch. `None`: gradients are used as they are.
    pub largest_norm: Option<f32>,
    /// Whether one update may use the gradients of several batches.
    pub accumulates: bool,
}

impl UpdateRule {
    /// Refuses a largest norm that is not above 0 with [`Code::InvalidOption`].
    pub(crate) fn check(self) -> Result<()> {
        match self.largest_norm {
            Some(norm) if !(norm > 0.0 && norm.is_finite()) => {
                let why = format!("the largest norm of a gradient must be above 0, received {norm}");
                Err(Error::new(Code::InvalidOption, why))
            }
            _ => Ok(()),
        }
    }
}

/// Decay of Adam's mean of the gradients.
pub const BETA1: f64 = 0.9;
/// Decay of Adam's mean of the squared gradients.
pub const BETA2: f64 = 0.999;
/// Added to the root in Adam's denominator.
pub const EPSILON: f64 = 1e-8;
/// Added to the norm of a gradient before it is compared with its largest value, as in PyTorch.
pub const NORM_EPSILON: f64 = 1e-6;

/// The constants of one update, for a backend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepUpdate {
    /// What the update computes.
    pub formula: Formula,
    /// The L2 regularisation factor, which is multiplied by the weights and added to every gradient.
    pub penalty: f32,
    /// As [`UpdateRule::largest_norm`].
    pub largest_norm: Option<f32>,
}

/// The formula of an update of the weight w with the gradient g, which includes the penalty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Formula {
    /// `v = momentum v + g; w -= learning_rate (g + momentum v)`.
    Nesterov {
        /// The learning rate.
        learning_rate: f32,
        /// The momentum.
        momentum: f32,
    },
    /// `m += (1 - BETA1) (g - m); s = BETA2 s + (1 - BETA2) g g; w = shrink w - step m / (sqrt(s) / root + EPSILON)`.
    Adam {
        /// The learning rate divided by the bias correction of `m`.
        step: f32,
        /// The root of the bias correction of `s`.
        root: f32,
        /// The factor of decoupled weight decay; 1 for none.
        shrink: f32,
    },
}

impl StepUpdate {
    /// The constants of update number `number` (from 1) since the optimiser's state was zero.
    pub fn new(rule: UpdateRule, update: &Update, number: u64) -> Self {
        let Update { learning_rate, momentum, weight_decay } = *update;
        let (rate, decay) = (f64::from(learning_rate), f64::from(weight_decay));
        let adam = |shrink: f64| {
            // Far beyond the number of updates after which the corrections are 1.
            let power = i32::try_from(number).unwrap_or(i32::MAX);
            let root = (1.0 - BETA2.powi(power)).sqrt();
            Formula::Adam { step: (rate / (1.0 - BETA1.powi(power))) as f32, root: root as f32, shrink: shrink as f32 }
        };
        let (formula, penalty) = match rule.optimiser {
            Optimiser::SgdNesterov => (Formula::Nesterov { learning_rate, momentum }, weight_decay),
            Optimiser::Adam => (adam(1.0), weight_decay),
            Optimiser::AdamW => (adam(1.0 - rate * decay), 0.0),
        };
        Self { formula, penalty, largest_norm: rule.largest_norm }
    }
}

/// The share of a batch in the gradient of one update that uses several batches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// The factor of the batch's gradient: its number of segments divided by that of all batches of the update.
    pub weight: f32,
    /// Whether this is the first batch of the update.
    pub first: bool,
}

/// The complete state of an optimiser; every list is in the order of [`net::Parameters::trainable`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OptimiserState {
    /// The velocity of SGD, or Adam's mean of the gradients.
    pub velocity: Vec<f32>,
    /// Adam's mean of the squared gradients; empty for SGD.
    pub squares: Vec<f32>,
    /// The gradient of the batches of an unfinished update; empty if updates use one batch each.
    pub accumulated: Vec<f32>,
    /// The number of updates since the state was zero.
    pub updates: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPDATE: Update = Update { learning_rate: 0.1, momentum: 0.9, weight_decay: 0.5 };

    fn of(optimiser: Optimiser, number: u64) -> StepUpdate {
        StepUpdate::new(UpdateRule { optimiser, ..UpdateRule::default() }, &UPDATE, number)
    }

    #[test]
    fn the_first_update_of_adam_has_the_largest_corrections() {
        let Formula::Adam { step, root, shrink } = of(Optimiser::Adam, 1).formula else { panic!("Adam") };
        assert!((step - 1.0).abs() < 1e-6 && (root - 0.001f32.sqrt()).abs() < 1e-8, "{step} {root}");
        assert_eq!((shrink, of(Optimiser::Adam, 1).penalty), (1.0, 0.5));
        let Formula::Adam { step, root, .. } = of(Optimiser::Adam, u64::MAX).formula else { panic!("Adam") };
        assert_eq!((step, root), (0.1, 1.0));
    }

    #[test]
    fn adamw_shrinks_the_weights_instead_of_adding_a_penalty() {
        let StepUpdate { formula, penalty, .. } = of(Optimiser::AdamW, 3);
        let Formula::Adam { shrink, .. } = formula else { panic!("Adam") };
        assert_eq!((shrink, penalty), (0.95, 0.0));
    }

    #[test]
    fn a_largest_norm_is_above_zero() {
        for norm in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            let rule = UpdateRule { largest_norm: Some(norm), ..UpdateRule::default() };
            assert_eq!(rule.check().unwrap_err().code, Code::InvalidOption);
        }
        UpdateRule { largest_norm: Some(1.0), ..UpdateRule::default() }.check().unwrap();
    }
}
