//! The numbers of an optimiser step that a schedule changes.

/// The numbers of one update. With [`Optimiser::SgdNesterov`](crate::Optimiser::SgdNesterov) the update is Nesterov SGD
/// as defined by PyTorch: `g += weight_decay w; v = momentum v + g; w -= learning_rate (g + momentum v)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// The learning rate of this step.
    pub learning_rate: f32,
    /// The momentum of SGD; 0.9 in the papers. Adam does not use it.
    pub momentum: f32,
    /// The L2 regularisation factor, which is multiplied by the weights and added to every gradient; 0 in the papers.
    /// AdamW multiplies the weights by `1 - learning_rate weight_decay` instead.
    pub weight_decay: f32,
}
