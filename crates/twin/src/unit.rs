//! A convolution with its norm, by name: the unit of which every layer of the network consists.

use std::rc::Rc;

use super::conv::Conv;
use super::norm::{self, NormTape, Statistics};
use super::variables::Variables;
use super::Map;

/// The mode of a pass.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Uses the statistics of the batch and updates the running statistics.
    Training,
    /// Trains with the running statistics, which stay as they are.
    Fixed,
    /// Uses the running statistics, without dropout.
    Evaluation,
}

/// A convolution, followed by a norm if the network has one there.
pub struct Unit {
    conv: Conv,
    conv_name: String,
    norm_name: String,
    eps: f64,
    momentum: f64,
}

/// The values that the backward pass needs.
pub struct UnitTape {
    input: Rc<Map>,
    norm: Option<NormTape>,
}

impl Unit {
    /// Creates the convolution `conv_name`, with the channels and kernel of its weight tensor, and the norm
    /// `norm_name`.
    pub fn new(
        variables: &Variables,
        conv_name: &str,
        norm_name: &str,
        stride: usize,
        padding: [usize; 2],
        (eps, momentum): (f64, f64),
    ) -> Self {
        let shape = &variables.layout.find(&format!("{conv_name}.weight")).unwrap().shape;
        let kernel = shape.get(2).copied().unwrap_or(1);
        let conv = Conv { from: shape[1], to: shape[0], kernel, stride, padding };
        Self { conv, conv_name: conv_name.to_owned(), norm_name: norm_name.to_owned(), eps, momentum }
    }

    fn normed(&self, variables: &Variables) -> bool {
        variables.has(&format!("{}.weight", self.norm_name))
    }

    pub fn forward(&self, variables: &mut Variables, x: &Rc<Map>, mode: Mode) -> (Map, UnitTape) {
        let bias = variables.find(&format!("{}.bias", self.conv_name));
        let y = self.conv.forward(x, variables.get(&format!("{}.weight", self.conv_name)), bias);
        if !self.normed(variables) {
            return (y, UnitTape { input: x.clone(), norm: None });
        }
        let name = |part: &str| format!("{}.{part}", self.norm_name);
        let statistics = match mode {
            Mode::Fixed | Mode::Evaluation => Statistics {
                mean: variables.get(&name("running_mean")).to_vec(),
                variance: variables.get(&name("running_var")).to_vec(),
                rows: y.rows(),
            },
            Mode::Training => {
                let statistics = Statistics::of(&y);
                let (mean, variance) = variables.running(&self.norm_name);
                statistics.move_running(mean, variance, self.momentum);
                statistics
            }
        };
        let (gamma, beta) = (variables.get(&name("weight")), variables.get(&name("bias")));
        let (y, mut tape) = norm::forward(y, gamma, beta, &statistics.mean, &statistics.variance, self.eps);
        tape.is_fixed = mode != Mode::Training;
        (y, UnitTape { input: x.clone(), norm: Some(tape) })
    }

    /// Adds to the flat `gradient` and returns the gradient of the input.
    pub fn backward(&self, variables: &Variables, tape: UnitTape, dy: Map, gradient: &mut [f64]) -> Map {
        let shifts = tape.norm.as_ref().is_none_or(|norm| norm.is_fixed);
        let dy = match tape.norm {
            None => dy,
            Some(norm_tape) => {
                let name = |part: &str| format!("{}.{part}", self.norm_name);
                let back = norm::backward(&norm_tape, variables.get(&name("weight")), dy);
                variables.add_gradient(gradient, &name("weight"), &back.gamma);
                variables.add_gradient(gradient, &name("bias"), &back.beta);
                back.input
            }
        };
        let name = |part: &str| format!("{}.{part}", self.conv_name);
        let back = self.conv.backward(&tape.input, variables.get(&name("weight")), &dy);
        variables.add_gradient(gradient, &name("weight"), &back.weight);
        // A norm subtracts the mean of its batch, so the gradient of a bias before the norm is exactly 0.
        if shifts && variables.has(&name("bias")) {
            variables.add_gradient(gradient, &name("bias"), &back.bias);
        }
        back.input
    }
}
