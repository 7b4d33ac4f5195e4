//! The waveform samples of an output row (its frame), and their products with the taps.

use crate::train::state::{Conv, State};

/// Calls `$call` with the number of taps as a constant.
macro_rules! taps {
    ($kernel:expr, $call:ident ( $($argument:expr),* )) => {
        match $kernel {
            2 => $call::<2>($($argument),*),
            3 => $call::<3>($($argument),*),
            4 => $call::<4>($($argument),*),
            _ => $call::<5>($($argument),*),
        }
    };
}
pub(super) use taps;

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

/// `shift + weights . frame`, always in this order: the forward and the backward pass must agree on which values pass
/// the ReLU.
#[inline(always)]
pub(super) fn affine<const K: usize>(shift: f32, weights: &[f32], channels: usize, c: usize, frame: &[f32; K]) -> f32 {
    let mut sum = shift;
    for k in 0..K {
        sum += weights[k * channels + c] * frame[k];
    }
    sum
}

impl State {
    /// The waveform of one segment.
    #[inline(always)]
    pub(super) unsafe fn wave(&self, conv: &Conv, n: usize) -> &[f32] {
        let length = conv.spec.input_length;
        // SAFETY: the waveform is only written between steps.
        unsafe { self.memory.read(self.maps[conv.spec.input].data.part(n * length, length)) }
    }
}
