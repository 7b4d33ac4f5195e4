//! The gradient of one filter's activation with respect to the input, for many signals at once.
//!
//! The training plan of the engine computes the statistics of its norms over the whole batch. Here each signal has its
//! own ones, as if it were a batch of one; the gradient also passes through mean and variance. So this module walks the
//! graph of the network on its own: forward up to the chosen layer, backward to the input only.

mod activation;
mod conv;
mod excite;
mod filter;
mod norm;
mod plan;
mod product;
mod rows;

use error::Result;
use net::graph::{Graph, NodeId};
use net::{Architecture, Parameters};
use serde::{Deserialize, Serialize};

use plan::{Memory, Plan};

/// The statistics that norms use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "lowercase")]
pub enum Statistics {
    /// Mean and variance of the signal itself, as in training with a batch of one. The amplitude of the signal then
    /// hardly matters.
    #[default]
    Batch,
    /// The running mean and variance of the model.
    Running,
}

/// The layers from the input to a chosen one, for signals of a fixed length.
pub struct InputGradient {
    plan: Plan,
    length: usize,
}

/// The memory of [`InputGradient::values`] for a number of signals; each thread needs its own.
pub struct GradientMemory(Memory);

impl InputGradient {
    /// Prepares the gradient of `node`, a convolution or the sum at the end of a residual block, in `graph`, which is
    /// the graph of `architecture` with the input length of the signals.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`] if `node` or a node below it computes something else, such as a mel spectrogram.
    pub fn new(
        architecture: &Architecture,
        graph: &Graph,
        node: NodeId,
        parameters: &Parameters,
        statistics: Statistics,
    ) -> Result<Self> {
        let plan = Plan::new(graph, node, architecture, parameters, statistics)?;
        Ok(Self { plan, length: graph.nodes[0].output.length })
    }

    /// The memory for up to `signals` signals at once.
    pub fn memory(&self, signals: usize) -> GradientMemory {
        GradientMemory(self.plan.memory(signals))
    }

    /// For every signal i: the mean over time of channel `channels[i]` after the ReLU and before the pool. Writes the
    /// gradients with respect to `x` `[signals, length]` to `dx`, which has the same shape.
    ///
    /// # Panics
    /// If the shapes do not fit, or if there are more signals than `memory` is for.
    pub fn values(&self, memory: &mut GradientMemory, x: &[f32], channels: &[usize], dx: &mut [f32]) -> Vec<f64> {
        assert_eq!((x.len(), dx.len()), (channels.len() * self.length, channels.len() * self.length));
        self.plan.run(&mut memory.0, x, channels, dx)
    }
}
