//! The plan order: the flat trainable vector in the order in which a plan's products read it.

use net::{Layout, TensorRole, TensorSpec};

/// Copies a trainable vector from the file layout (`[out, in, kernel]`) to the plan order: convolutions and the hidden
/// layer of the dense head become `[kernel, in, out]`; all other tensors are unchanged.
pub fn to_plan(layout: &Layout, from: &[f32], to: &mut [f32]) {
    to.copy_from_slice(from);
    moved(layout, |file, plan| to[plan] = from[file]);
}

/// Copies a trainable vector from the plan order to the file layout.
pub fn to_file(layout: &Layout, from: &[f32], to: &mut [f32]) {
    to.copy_from_slice(from);
    moved(layout, |file, plan| to[file] = from[plan]);
}

/// Calls `each(file, plan)` for every element of the transposed tensors, with its index in the file layout and its
/// index in the plan order.
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
