//! Convolutions of three taps under a pool of three by kernels of our own (`kernels/fused`): tensor cores, with the norm's moments,
//! the pool and the gradient of the raw output in the same launch.

mod backward;
mod forward;
#[cfg(test)]
mod tests;

use crate::gpu::arguments::Windows;
use crate::gpu::{Cores, Shape};
use crate::memory::fused::{COLUMNS, TILE};

/// Blocks of one multiprocessor, at most: what their registers leave room for.
const RESIDENT: usize = 2;

/// Blocks over tiles and `channels`, as many as run at once.
fn tiles(cores: Cores, windows: &Windows, channels: usize, shared: usize) -> Shape {
    let resident = (cores.shared / shared.max(1)).clamp(1, RESIDENT) * cores.multiprocessors;
    let columns = channels / COLUMNS;
    let rows = (resident / columns).clamp(1, (windows.total as usize).div_ceil(TILE));
    Shape::warps([rows, columns], 4, shared)
}
