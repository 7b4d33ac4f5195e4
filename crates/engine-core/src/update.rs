//! The constants of an optimiser step.

/// Nesterov SGD as defined by PyTorch: `g += weight_decay w; v = momentum v + g; w -= learning_rate (g + momentum v)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// The learning rate of this step.
    pub learning_rate: f32,
    /// The momentum; 0.9 in the papers.
    pub momentum: f32,
    /// The L2 regularisation factor, which is multiplied by the weights and added to every gradient; 0 in the papers.
    pub weight_decay: f32,
}
