//! Global pooling over time: the maximum, or the maximum plus the mean.

use net::Pooling;

use super::pool::{self, PoolTape};
use super::Map;

/// Computes the pooled output `[batch, 1, channels]`.
pub fn forward(x: &Map, pooling: Pooling) -> (Map, PoolTape) {
    let (mut y, tape) = pool::forward(x, x.length, 0);
    if pooling == Pooling::MaxMean {
        for segment in 0..x.batch {
            for position in 0..x.length {
                let row = x.row(segment, position);
                y.row_mut(segment, 0).iter_mut().zip(row).for_each(|(y, v)| *y += v / x.length as f64);
            }
        }
    }
    (y, tape)
}

/// Computes the gradient of the input from `dy`, the gradient of the output.
pub fn backward(tape: &PoolTape, pooling: Pooling, dy: &Map) -> Map {
    let mut dx = pool::backward(tape, dy);
    if pooling == Pooling::MaxMean {
        let length = dx.length as f64;
        for segment in 0..dx.batch {
            for position in 0..dx.length {
                let row = dy.row(segment, 0);
                dx.row_mut(segment, position).iter_mut().zip(row).for_each(|(d, dy)| *d += dy / length);
            }
        }
    }
    dx
}
