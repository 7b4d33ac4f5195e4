//! What an operation reads, made when it is read: activations from raw values, gradients of raw values from those of outputs.

mod gradient;
mod map;

/// ReLU; NaN stays NaN, so that a diverged training is seen.
#[inline(always)]
pub(super) fn relu(x: f32) -> f32 {
    if x < 0.0 {
        0.0
    } else {
        x
    }
}
