//! The flat trainable vector in the order in which a plan multiplies with it.

use net::{Layout, Role, TensorSpec};

/// Copies a trainable vector from the file layout (`[out, in, kernel]`) to the plan's (convolutions and the dense head's
/// hidden layer `[kernel, in, out]`, everything else unchanged).
pub(crate) fn to_plan(layout: &Layout, from: &[f32], to: &mut [f32]) {
    to.copy_from_slice(from);
    for tensor in layout.tensors.iter().filter(|t| is_transposed(t)) {
        let (out, input, kernel) = shape(tensor);
        let range = tensor.offset..tensor.offset + tensor.len();
        let (from, to) = (&from[range.clone()], &mut to[range]);
        for o in 0..out {
            for i in 0..input {
                for k in 0..kernel {
                    to[(k * input + i) * out + o] = from[(o * input + i) * kernel + k];
                }
            }
        }
    }
}

/// The other way round.
pub(crate) fn to_file(layout: &Layout, from: &[f32], to: &mut [f32]) {
    to.copy_from_slice(from);
    for tensor in layout.tensors.iter().filter(|t| is_transposed(t)) {
        let (out, input, kernel) = shape(tensor);
        let range = tensor.offset..tensor.offset + tensor.len();
        let (from, to) = (&from[range.clone()], &mut to[range]);
        for o in 0..out {
            for i in 0..input {
                for k in 0..kernel {
                    to[(o * input + i) * kernel + k] = from[(k * input + i) * out + o];
                }
            }
        }
    }
}

fn is_transposed(tensor: &TensorSpec) -> bool {
    matches!(tensor.role, Role::ConvWeight | Role::ShortcutWeight) || tensor.name == "head.hidden.weight"
}

fn shape(tensor: &TensorSpec) -> (usize, usize, usize) {
    (tensor.shape[0], tensor.shape[1], tensor.shape.get(2).copied().unwrap_or(1))
}
