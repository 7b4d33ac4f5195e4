//! The training plan: one step is forward, loss, backward and update of one batch.

use error::{Code, Error, Result};
use net::{Architecture, Parameters, Task};

use crate::options::Options;

/// What the segments of a batch should be called.
#[derive(Clone, Copy, Debug)]
pub enum Targets<'a> {
    /// `[batch, tags]`, 0 or 1, row by row: mean binary cross-entropy over batch and tags.
    Tags(&'a [f32]),
    /// `[batch]`, the index of the one tag: mean softmax cross-entropy over the batch.
    Classes(&'a [u32]),
}

/// Nesterov SGD as PyTorch defines it: `g += weight_decay w; v = momentum v + g; w -= learning_rate (g + momentum v)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// Learning rate of this step.
    pub learning_rate: f32,
    /// Momentum, 0.9 in the papers.
    pub momentum: f32,
    /// L2 term added to every gradient, 0 in the papers.
    pub weight_decay: f32,
}

/// Everything one forward and backward pass gives, without an update; for tests and analyses.
#[derive(Clone, Debug, Default)]
pub struct Gradients {
    /// Mean loss of the batch.
    pub loss: f64,
    /// `[batch, tags]`.
    pub logits: Vec<f32>,
    /// In the order of [`Parameters::trainable`].
    pub parameters: Vec<f32>,
    /// `[batch, input_length]`.
    pub input: Vec<f32>,
}

/// A network compiled for training: parameters, velocity, running statistics and all buffers. A step allocates nothing.
/// Same seed, device and thread count: bit-identical results.
pub struct Training {
    _private: (),
}

impl Training {
    /// Compiles `architecture` with `tags` outputs for batches of at most `batch` segments. Parameters are zero until
    /// [`Training::load`].
    pub fn new(
        _architecture: &Architecture,
        _tags: usize,
        _task: Task,
        _batch: usize,
        _options: &Options,
    ) -> Result<Self> {
        Err(Error::new(Code::Internal, "not built yet"))
    }

    /// Sets parameters and statistics; the velocity becomes zero.
    pub fn load(&mut self, _parameters: &Parameters) -> Result<()> {
        Err(Error::new(Code::Internal, "not built yet"))
    }

    /// The present parameters and statistics.
    pub fn parameters(&self) -> Parameters {
        Parameters::default()
    }

    /// The optimiser's velocity, in the order of [`Parameters::trainable`].
    pub fn velocity(&self) -> Vec<f32> {
        Vec::new()
    }

    /// Sets the optimiser's velocity.
    pub fn load_velocity(&mut self, _velocity: &[f32]) -> Result<()> {
        Err(Error::new(Code::Internal, "not built yet"))
    }

    /// One step on `input`, `[n, input_length]` with 1 <= n <= batch (the last batch of an epoch may be short). Dropout
    /// masks are drawn from `(seed, step)`; `dropout: None` switches dropout off. Returns the mean loss before the update.
    pub fn step(
        &mut self,
        _input: &[f32],
        _targets: Targets,
        _update: &Update,
        _dropout: Option<(u64, u64)>,
    ) -> Result<f64> {
        Err(Error::new(Code::Internal, "not built yet"))
    }

    /// Forward and backward in training mode without an update; running statistics move as in a step.
    pub fn gradients(&mut self, _input: &[f32], _targets: Targets, _dropout: Option<(u64, u64)>) -> Result<Gradients> {
        Err(Error::new(Code::Internal, "not built yet"))
    }
}
