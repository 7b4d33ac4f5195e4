//! Folds batch normalisation into the convolution or dense layer before it.

use net::graph::BatchNorm;
use net::{Parameters, TensorSpec};

/// Weights and biases of a layer, with its normalisation folded in.
pub struct Folded {
    /// In the layout of the model file.
    pub weight: Vec<f32>,
    /// Shape of `weight`.
    pub shape: Vec<usize>,
    /// One per output channel.
    pub bias: Vec<f32>,
}

/// The tensors of a model, folded on demand.
pub struct Folder<'a> {
    pub parameters: &'a Parameters,
    /// What the norms add to the variance.
    pub eps: f64,
}

impl Folder<'_> {
    /// A layer with the norm that follows it, if any, folded in: w' = w g / sqrt(v + eps),
    /// b' = (b - m) g / sqrt(v + eps) + beta.
    pub fn layer(&self, weight: &TensorSpec, bias: Option<&TensorSpec>, norm: Option<&BatchNorm>) -> Folded {
        let shape = weight.shape.clone();
        let mut weight = self.parameters.tensor(weight).to_vec();
        let mut bias = match bias {
            Some(bias) => self.parameters.tensor(bias).to_vec(),
            None => vec![0.0; shape[0]],
        };
        if let Some(norm) = norm {
            let [gamma, beta, mean, var] = norm.tensors().map(|spec| self.parameters.tensor(spec));
            let per_channel = weight.len() / shape[0].max(1);
            for channel in 0..shape[0] {
                let scale = f64::from(gamma[channel]) / (f64::from(var[channel]) + self.eps).sqrt();
                for value in &mut weight[channel * per_channel..][..per_channel] {
                    *value = (f64::from(*value) * scale) as f32;
                }
                let shifted = (f64::from(bias[channel]) - f64::from(mean[channel])) * scale + f64::from(beta[channel]);
                bias[channel] = shifted as f32;
            }
        }
        Folded { weight, shape, bias }
    }
}
