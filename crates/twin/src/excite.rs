//! Squeeze and excitation: `e = sigmoid(W2 relu(W1 mean over time of x + b1) + b2)`, `y = x e` for every segment and
//! channel.

use std::rc::Rc;

use super::conv::ConvGradient;
use super::{dense, relu, Map};

/// The weights and biases of the two dense layers.
#[derive(Clone, Copy)]
pub struct Excite<'a> {
    /// W1, `[hidden, channels]`.
    pub fc1_weight: &'a [f64],
    /// b1, `[hidden]`.
    pub fc1_bias: &'a [f64],
    /// W2, `[channels, hidden]`.
    pub fc2_weight: &'a [f64],
    /// b2, `[channels]`.
    pub fc2_bias: &'a [f64],
}

/// The values that the backward pass needs.
pub struct ExciteTape {
    input: Rc<Map>,
    mean: Map,
    hidden: Map,
    /// The excitation, `[batch, 1, channels]`.
    pub factor: Map,
}

/// The gradients of an excitation; those of the dense layers include the gradients of their inputs.
pub struct ExciteGradient {
    /// The gradient of the input.
    pub input: Map,
    /// The gradients of W1 and b1.
    pub fc1: ConvGradient,
    /// The gradients of W2 and b2.
    pub fc2: ConvGradient,
}

impl Excite<'_> {
    /// Computes `y` from `x`, and the values that [`Excite::backward`] needs.
    pub fn forward(&self, x: Rc<Map>) -> (Map, ExciteTape) {
        let mut mean = Map::zeros(x.batch, 1, x.channels);
        for segment in 0..x.batch {
            for position in 0..x.length {
                let row = x.row(segment, position);
                mean.row_mut(segment, 0).iter_mut().zip(row).for_each(|(m, v)| *m += v / x.length as f64);
            }
        }
        let hidden = relu::forward(dense::forward(&mean, self.fc1_weight, self.fc1_bias));
        let mut factor = dense::forward(&hidden, self.fc2_weight, self.fc2_bias);
        factor.values.iter_mut().for_each(|v| *v = 1.0 / (1.0 + (-*v).exp()));
        let y = scaled(&x, &factor);
        (y, ExciteTape { input: x, mean, hidden, factor })
    }

    /// Computes the gradients from `dy`, the gradient of `y`.
    pub fn backward(&self, tape: &ExciteTape, dy: &Map) -> ExciteGradient {
        let x = &tape.input;
        let mut d_factor = tape.factor.like();
        for segment in 0..x.batch {
            for position in 0..x.length {
                let (x, dy) = (x.row(segment, position), dy.row(segment, position));
                d_factor.row_mut(segment, 0).iter_mut().zip(x.iter().zip(dy)).for_each(|(d, (x, dy))| *d += x * dy);
            }
        }
        // sigmoid' = e (1 - e)
        d_factor.values.iter_mut().zip(&tape.factor.values).for_each(|(d, e)| *d *= e * (1.0 - e));
        let fc2 = dense::backward(&tape.hidden, self.fc2_weight, &d_factor);
        let fc1 = dense::backward(&tape.mean, self.fc1_weight, &relu::backward(&tape.hidden, fc2.input.clone()));
        let mut input = scaled(dy, &tape.factor);
        for segment in 0..x.batch {
            for position in 0..x.length {
                let mean = fc1.input.row(segment, 0);
                input.row_mut(segment, position).iter_mut().zip(mean).for_each(|(d, m)| *d += m / x.length as f64);
            }
        }
        ExciteGradient { input, fc1, fc2 }
    }
}

fn scaled(x: &Map, factor: &Map) -> Map {
    let mut y = x.clone();
    for segment in 0..x.batch {
        for position in 0..x.length {
            y.row_mut(segment, position).iter_mut().zip(factor.row(segment, 0)).for_each(|(v, e)| *v *= e);
        }
    }
    y
}
