//! A dense layer.

/// A dense layer: outputs are the products with the weights, plus the biases.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Linear {
    /// Number of inputs.
    pub(super) inputs: usize,
    /// Number of outputs.
    pub(super) outputs: usize,
    /// `[outputs, inputs]`.
    pub(super) weights: Vec<f32>,
    /// `[outputs]`.
    pub(super) biases: Vec<f32>,
}

impl Linear {
    /// The outputs for `values` `[inputs]`.
    pub(super) fn apply(&self, values: &[f32]) -> Vec<f32> {
        let output = |(row, &bias): (&[f32], &f32)| {
            row.iter().zip(values).map(|(&weight, &value)| weight * value).sum::<f32>() + bias
        };
        self.weights.chunks_exact(self.inputs).zip(&self.biases).map(output).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_products_plus_biases() {
        let linear = Linear { inputs: 2, outputs: 2, weights: vec![1.0, 2.0, 3.0, -1.0], biases: vec![0.5, 0.0] };
        assert_eq!(linear.apply(&[2.0, 1.0]), [4.5, 5.0]);
    }
}
