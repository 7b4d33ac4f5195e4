//! Where the parts of a network lie in a GPU's memory.

use crate::gpu::arguments::Cut;
use crate::gpu::Address;
use crate::memory::fused::FusedPlace;

/// An activation `[batch][pitch][channels]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MapPlace {
    /// The first segment's first row; zero rows lie before it. None where its readers compute it on the way (`fused`).
    pub data: Address,
    pub pitch: usize,
    /// `[batch][pitch][channels]`; rows between segments hold anything.
    pub gradient: Address,
    /// Dropout, `[batch][length][channels]` bytes.
    pub mask: Address,
}

/// A convolution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConvPlace {
    /// `[batch][pitch][to]`: the raw output, then its gradient. None of a first layer with a [`StemPlace`].
    pub raw: Address,
    pub pitch: usize,
    pub cut: Cut,
    /// What the norm makes largest in every window, `[batch][peak_pitch][to]`; the raw output where the pool is 1.
    pub peak: Address,
    pub peak_pitch: usize,
    /// Which row of a window that was, bytes; none where the pool is 1.
    pub winner: Address,
    /// f32, `[chunks][2][to]`: moments forward, sums backward. An excited branch keeps its moments.
    pub moments: Address,
    /// f32, one for each channel, as all that follow.
    pub scale: Address,
    pub shift: Address,
    pub mean: Address,
    pub inverse: Address,
    pub gradient_scale: Address,
    pub raw_scale: Address,
    pub gradient_shift: Address,
    /// Where blocks leave their parts of a sum over the chunks for the last of them, f64, and how many have come, u32.
    pub partial: Address,
    pub tickets: Address,
    /// First element of this convolution's taps in reverse.
    pub reversed: Address,
    /// Addresses of the partial products of the weights' gradient: of the raw gradient, of the input and of the results, each list
    /// for the most of them.
    pub lists: [Address; 3],
    /// Of a first layer that has no raw output.
    pub stem: Option<StemPlace>,
    /// Where our own kernels compute it.
    pub fused: Option<FusedPlace>,
}

/// What the first layer's statistics are computed from (`kernels/stem_frames.cu`), in f64.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StemPlace {
    /// Sums of the samples and their products, `[blocks][quantities]`.
    pub sums: Address,
    /// Means and covariance of the taps.
    pub frames: Address,
    /// `[1 + taps][to]`, and the partial sums that they are made of, f32.
    pub totals: Address,
    pub parts: Address,
}

/// A squeeze-and-excitation, rows of one f32 per channel and segment.
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
    /// Runs of rows that are added up, and f32, `[batch][runs][3][channels]`.
    pub runs: Cut,
    pub sums: Address,
}
