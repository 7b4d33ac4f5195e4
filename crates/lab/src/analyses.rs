//! The analyses of the SampleCNN papers: what a trained network has learned.
//!
//! - [`gradient`]: the gradient of one filter's activation with respect to the input.
//! - [`filters`]: the signals that excite each filter most (Figures 2 to 4 of the paper).

pub mod filters;
pub mod gradient;
