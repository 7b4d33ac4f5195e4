//! What a SampleCNN network does: plans, forward, backward, optimiser and scores on CPU and GPU.
//!
//! - [`Training`] is a plan with its own tape: forward, backward and update of one batch, without allocations.
//! - [`Inference`] is the folded plan: segments in, logits out.
//! - [`ClipScorer`] is the only place that turns audio into clip scores: full batches across clips, mean over segments.
//! - [`initialise`] draws the first parameters.

mod backend;
#[cfg(test)]
extern crate self as engine;

#[cfg(feature = "candle")]
pub mod candle;
mod cpu;
#[cfg(any(test, feature = "cuda"))]
mod cuda;
mod device;
mod inference;
mod initialise;
mod mel;
mod memory;
mod options;
mod philox;
mod plan_order;
mod score;
mod segments;
mod tape;
mod timing;
mod training;
#[cfg(test)]
#[path = "../tests/twin/mod.rs"]
mod twin;
mod untrained;

pub use cpu::features::{cpu_features, CpuLevel, CPU_LEVEL_VARIABLE};
pub use cpu::pool::physical_cores;
pub use device::Device;
pub use inference::Inference;
pub use initialise::{initialise, Initialisation};
pub use mel::{Mel, MelScratch};
pub use options::{Options, Precision};
pub use philox::{Philox, Purpose};
pub use score::{ClipScore, ClipScorer, Network};
pub use segments::{Holding, Place, Segments};
pub use timing::{LaunchTime, Peaks, StepTime};
pub use training::{Gradients, Targets, Training, Update};
pub use untrained::untrained;
