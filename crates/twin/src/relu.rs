//! `max(x, 0)`; the gradient at 0 is 0.

use super::Map;

/// Computes the activation of `x`.
pub fn forward(mut x: Map) -> Map {
    x.values.iter_mut().for_each(|v| *v = v.max(0.0));
    x
}

/// Computes the gradient of the input; `y` is the output of the forward pass.
pub fn backward(y: &Map, mut dy: Map) -> Map {
    dy.values.iter_mut().zip(&y.values).for_each(|(d, y)| *d = if *y > 0.0 { *d } else { 0.0 });
    dy
}
