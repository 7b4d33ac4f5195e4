//! The defaults that are not those of their types.

use net::ArchitectureOption;

use crate::dataset::Part;

pub(super) fn default_architecture() -> ArchitectureOption {
    ArchitectureOption::Preset("3^9".to_owned())
}

pub(super) fn default_batch_size() -> usize {
    23
}

pub(super) fn default_learning_rates() -> Vec<f64> {
    vec![0.01, 0.002, 0.0004, 0.000_08, 0.000_016]
}

pub(super) fn default_decay() -> f64 {
    1e-6
}

pub(super) fn default_momentum() -> f64 {
    0.9
}

pub(super) fn default_patience() -> usize {
    4
}

pub(super) fn default_device() -> String {
    "auto".to_owned()
}

pub(super) fn default_checkpoint_seconds() -> f64 {
    120.0
}

#[allow(clippy::unnecessary_wraps)] // The field is an option: all parts are a choice.
pub(super) fn default_part() -> Option<Part> {
    Some(Part::Test)
}
