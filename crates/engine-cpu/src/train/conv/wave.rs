//! The first layer without memory: a short convolution of the waveform is cheaper to repeat than to store.
//!
//! Its batch statistics follow from the mean and the second moments of the waveform's frames; its output is made where it is
//! read; its parameters' gradients follow from the sum of the gated gradient and of that times each tap's sample.

mod frame;
mod gradient;
mod moments;
mod repeat;
mod sums;

pub(super) use gradient::WaveWeights;
pub(super) use moments::{Frames, Moments};
pub(super) use repeat::Scale;
pub(super) use sums::StoredSums;
