//! Convolutions of three taps with a pool of three by our own tensor-core kernels (`kernels/fused`), which compute the
//! norm's moments, the pool and the gradient of the raw output in the same launch.

mod backward;
mod forward;
#[cfg(test)]
mod tests;

use crate::gpu::arguments::Windows;
use crate::gpu::{Cores, Shape};
use crate::memory::fused::{COLUMNS, TILE};

/// The largest number of resident blocks per multiprocessor, limited by their registers.
const RESIDENT: usize = 2;

/// A grid over tiles and `channels`, with as many blocks as run at the same time.
fn tiles(cores: Cores, windows: &Windows, channels: usize, shared: usize) -> Shape {
    let resident = (cores.shared / shared.max(1)).clamp(1, RESIDENT) * cores.multiprocessors;
    let columns = channels / COLUMNS;
    let rows = (resident / columns).clamp(1, (windows.total as usize).div_ceil(TILE));
    Shape::warps([rows, columns], 4, shared)
}
