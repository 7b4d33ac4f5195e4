//! The places of a network's parts in a GPU's memory.

use crate::gpu::arguments::Cut;
use crate::gpu::Address;
use crate::memory::fused::FusedPlace;

/// An activation `[batch][pitch][channels]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MapPlace {
    /// The first row of the first segment; zero rows precede it. Null if the readers recompute the map (`fused`).
    pub data: Address,
    pub pitch: usize,
    /// `[batch][pitch][channels]`; rows between segments have arbitrary values.
    pub gradient: Address,
    /// The dropout mask, `[batch][length][channels]` bytes.
    pub mask: Address,
}

/// A convolution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConvPlace {
    /// `[batch][pitch][to]`: the raw output, later its gradient. Null for a first layer with a [`StemPlace`].
    pub raw: Address,
    pub pitch: usize,
    pub cut: Cut,
    /// The value of every window that the norm makes the largest, `[batch][peak_pitch][to]`; the raw output if the pool
    /// is 1.
    pub peak: Address,
    pub peak_pitch: usize,
    /// The row of this value in its window, in bytes; null if the pool is 1.
    pub winner: Address,
    /// f32, `[chunks][2][to]`: moments in the forward pass, sums in the backward pass. An excited branch keeps its
    /// moments.
    pub moments: Address,
    /// f32, one value for each channel, as in the following fields.
    pub scale: Address,
    pub shift: Address,
    pub mean: Address,
    pub inverse: Address,
    pub gradient_scale: Address,
    pub raw_scale: Address,
    pub gradient_shift: Address,
    /// The parts of a sum over the chunks that blocks write for the last of them, f64, and the number of blocks that
    /// have finished, u32.
    pub partial: Address,
    pub tickets: Address,
    /// The first element of this convolution's reversed taps.
    pub reversed: Address,
    /// Lists of the addresses of the weight gradient's partial products: of the raw gradient, of the input and of the
    /// results. Each list has room for the largest number of partial products.
    pub lists: [Address; 3],
    /// The places of a first layer that has no raw output.
    pub stem: Option<StemPlace>,
    /// The places of a convolution that our own kernels compute.
    pub fused: Option<FusedPlace>,
}

/// The values from which the first layer's statistics are computed (`kernels/stem_frames.cu`), in f64.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StemPlace {
    /// The sums of the samples and of their products, `[blocks][quantities]`.
    pub sums: Address,
    /// The means and the covariance of the taps.
    pub frames: Address,
    /// `[1 + taps][to]`, and the partial sums from which they are computed, f32.
    pub totals: Address,
    pub parts: Address,
}

/// A squeeze-and-excitation; rows of one f32 per channel and segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExcitePlace {
    pub squeezed: Address,
    pub hidden: Address,
    pub factors: Address,
    pub gradient: Address,
    pub hidden_gradient: Address,
    /// `[batch][2][channels]`.
    pub sums: Address,
}

/// The end of a residual block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResidualAddPlace {
    pub cut: Cut,
    pub winner: Address,
    /// The runs of rows that are added, and their sums, f32, `[batch][runs][3][channels]`.
    pub runs: Cut,
    pub sums: Address,
}
