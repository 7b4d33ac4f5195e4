//! The inputs of operations, computed when they are read: activations from raw values, and gradients of raw values from
//! gradients of outputs.

mod gradient;
mod map;

pub(super) use map::Rows;

/// ReLU that keeps NaN, so that a diverged training run is detected.
#[inline(always)]
pub(super) fn relu(x: f32) -> f32 {
    if x < 0.0 {
        0.0
    } else {
        x
    }
}
