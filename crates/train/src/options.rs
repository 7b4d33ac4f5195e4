//! The options of training, preparing and evaluating. Names, bounds and defaults are those of the crate `options`.

mod evaluate;
mod prepare;
mod train;

pub use evaluate::{EvaluateOptions, PartChoice};
pub use prepare::PrepareOptions;
pub use train::{Best, TrainOptions};
