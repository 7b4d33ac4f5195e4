//! Arguments that kernels take as structs; each has the fields of the struct of the same name in `kernels/`.

use crate::gpu::{Address, Argument};

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

/// Windows of a run in our kernels with tensor cores (`fused/window.h`).
const WARP_WINDOWS: usize = 16;

impl Cut {
    /// The cut of `total` windows of three rows, those of all segments as if they were one, into the runs of a warp.
    pub(crate) fn of_warps(total: usize) -> Self {
        Self {
            length: 3 * total as u32,
            pool: 3,
            padding: 0,
            pooled: total as u32,
            windows: WARP_WINDOWS as u32,
            chunks: total.div_ceil(WARP_WINDOWS) as u32,
        }
    }

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
pub(crate) struct NormBackward {
    pub scale: Address,
    pub shift: Address,
    pub mean: Address,
    pub gradient_scale: Address,
    pub raw_scale: Address,
    pub gradient_shift: Address,
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
    pub gradient_scale: Address,
    pub raw_scale: Address,
    pub gradient_shift: Address,
}

/// A convolution's raw output and its coefficients (`residual_add.cu`).
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Raw {
    pub values: Address,
    pub scale: Address,
    pub shift: Address,
    pub mean: Address,
    pub pitch: u32,
}

/// Windows of a map (`fused/window.h`).
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Windows {
    pub pooled: u32,
    pub pitch: u32,
    pub total: u32,
}

/// The first layer, computed from the waveform (`fused/rows.h`).
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Wave {
    pub samples: Address,
    pub weights: Address,
    pub scale: Address,
    pub shift: Address,
    pub channels: u32,
    pub pitch: u32,
}

/// Weights that are brought into another order (`taps.h`).
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Taps {
    pub weights: Address,
    pub out: Address,
    pub taps: u32,
    pub from: u32,
    pub to: u32,
    pub is_reverse: u32,
}

/// Those of several convolutions.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct TapsList(pub [Taps; MOST_LISTED]);

/// Convolutions of one launch (`taps.h`).
pub(crate) const MOST_LISTED: usize = 12;

/// A map that is computed on the way (`fused/rows.h`).
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct PooledMap {
    pub values: Address,
    pub scale: Address,
    pub shift: Address,
    pub channels: u32,
    pub pitch: u32,
}

/// What comes back to a raw output (`fused/rows.h`).
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Back {
    pub raw: Address,
    pub winner: Address,
    pub gradient: Address,
    pub gradient_pitch: u32,
    pub channels: u32,
    pub norm: NormBackward,
}

/// What training keeps of a convolution (`fused/forward.cu`).
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Raws {
    pub gamma: Address,
    pub raw: Address,
    pub peak: Address,
    pub winner: Address,
    pub moments: Address,
}

/// What inference keeps of it.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Maps {
    pub scale: Address,
    pub shift: Address,
    pub map: Address,
    pub pitch: u32,
}

impl Argument for Windows {}
impl Argument for Wave {}
impl Argument for PooledMap {}
impl Argument for Back {}
impl Argument for TapsList {}
impl Argument for Raws {}
impl Argument for Maps {}
impl Argument for Cut {}
impl Argument for NormBackward {}
impl Argument for Norm {}
impl Argument for Affine {}
impl Argument for NormGradient {}
impl Argument for Raw {}
