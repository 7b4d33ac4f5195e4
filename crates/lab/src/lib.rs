//! The experiments and analyses of the SampleCNN papers, and the demo.

mod demo;
pub mod experiment;
pub mod synth;

pub use demo::{architecture as demo_architecture, demo, DemoDone, DemoEvent, DemoOptions, SynthesisProgress};
pub use experiment::{experiment, ExperimentDone, ExperimentEvent, ExperimentOptions, Row};
