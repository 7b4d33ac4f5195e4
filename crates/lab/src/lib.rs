//! The experiments and analyses of the SampleCNN papers, classifiers on features, cross-validation, learning from a
//! music library, the demo, and the diagnosis of a machine.

pub mod analyses;
pub mod audit;
mod cross_validation;
mod demo;
mod diagnosis;
pub mod distortions;
pub mod experiment;
pub mod learn;
pub mod probe;
pub mod reproduce;
pub mod synth;

pub use cross_validation::{cross_validate, CrossValidationDone, CrossValidationEvent, FoldResult};
pub use demo::{architecture as demo_architecture, demo, DemoDone, DemoEvent, DemoOptions};
pub use diagnosis::{diagnose, DefaultModel, Diagnosis, Host};
pub use experiment::{experiment, ExperimentDone, ExperimentEvent, ExperimentOptions, Row, Work};
pub use learn::{learn, LearnDone, LearnEvent, LearnOptions};
pub use probe::{probe, probe_model, ProbeDone, ProbeEvent, ProbeOptions};
