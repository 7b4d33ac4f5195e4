//! The kinds of schedules, and the phases of a protocol.

use std::fmt;

use engine::Optimiser;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How the learning rate changes ([`crate::schedule::Rule`] has the formulas).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScheduleKind {
    /// Several rates, each used until the validation loss stops falling; every stage begins with the best weights.
    #[default]
    Staged,
    /// The rate is reduced when the validation loss stops falling; the weights go on.
    Plateau,
    /// The rate falls along half a cosine wave over the epochs.
    Cosine,
    /// One rate for all epochs.
    Constant,
}

impl fmt::Display for ScheduleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Staged => "staged",
            Self::Plateau => "plateau",
            Self::Cosine => "cosine",
            Self::Constant => "constant",
        })
    }
}

/// The weights with which a phase begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhaseStart {
    /// The best weights so far, which `best` defines.
    #[default]
    Best,
    /// The weights at the end of the phase before.
    Last,
}

/// A phase of a training: its number of epochs, and the options that differ from those of the whole training. Every
/// phase begins with a new state of the optimiser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PhaseOptions {
    /// Number of epochs of the phase.
    pub epochs: usize,
    /// The weights with which it begins. The first phase begins with those of the training. Default: the best.
    #[serde(default)]
    pub start: PhaseStart,
    /// As [`crate::TrainOptions::optimiser`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimiser: Option<Optimiser>,
    /// As [`crate::TrainOptions::schedule`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleKind>,
    /// As [`crate::TrainOptions::learning_rates`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning_rates: Option<Vec<f64>>,
    /// As [`crate::TrainOptions::decay`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decay: Option<f64>,
    /// As [`crate::TrainOptions::patience`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    /// As [`crate::TrainOptions::plateau_factor`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plateau_factor: Option<f64>,
    /// As [`crate::TrainOptions::minimum_rate`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_rate: Option<f64>,
    /// As [`crate::TrainOptions::momentum`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub momentum: Option<f64>,
    /// As [`crate::TrainOptions::weight_decay`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
}

impl PhaseOptions {
    /// Removes from `phases`, a list of phases as JSON, the options that were given for the whole training, except for
    /// the number of epochs.
    pub(super) fn give_way(phases: &mut Value, given: &Map<String, Value>) {
        for phase in phases.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            phase.retain(|name, _| name == "epochs" || !given.contains_key(name));
        }
    }
}
