//! The options of training, preparing and evaluating, with their one statement of the defaults.

mod defaults;
mod evaluate;
mod prepare;
mod segments;
mod train;

use error::{Code, Error};

pub use evaluate::EvaluateOptions;
pub use prepare::PrepareOptions;
pub use segments::SegmentChoice;
pub use train::{Best, TrainOptions};

/// A refusal of an option's value.
pub(crate) fn invalid(name: &str, received: impl std::fmt::Display, expected: &str) -> Error {
    Error::new(Code::InvalidOption, format!("{name} must be {expected}, received {received}"))
}
