//! The flat trainable vector in the order in which a plan multiplies with it.

use net::{Layout, TensorRole, TensorSpec};

/// Copies a trainable vector from the file layout (`[out, in, kernel]`) to the plan's (convolutions and the dense head's
/// hidden layer `[kernel, in, out]`, everything else unchanged).
pub fn to_plan(layout: &Layout, from: &[f32], to: &mut [f32]) {
    to.copy_from_slice(from);
    moved(layout, |file, plan| to[plan] = from[file]);
}

/// The other way round.
pub fn to_file(layout: &Layout, from: &[f32], to: &mut [f32]) {
    to.copy_from_slice(from);
    moved(layout, |file, plan| to[file] = from[plan]);
}

/// Hands every element of the transposed tensors to `each`: where it lies in the file layout, and where in the plan's.
fn moved(layout: &Layout, mut each: impl FnMut(usize, usize)) {
    for tensor in layout.tensors.iter().filter(|t| is_transposed(t)) {
        let (out, input, kernel) = shape(tensor);
        for o in 0..out {
            for i in 0..input {
                for k in 0..kernel {
                    each(tensor.offset + (o * input + i) * kernel + k, tensor.offset + (k * input + i) * out + o);
                }
            }
        }
    }
}

fn is_transposed(tensor: &TensorSpec) -> bool {
    matches!(tensor.role, TensorRole::ConvWeight | TensorRole::ShortcutWeight) || tensor.name == "head.hidden.weight"
}

fn shape(tensor: &TensorSpec) -> (usize, usize, usize) {
    (tensor.shape[0], tensor.shape[1], tensor.shape.get(2).copied().unwrap_or(1))
}
