//! The device-independent part of the engine: the tape that every backend runs, and the plans that drive a backend.
//!
//! - [`tape::Tape`] is a network as a fixed list of operations.
//! - [`backend`] defines the traits of a backend; `engine-cpu` and `engine-cuda` implement them.
//! - [`Training`] and [`Inference`] are the plans of a network on any backend.
//! - [`Normaliser`] is the normalisation of the waveform, which the plans compute for every backend.
//! - [`initialise`], [`Philox`], [`Mel`], [`pool`], [`memory`] and [`plan_order`] are shared by the backends.
//!
//! Programs use the crate `engine`, which selects the backend for a device.

pub mod backend;
mod fine_tuning;
mod inference;
mod initialise;
mod loss_terms;
mod mel;
pub mod memory;
mod normaliser;
mod optimiser;
mod philox;
pub mod plan_order;
pub mod pool;
mod precision;
mod segments;
mod tap;
pub mod tape;
mod targets;
mod timing;
mod training;
mod update;

pub use fine_tuning::{FineTuning, Freeze, FrozenNorms, Rate};
pub use inference::Inference;
pub use initialise::{initialise, Initialisation};
pub use loss_terms::LossTerms;
pub use mel::{Mel, MelScratch};
pub use normaliser::Normaliser;
pub use optimiser::{
    Formula, Optimiser, OptimiserState, Share, StepUpdate, UpdateRule, BETA1, BETA2, EPSILON, NORM_EPSILON,
};
pub use philox::{Philox, Purpose};
pub use precision::Precision;
pub use segments::{sample_value, HeldSegment, Holding, Segments};
pub use tap::{Reduction, Tap};
pub use targets::Targets;
pub use timing::{LaunchTime, Peaks, StepTime};
pub use training::{Gradients, Training};
pub use update::Update;
