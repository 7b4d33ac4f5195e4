//! The tensors of a network: their names, shapes and roles.

/// The role of a tensor, which determines its initialisation and whether it is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TensorRole {
    /// Convolution weight, `[out, in, kernel]`.
    ConvWeight,
    /// Weight of a residual block's shortcut convolution, `[out, in, kernel]`.
    ShortcutWeight,
    /// Weight of a dense layer, `[out, in]`.
    DenseWeight,
    /// Bias of a convolution or dense layer, `[out]`.
    Bias,
    /// Gamma, the scale of a norm, `[channels]`.
    NormWeight,
    /// Beta, the offset of a norm, `[channels]`.
    NormBias,
    /// Running mean of a norm, `[channels]`, a statistic.
    RunningMean,
    /// Running variance of a norm, `[channels]`, a statistic.
    RunningVar,
    /// Mean of the training set's samples, `[1]`, a statistic.
    InputMean,
    /// Standard deviation of the training set's samples, `[1]`, a statistic.
    InputDeviation,
    /// Mean of the training set's log-mel values, `[1]`, a statistic.
    MelMean,
    /// Standard deviation of the training set's log-mel values, `[1]`, a statistic.
    MelDeviation,
}

impl TensorRole {
    /// Whether the tensor is a statistic, which the optimiser does not change.
    pub fn is_statistic(self) -> bool {
        matches!(
            self,
            TensorRole::RunningMean
                | TensorRole::RunningVar
                | TensorRole::InputMean
                | TensorRole::InputDeviation
                | TensorRole::MelMean
                | TensorRole::MelDeviation
        )
    }
}

/// The name, shape, role and place of one tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
    /// Canonical name, such as `blocks.0.conv.weight`.
    pub name: String,
    /// Shape in PyTorch's notation.
    pub shape: Vec<usize>,
    /// Role of the tensor.
    pub role: TensorRole,
    /// Index of the first element in [`crate::Parameters::trainable`] or, for a statistic, in
    /// [`crate::Parameters::statistics`].
    pub offset: usize,
}

impl TensorSpec {
    /// The number of values.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the tensor has no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
