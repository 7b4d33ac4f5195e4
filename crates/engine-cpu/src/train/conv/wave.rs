//! A first layer whose output is not stored: a short convolution of the waveform is cheaper to compute again than to
//! store.
//!
//! Its batch statistics follow from the mean and the second moments of the waveform's frames. Its output is computed
//! again by the operation that reads it. The gradients of its parameters follow from two sums: the sum of the gated
//! gradient, and the sum of the gated gradient times the sample of each tap.

mod frame;
mod gradient;
mod moments;
mod repeat;
mod sums;

pub(super) use frame::{taps, MOST_TAPS};
pub(super) use gradient::WaveWeights;
pub(super) use moments::{Frames, Moments};
pub(super) use repeat::Scale;
pub(super) use sums::{Running, StoredSums};
