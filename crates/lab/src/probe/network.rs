//! The classifier's network on candle: dense layers with ReLU, and optionally a norm and dropout.

use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::{BatchNorm, Linear, Module, ModuleT};
use engine::{Philox, Purpose};

use super::protocol::{HiddenNorm, Protocol};

/// Epsilon of the norms, as in the networks of the papers (protocols.md 2).
const EPSILON: f64 = 1e-5;

/// Weight of the new batch in the running statistics of the norms.
const NORM_MOMENTUM: f64 = 0.1;

/// A dense layer and its norm.
struct Layer {
    linear: Linear,
    norm: Option<BatchNorm>,
}

/// A trainable tensor or a running statistic, by its name in files.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) var: Var,
}

/// The network. Inputs are `[batch, width]`, outputs are logits `[batch, outputs]`.
pub(super) struct Network {
    /// The hidden layers from the input on, then the output layer, which has no norm.
    layers: Vec<Layer>,
    /// Share of outputs that a training step drops.
    dropout: f64,
    /// Seed of the dropout masks.
    seed: u64,
    /// Trainable tensors: weights `[out, in]`, biases, scales and shifts of norms.
    trainable: Vec<Named>,
    /// Running means and variances of the norms.
    statistics: Vec<Named>,
    dtype: DType,
    device: Device,
}

impl Network {
    /// A network with initial parameters drawn from `seed`: weights uniform within sqrt(6 / (inputs + outputs))
    /// (Glorot), the default of Keras and so of the scripts that the protocols follow; biases 0, scales 1, shifts 0.
    pub(super) fn new(
        protocol: &Protocol,
        width: usize,
        outputs: usize,
        seed: u64,
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        let mut network = Self {
            layers: Vec::with_capacity(protocol.hidden.len() + 1),
            dropout: protocol.dropout,
            seed,
            trainable: Vec::new(),
            statistics: Vec::new(),
            dtype,
            device: device.clone(),
        };
        let mut inputs = width;
        for (number, &size) in protocol.hidden.iter().enumerate() {
            network.add(&format!("hidden.{number}"), inputs, size, protocol.norm == HiddenNorm::Batch)?;
            inputs = size;
        }
        network.add("out", inputs, outputs, false)?;
        Ok(network)
    }

    fn add(&mut self, name: &str, inputs: usize, outputs: usize, normed: bool) -> Result<()> {
        let mut weights = vec![0.0f32; inputs * outputs];
        Philox::new(self.seed, Purpose::Initialise, self.layers.len() as u64).fill_uniform(0, &mut weights);
        let limit = (6.0 / (inputs + outputs) as f32).sqrt();
        weights.iter_mut().for_each(|value| *value = (2.0 * *value - 1.0) * limit);
        let weight = Tensor::from_vec(weights, (outputs, inputs), &self.device)?;
        let weight = self.trainable(format!("{name}.weight"), &weight)?;
        let bias = self.trainable(format!("{name}.bias"), &self.filled(outputs, 0.0)?)?;
        let norm = if normed { Some(self.norm(name, outputs)?) } else { None };
        self.layers.push(Layer { linear: Linear::new(weight, Some(bias)), norm });
        Ok(())
    }

    fn norm(&mut self, name: &str, size: usize) -> Result<BatchNorm> {
        let scale = self.trainable(format!("{name}.norm.weight"), &self.filled(size, 1.0)?)?;
        let shift = self.trainable(format!("{name}.norm.bias"), &self.filled(size, 0.0)?)?;
        // The norm shares the storage of variables that it is given.
        let mut statistic = |which: &str, value: f32| -> Result<Tensor> {
            let var = Var::from_tensor(&self.filled(size, value)?)?;
            let tensor = var.as_tensor().clone();
            self.statistics.push(Named { name: format!("{name}.norm.{which}"), var });
            Ok(tensor)
        };
        let (mean, variance) = (statistic("running_mean", 0.0)?, statistic("running_var", 1.0)?);
        BatchNorm::new_with_momentum(size, mean, variance, scale, shift, EPSILON, NORM_MOMENTUM)
    }

    fn trainable(&mut self, name: String, value: &Tensor) -> Result<Tensor> {
        let var = Var::from_tensor(&value.to_dtype(self.dtype)?)?;
        let tensor = var.as_tensor().clone();
        self.trainable.push(Named { name, var });
        Ok(tensor)
    }

    fn filled(&self, size: usize, value: f32) -> Result<Tensor> {
        Tensor::full(value, size, &self.device)?.to_dtype(self.dtype)
    }

    /// The logits of a training step, with norms over the batch and the dropout masks of update `step`.
    pub(super) fn train(&self, features: &Tensor, step: u64) -> Result<Tensor> {
        self.forward(features, Some(step))
    }

    /// The logits with running statistics and without dropout.
    pub(super) fn predict(&self, features: &Tensor) -> Result<Tensor> {
        self.forward(features, None)
    }

    fn forward(&self, features: &Tensor, step: Option<u64>) -> Result<Tensor> {
        let Some((out, hidden)) = self.layers.split_last() else { return Ok(features.clone()) };
        let mut values = features.clone();
        let mut drawn = 0;
        for layer in hidden {
            values = layer.linear.forward(&values)?;
            if let Some(norm) = &layer.norm {
                values = norm.forward_t(&values, step.is_some())?.contiguous()?;
            }
            values = relu(&values)?;
            if let Some(step) = step.filter(|_| self.dropout > 0.0) {
                values = values.mul(&self.mask(values.dims2()?, step, drawn)?)?;
                drawn += values.elem_count() as u64;
            }
        }
        out.linear.forward(&values)
    }

    /// The dropout mask of update `step`: 0 where an output is dropped, else 1 / (1 - share). `drawn` numbers of the
    /// step's stream are used by the layers before. The numbers are ours, because candle's cannot be seeded on the CPU.
    fn mask(&self, (rows, columns): (usize, usize), step: u64, drawn: u64) -> Result<Tensor> {
        let mut mask = vec![0.0f32; rows * columns];
        Philox::new(self.seed, Purpose::Dropout, step).fill_uniform(drawn, &mut mask);
        let kept = (1.0 / (1.0 - self.dropout)) as f32;
        mask.iter_mut().for_each(|value| *value = if f64::from(*value) < self.dropout { 0.0 } else { kept });
        Tensor::from_vec(mask, (rows, columns), &self.device)?.to_dtype(self.dtype)
    }

    /// The trainable tensors.
    pub(super) fn trainable_tensors(&self) -> &[Named] {
        &self.trainable
    }

    /// All tensors that a file holds: the trainable ones, then the running statistics.
    pub(super) fn tensors(&self) -> impl Iterator<Item = &Named> {
        self.trainable.iter().chain(&self.statistics)
    }

    /// Copies of the current values of all tensors, in the order of [`Network::tensors`].
    pub(super) fn snapshot(&self) -> Result<Vec<Tensor>> {
        self.tensors().map(|named| named.var.as_detached_tensor().copy()).collect()
    }

    /// Sets all tensors to the values of a [`Network::snapshot`].
    pub(super) fn restore(&self, snapshot: &[Tensor]) -> Result<()> {
        self.tensors().zip(snapshot).try_for_each(|(named, value)| named.var.set(value))
    }

    /// Number type of the tensors.
    pub(super) fn dtype(&self) -> DType {
        self.dtype
    }

    /// The device of the tensors.
    pub(super) fn device(&self) -> &Device {
        &self.device
    }
}

/// max(x, 0) with gradient 0 at 0, as in the other engines; candle's own ReLU has gradient 1 there.
fn relu(values: &Tensor) -> Result<Tensor> {
    let positive = values.detach().gt(0f64)?.to_dtype(values.dtype())?;
    values.mul(&positive)
}
