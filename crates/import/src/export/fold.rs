//! Folds batch normalisation into the convolution or dense layer before it.

use net::{Architecture, Layout, Model, NormKind};

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
    model: &'a Model,
    layout: Layout,
}

impl<'a> Folder<'a> {
    pub fn new(model: &'a Model) -> Self {
        Self { model, layout: Layout::new(&model.architecture, model.tags.len()) }
    }

    /// The values of the tensor with this name.
    pub fn values(&self, name: &str) -> Option<&[f32]> {
        self.layout.find(name).map(|spec| self.model.parameters.tensor(spec))
    }

    /// The layer `name` with the norm `norm` folded in, if the model has this norm: w' = w g / sqrt(v + eps), b' = (b -
    /// m) g / sqrt(v + eps) + beta.
    pub fn layer(&self, name: &str, norm: Option<&str>) -> Option<Folded> {
        let spec = self.layout.find(&format!("{name}.weight"))?;
        let mut weight = self.model.parameters.tensor(spec).to_vec();
        let shape = spec.shape.clone();
        let mut bias = match self.values(&format!("{name}.bias")) {
            Some(bias) => bias.to_vec(),
            None => vec![0.0; shape[0]],
        };
        let part = |part: &str| norm.and_then(|norm| self.values(&format!("{norm}.{part}")));
        if let (Some(gamma), Some(beta), Some(mean), Some(var)) =
            (part("weight"), part("bias"), part("running_mean"), part("running_var"))
        {
            let per_channel = weight.len() / shape[0].max(1);
            for channel in 0..shape[0] {
                let scale =
                    f64::from(gamma[channel]) / (f64::from(var[channel]) + eps(&self.model.architecture)).sqrt();
                for value in &mut weight[channel * per_channel..][..per_channel] {
                    *value = (f64::from(*value) * scale) as f32;
                }
                let shifted = (f64::from(bias[channel]) - f64::from(mean[channel])) * scale + f64::from(beta[channel]);
                bias[channel] = shifted as f32;
            }
        }
        Some(Folded { weight, shape, bias })
    }
}

fn eps(architecture: &Architecture) -> f64 {
    match architecture.norm.kind {
        NormKind::Batch => architecture.norm.eps,
        NormKind::None => 0.0,
    }
}
