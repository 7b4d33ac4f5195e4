//! Inverted dropout by a given mask: what is kept is divided by `1 - rate`. Forward and backward are the same.

use super::Map;

/// Gives the mask (true: kept) of the next dropout in the forward pass, for a map `[batch, length, channels]`.
pub type Masks<'a> = Option<&'a mut dyn FnMut(&Map) -> Vec<bool>>;

/// `x` without the elements whose `mask` is false, the others divided by `1 - rate`.
pub fn apply(mut x: Map, mask: &[bool], rate: f64) -> Map {
    assert_eq!(x.values.len(), mask.len());
    x.values.iter_mut().zip(mask).for_each(|(v, &kept)| *v = if kept { *v / (1.0 - rate) } else { 0.0 });
    x
}
