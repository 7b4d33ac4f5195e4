//! Inverted dropout with a given mask: the elements kept are divided by `1 - rate`. Forward and backward are the same.

use super::Map;

/// Returns the mask (true: kept) of the next dropout in the forward pass, for a map `[batch, length, channels]`.
pub type Masks<'a> = Option<&'a mut dyn FnMut(&Map) -> Vec<bool>>;

/// Sets the elements of `x` whose `mask` is false to 0 and divides the others by `1 - rate`.
pub fn apply(mut x: Map, mask: &[bool], rate: f64) -> Map {
    assert_eq!(x.values.len(), mask.len());
    x.values.iter_mut().zip(mask).for_each(|(v, &kept)| *v = if kept { *v / (1.0 - rate) } else { 0.0 });
    x
}
