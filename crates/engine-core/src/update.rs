//! The constants of an optimiser's step.

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
