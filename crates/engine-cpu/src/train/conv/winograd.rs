//! Winograd convolutions: F(m, k) for the forward pass and the data gradient, F(k, m) for the weight gradient, which
//! has the same points and therefore the same input transform. A tile contains whole pooling windows.

mod backward;
mod forward;
mod given;
mod kept;
mod place;
mod products;
mod strip;
mod transform;

use crate::kernels::simd::PANEL;
use crate::train::partition::Block;
pub(super) use backward::{backward, BackwardTaken};
pub(super) use forward::{forward, ForwardTaken};

/// The number of rows of the tallest micro-kernel.
const TALLEST: usize = 14;

/// The number of elements in the products of one panel with as many tiles as a micro-kernel has rows.
fn products(points: usize) -> usize {
    points * TALLEST * PANEL
}

/// The number of tiles in one segment of a block.
fn tiles_of(block: &Block, outputs: usize) -> usize {
    block.rows.len().div_ceil(outputs)
}
