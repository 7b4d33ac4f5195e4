//! The experiments and analyses of the SampleCNN papers, and the demo.

pub mod experiment;
pub mod synth;

pub use experiment::{experiment, ExperimentDone, ExperimentEvent, ExperimentOptions, Row};
