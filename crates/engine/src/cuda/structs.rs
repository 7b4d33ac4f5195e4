//! Arguments that kernels take as structs; each has the fields of the struct of the same name in `kernels/`.

use super::gpu::{Address, Argument};

/// How the output of a convolution is cut (`portable.h`): into the windows of a pool, and runs of windows (chunks).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Cut {
    pub length: u32,
    pub pool: u32,
    pub padding: u32,
    pub pooled: u32,
    pub windows: u32,
    pub chunks: u32,
}

/// Rows that one thread adds up, at least.
const CHUNK_ROWS: usize = 64;

impl Cut {
    /// The cut of `length` rows under a pool.
    pub(crate) fn new(length: usize, pool: usize, padding: usize, pooled: usize) -> Self {
        let windows = CHUNK_ROWS.div_ceil(pool);
        let chunks = pooled.div_ceil(windows);
        Self {
            length: length as u32,
            pool: pool as u32,
            padding: padding as u32,
            pooled: pooled as u32,
            windows: windows as u32,
            chunks: chunks as u32,
        }
    }
}

/// Backward coefficients (`pool.cu`).
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Slope {
    pub scale: Address,
    pub shift: Address,
    pub mean: Address,
    pub slope: Address,
    pub tilt: Address,
    pub level: Address,
    pub factors: Address,
    pub means: Address,
}

/// Tensors of a norm (`norm.cu`).
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Norm {
    pub gamma: Address,
    pub beta: Address,
    pub bias: Address,
    pub running_mean: Address,
    pub running_variance: Address,
}

/// Forward coefficients (`norm.cu`).
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Affine {
    pub scale: Address,
    pub shift: Address,
    pub mean: Address,
    pub inverse: Address,
}

/// Gradients of a norm's tensors, and backward coefficients (`norm.cu`).
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct NormGradient {
    pub gamma: Address,
    pub beta: Address,
    pub bias: Address,
    pub slope: Address,
    pub tilt: Address,
    pub level: Address,
}

/// A convolution's raw output and its coefficients (`join.cu`).
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Raw {
    pub values: Address,
    pub scale: Address,
    pub shift: Address,
    pub mean: Address,
    pub pitch: u32,
}

impl Argument for Cut {}
impl Argument for Slope {}
impl Argument for Norm {}
impl Argument for Affine {}
impl Argument for NormGradient {}
impl Argument for Raw {}
