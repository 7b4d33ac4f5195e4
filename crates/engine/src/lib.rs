//! The computations of a SampleCNN network: training, inference and clip scores on CPU and GPU.
//!
//! - [`Training`] is a plan with its own tape: forward pass, backward pass and update of one batch, without
//!   allocations.
//! - [`Inference`] is the plan with folded norms: it takes segments and returns logits.
//! - [`ClipScorer`] is the only code that computes clip scores from audio: full batches across clips, mean over
//!   segments.
//! - [`initialise`] draws the initial parameters.
//!
//! Plans and tape are in `engine-core`, the backends in `engine-cpu` and `engine-cuda`; [`Options`] select the backend.

mod backends;
#[cfg(feature = "candle")]
pub mod candle;
mod device;
mod embedding;
mod options;
mod reduced;
mod score;
mod untrained;

pub use device::Device;
pub use embedding::Embedding;
pub use engine_core::pool::physical_cores;
pub use engine_core::{
    initialise, FineTuning, Freeze, FrozenNorms, Gradients, HeldSegment, Holding, Inference, Initialisation,
    LaunchTime, LossTerms, Mel, MelScratch, Normaliser, Optimiser, OptimiserState, Peaks, Philox, Precision, Purpose,
    Reduction, Segments, Share, StepTime, Tap, Targets, Training, Update, UpdateRule,
};
pub use engine_cpu::{cpu_features, instructions, CpuLevel, CPU_LEVEL_VARIABLE};
pub use options::Options;
pub use score::{segment_scores, ClipScore, ClipScorer, Network};
pub use untrained::untrained;
