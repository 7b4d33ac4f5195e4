//! The tensors of a network: what they are called, their shapes, and what they are for.

/// What a tensor is for; initialisation and updates go by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TensorRole {
    /// `[out, in, kernel]`.
    ConvWeight,
    /// `[out, in, kernel]` of a residual block's shortcut.
    ShortcutWeight,
    /// `[out, in]`.
    DenseWeight,
    /// `[out]`, of a convolution or dense layer.
    Bias,
    /// `[channels]`, gamma.
    NormWeight,
    /// `[channels]`, beta.
    NormBias,
    /// `[channels]`, a statistic.
    RunningMean,
    /// `[channels]`, a statistic.
    RunningVar,
    /// `[1]`, a statistic: mean of the training set's log-mel values.
    MelMean,
    /// `[1]`, a statistic: their standard deviation.
    MelDeviation,
}

impl TensorRole {
    /// Whether the tensor is a statistic, which the optimiser leaves alone.
    pub fn is_statistic(self) -> bool {
        matches!(
            self,
            TensorRole::RunningMean | TensorRole::RunningVar | TensorRole::MelMean | TensorRole::MelDeviation
        )
    }
}

/// One named tensor of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
    /// Canonical name, such as `blocks.0.conv.weight`.
    pub name: String,
    /// Shape as PyTorch writes it.
    pub shape: Vec<usize>,
    /// What it is for.
    pub role: TensorRole,
    /// First element, in [`crate::Parameters::trainable`] or, for a statistic, in [`crate::Parameters::statistics`].
    pub offset: usize,
}

impl TensorSpec {
    /// Number of values.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the tensor holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
