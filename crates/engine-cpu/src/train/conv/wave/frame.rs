//! The waveform samples of an output row (its frame), and their products with the taps.

use crate::kernels::simd::Simd;
use crate::kernels::unroll::unroll;
use crate::train::partition::Block;
use crate::train::state::{Conv, State};

/// The largest number of taps of a recomputed layer.
pub(in crate::train::conv) const MOST_TAPS: usize = 5;

/// Calls the function with these types and the number of taps as a constant.
macro_rules! taps {
    ($kernel:expr, <$($type:ident),*> $($path:ident).+ ( $($argument:expr),* )) => {
        match $kernel {
            2 => $($path).+::<$($type,)* 2>($($argument),*),
            3 => $($path).+::<$($type,)* 3>($($argument),*),
            4 => $($path).+::<$($type,)* 4>($($argument),*),
            _ => $($path).+::<$($type,)* 5>($($argument),*),
        }
    };
}
pub(in crate::train::conv) use taps;

/// The waveform samples of output row `row`.
#[inline(always)]
pub(super) fn frame<const K: usize>(conv: &Conv, wave: &[f32], row: usize) -> [f32; K] {
    let start = (row * conv.spec.stride) as isize - conv.spec.padding as isize;
    std::array::from_fn(|k| {
        let at = start + k as isize;
        if at >= 0 && (at as usize) < wave.len() {
            wave[at as usize]
        } else {
            0.0
        }
    })
}

/// The taps of one vector of channels, from channel `c` on, of weights `[K, channels]`.
///
/// # Safety
/// The processor has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn taps_of<S: Simd, const K: usize>(weights: &[f32], channels: usize, c: usize) -> [S::V; K] {
    assert!(weights.len() >= K * channels && c + S::LANES <= channels);
    // SAFETY: inside by the assertion.
    std::array::from_fn(|k| unsafe { S::load(weights.as_ptr().add(k * channels + c)) })
}

/// `shift + taps . frame` for one vector of channels, always in this order: the forward and the backward pass must
/// agree on which values pass the ReLU.
///
/// # Safety
/// `frame` is valid for `K` values; the processor has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn affine<S: Simd, const K: usize>(shift: S::V, taps: &[S::V; K], frame: *const f32) -> S::V {
    let mut sum = shift;
    // SAFETY: by the contract.
    unsafe {
        unroll!(K, I => { sum = S::fma(taps[I], S::splat(*frame.add(I)), sum); });
    }
    sum
}

impl State {
    /// The waveform of one segment.
    #[inline(always)]
    pub(in crate::train::conv) unsafe fn wave(&self, conv: &Conv, n: usize) -> &[f32] {
        let length = conv.spec.input_length;
        // SAFETY: the waveform is only written between steps.
        unsafe { self.memory.read(self.maps[conv.spec.input].data.part(n * length, length)) }
    }

    /// Writes the frames of `rows` rows from the first row of `block` on, of its first `segments` segments, to `into`:
    /// `[segments, rows, kernel]`.
    ///
    /// # Safety
    /// The waveform is not written meanwhile.
    #[inline(always)]
    pub(in crate::train::conv) unsafe fn frames(
        &self,
        conv: &Conv,
        (block, segments): (&Block, usize),
        rows: usize,
        into: &mut [f32],
    ) {
        #[inline(always)]
        fn write<const K: usize>(conv: &Conv, wave: &[f32], first: usize, into: &mut [f32]) {
            for (index, to) in into.chunks_exact_mut(K).enumerate() {
                to.copy_from_slice(&frame::<K>(conv, wave, first + index));
            }
        }
        let size = rows * conv.spec.kernel;
        for s in 0..segments {
            // SAFETY: by the contract.
            let wave = unsafe { self.wave(conv, block.segment + s) };
            taps!(conv.spec.kernel, <> write(conv, wave, block.rows.start, &mut into[s * size..][..size]));
        }
    }
}
