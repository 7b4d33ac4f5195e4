//! How a kernel is launched: its arguments, its blocks and threads.

use std::ffi::c_void;

use super::Address;

/// What a kernel takes by value: its layout is that of the kernel's parameter in C.
pub(crate) trait Argument: Copy {}

impl Argument for Address {}
impl Argument for u32 {}
impl Argument for u64 {}
impl Argument for f32 {}
impl Argument for f64 {}

/// Where a kernel's argument lies: what a launch takes. The driver knows its size, the stand-in for it does not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub place: *const c_void,
    #[cfg(test)]
    pub bytes: usize,
}

/// The parameter of an argument.
pub(crate) fn parameter<T: Argument>(argument: &T) -> Parameter {
    Parameter {
        place: std::ptr::from_ref(argument).cast(),
        #[cfg(test)]
        bytes: size_of::<T>(),
    }
}

/// Launches a kernel with arguments in the order of its parameters. They live until the launch has taken them.
macro_rules! launch {
    ($gpu:expr, $kernel:expr, $shape:expr, [$($argument:expr),* $(,)?] $(,)?) => {
        $gpu.launch($kernel, $shape, &[$($crate::gpu::parameter(&$argument)),*])
    };
}
pub(crate) use launch;

/// Blocks of a launch and threads of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub grid: [u32; 3],
    pub block: [u32; 3],
    /// Bytes of memory that the threads of a block share, beside what the kernel itself declares.
    pub shared: u32,
    /// Bytes that the launch moves when every value moves once, and what it multiplies and adds on tensor cores, for its measurement.
    pub bytes: u64,
    pub operations: u64,
}

impl Shape {
    /// One thread for the channels of every row that it handles together (`storage.h`): four where they come in fours.
    pub(crate) fn lanes(rows: usize, channels: usize) -> Self {
        Self::rows(rows, if channels.is_multiple_of(4) { channels / 4 } else { channels })
    }

    /// One thread for each of `rows` x `channels` values: neighbours in a block are neighbours in memory.
    pub(crate) fn rows(rows: usize, channels: usize) -> Self {
        let x = channels.next_power_of_two().clamp(1, 32) as u32;
        Self::blocks(rows, channels, [x, 256 / x])
    }

    /// The same, so many times.
    pub(crate) fn layers(self, count: usize) -> Self {
        Self { grid: [self.grid[0], self.grid[1], count as u32], ..self }
    }

    /// The same, of a launch that moves so many bytes.
    pub(crate) fn moving(self, bytes: usize) -> Self {
        Self { bytes: bytes as u64, ..self }
    }

    /// The same, of a launch that multiplies and adds so much.
    pub(crate) fn computing(self, operations: usize) -> Self {
        Self { operations: operations as u64, ..self }
    }

    fn of(grid: [u32; 3], block: [u32; 3]) -> Self {
        Self { grid, block, shared: 0, bytes: 0, operations: 0 }
    }

    /// Blocks of so many warps that share so many bytes, in rows and columns.
    pub(crate) fn warps([rows, columns]: [usize; 2], warps: u32, shared: usize) -> Self {
        Self { shared: shared as u32, ..Self::of([rows as u32, columns as u32, 1], [32 * warps, 1, 1]) }
    }

    /// Blocks of `[x, y]` threads over `channels` and `rows`.
    fn blocks(rows: usize, channels: usize, [x, y]: [u32; 2]) -> Self {
        let grid = [rows.div_ceil(y as usize).max(1) as u32, channels.div_ceil(x as usize).max(1) as u32, 1];
        Self::of(grid, [x, y, 1])
    }

    /// For the norm's sums: for every 8 channels so many blocks with 128 slices each.
    pub(crate) fn channel_slices(channels: usize, blocks: usize) -> Self {
        Self::of([blocks as u32, channels.div_ceil(8) as u32, 1], [8, 128, 1])
    }

    /// For sums of parts: blocks of 32 values and 32 slices.
    pub(crate) fn value_slices(count: usize) -> Self {
        Self::of([count.div_ceil(32) as u32, 1, 1], [32, 32, 1])
    }

    /// Blocks of 256 threads that share a block's memory.
    pub(crate) fn teams(count: usize) -> Self {
        Self::of([count.max(1) as u32, 1, 1], [256, 1, 1])
    }

    /// `count` threads in blocks of 256.
    pub(crate) fn line(count: usize) -> Self {
        Self::of([count.div_ceil(256).max(1) as u32, 1, 1], [256, 1, 1])
    }
}
