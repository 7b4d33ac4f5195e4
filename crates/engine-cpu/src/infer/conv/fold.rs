//! Folding of batch normalisation into the weights of the preceding layer, in f64.

use error::{Code, Error, Result};
use net::{Layout, Parameters};

/// A convolution or dense layer with its batch normalisation folded in.
pub(crate) struct Folded {
    /// `[out, in, kernel]`.
    pub(crate) weight: Vec<f64>,
    /// `[out]`.
    pub(crate) bias: Vec<f64>,
    /// The number of input channels.
    pub(crate) input: usize,
    /// The number of taps; 1 for a dense layer.
    pub(crate) kernel: usize,
}

impl Folded {
    /// The number of output channels.
    pub(crate) fn output(&self) -> usize {
        self.bias.len()
    }

    /// The weight from `input` to `output` at `tap`; 0 for padding channels.
    pub(crate) fn at(&self, output: usize, input: usize, tap: usize) -> f64 {
        if input < self.input {
            self.weight[(output * self.input + input) * self.kernel + tap]
        } else {
            0.0
        }
    }

    /// The biases, padded with zeros to `width` values.
    pub(crate) fn padded_bias(&self, width: usize) -> Vec<f32> {
        (0..width).map(|o| self.bias.get(o).map_or(0.0, |&b| b as f32)).collect()
    }
}

/// The tensors of a network, by name.
pub(crate) struct Tensors<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) parameters: &'a Parameters,
    pub(crate) eps: f64,
}

impl Tensors<'_> {
    /// The values of the tensor `name`; `None` if the network has no such tensor.
    pub(crate) fn find(&self, name: &str) -> Option<&[f32]> {
        self.layout.find(name).map(|spec| self.parameters.tensor(spec))
    }

    /// The layer `name` (`.weight` and, if present, `.bias`), with the norm `norm` folded in if the network has it.
    pub(crate) fn folded(&self, name: &str, norm: &str) -> Result<Folded> {
        let spec = self
            .layout
            .find(&format!("{name}.weight"))
            .ok_or_else(|| Error::new(Code::Internal, format!("the layout has no {name}.weight")))?;
        let (output, input) = (spec.shape[0], spec.shape[1]);
        let kernel = spec.shape.get(2).copied().unwrap_or(1);
        let mut weight: Vec<f64> = self.parameters.tensor(spec).iter().map(|&w| f64::from(w)).collect();
        let mut bias = match self.find(&format!("{name}.bias")) {
            Some(bias) => bias.iter().map(|&b| f64::from(b)).collect(),
            None => vec![0.0; output],
        };
        let statistic = |part: &str| self.find(&format!("{norm}.{part}"));
        if let (Some(gamma), Some(beta), Some(mean), Some(var)) =
            (statistic("weight"), statistic("bias"), statistic("running_mean"), statistic("running_var"))
        {
            for o in 0..output {
                let scale = f64::from(gamma[o]) / (f64::from(var[o]) + self.eps).sqrt();
                weight[o * input * kernel..(o + 1) * input * kernel].iter_mut().for_each(|w| *w *= scale);
                bias[o] = (bias[o] - f64::from(mean[o])) * scale + f64::from(beta[o]);
            }
        }
        Ok(Folded { weight, bias, input, kernel })
    }
}
