//! What a SampleCNN network does: training, inference and scores on CPU and GPU.
//!
//! - [`Training`] is a plan with its own tape: forward, backward and update of one batch, without allocations.
//! - [`Inference`] is the folded plan: segments in, logits out.
//! - [`ClipScorer`] is the only place that turns audio into clip scores: full batches across clips, mean over segments.
//! - [`initialise`] draws the first parameters.
//!
//! Plans and tape are in `engine-core`, what runs them in `engine-cpu` and `engine-cuda`; [`Options`] choose between these.

mod backends;
#[cfg(feature = "candle")]
pub mod candle;
mod device;
mod options;
mod score;
mod untrained;

pub use device::Device;
pub use engine_core::pool::physical_cores;
pub use engine_core::{
    initialise, Gradients, Holding, Inference, Initialisation, LaunchTime, Mel, MelScratch, Peaks, Philox, Place,
    Precision, Purpose, Segments, StepTime, Targets, Training, Update,
};
pub use engine_cpu::{cpu_features, instructions, CpuLevel, CPU_LEVEL_VARIABLE};
pub use options::Options;
pub use score::{ClipScore, ClipScorer, Network};
pub use untrained::untrained;
