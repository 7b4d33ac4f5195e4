//! The analyses of the SampleCNN papers: what a trained network has learned.
//!
//! - [`gradient`]: the gradient of one filter's activation with respect to the input.

pub mod gradient;
