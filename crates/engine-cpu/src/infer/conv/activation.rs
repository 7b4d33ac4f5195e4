//! The activation functions of layers.

/// The activation function of a layer's outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    None,
    Relu,
    Sigmoid,
}
