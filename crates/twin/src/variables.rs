//! The variables of a network by name: values, gradients and running statistics.

use net::{Layout, Parameters};

/// Parameters and statistics in f64, with their names.
#[derive(Clone)]
pub struct Variables {
    /// The names, shapes and places of all tensors.
    pub layout: Layout,
    /// The trainable values, in the order of [`Parameters::trainable`].
    pub trainable: Vec<f64>,
    /// The statistics, in the order of [`Parameters::statistics`].
    pub statistics: Vec<f64>,
}

impl Variables {
    /// Converts `parameters`, which must have the layout `layout`.
    pub fn new(layout: Layout, parameters: &Parameters) -> Self {
        let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect();
        Self { layout, trainable: wide(&parameters.trainable), statistics: wide(&parameters.statistics) }
    }

    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.layout.find(name).is_some()
    }

    /// The tensor `name`; panics if the network has no tensor of that name.
    pub fn get(&self, name: &str) -> &[f64] {
        let spec = self.layout.find(name).unwrap_or_else(|| panic!("no tensor {name}"));
        let from = if spec.role.is_statistic() { &self.statistics } else { &self.trainable };
        &from[spec.offset..spec.offset + spec.len()]
    }

    /// The tensor `name`, if there is one.
    pub fn find(&self, name: &str) -> Option<&[f64]> {
        self.has(name).then(|| self.get(name))
    }

    /// The running mean and variance of the norm `name`, for updating.
    pub fn running(&mut self, name: &str) -> (&mut [f64], &mut [f64]) {
        let mean = self.layout.find(&format!("{name}.running_mean")).unwrap();
        let variance = self.layout.find(&format!("{name}.running_var")).unwrap();
        let (before, after) = self.statistics.split_at_mut(variance.offset);
        (&mut before[mean.offset..][..mean.len()], &mut after[..variance.len()])
    }

    /// Adds `values` to the tensor `name` of the flat gradient `into`.
    pub fn add_gradient(&self, into: &mut [f64], name: &str, values: &[f64]) {
        let spec = self.layout.find(name).unwrap_or_else(|| panic!("no tensor {name}"));
        assert_eq!(spec.len(), values.len(), "{name}");
        into[spec.offset..].iter_mut().zip(values).for_each(|(to, v)| *to += v);
    }
}
