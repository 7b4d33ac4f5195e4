//! Max pool with stride = window. `padding` positions of minus infinity are added on both sides; the first maximum of a
//! window receives the gradient.

use super::Map;

/// The source of every output value.
pub struct PoolTape {
    shape: [usize; 3],
    /// The index of each output's maximum in the values of the input.
    source: Vec<usize>,
}

/// Computes the maximum of every window of `x`, and the values that [`backward`] needs. The `padding` on either side is
/// never the maximum.
pub fn forward(x: &Map, window: usize, padding: usize) -> (Map, PoolTape) {
    let length = (x.length + 2 * padding - window) / window + 1;
    let mut y = Map::zeros(x.batch, length, x.channels);
    let mut source = vec![0; y.values.len()];
    for segment in 0..x.batch {
        for position in 0..length {
            let first = (position * window).saturating_sub(padding);
            let end = (position * window + window - padding).min(x.length);
            for channel in 0..x.channels {
                let mut best = x.at(segment, first) + channel;
                for other in first + 1..end {
                    let at = x.at(segment, other) + channel;
                    if x.values[at] > x.values[best] {
                        best = at;
                    }
                }
                let to = y.at(segment, position) + channel;
                y.values[to] = x.values[best];
                source[to] = best;
            }
        }
    }
    (y, PoolTape { shape: [x.batch, x.length, x.channels], source })
}

/// Computes the gradient of the input from `dy`, the gradient of the output.
pub fn backward(tape: &PoolTape, dy: &Map) -> Map {
    let mut dx = Map::zeros(tape.shape[0], tape.shape[1], tape.shape[2]);
    tape.source.iter().zip(&dy.values).for_each(|(&at, d)| dx.values[at] += d);
    dx
}

impl PoolTape {
    /// The number of channels of the pooled map.
    pub fn channels(&self) -> usize {
        self.shape[2]
    }
}
