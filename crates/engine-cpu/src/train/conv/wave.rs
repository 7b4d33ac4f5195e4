//! A first layer whose output is not stored: a short convolution of the waveform is cheaper to compute again than to
//! store.
//!
//! Its batch statistics follow from the mean and the second moments of the waveform's frames. Its output is computed
//! again by the operation that reads it. The gradients of its parameters follow from two sums: the sum of the gated
//! gradient, and the sum of the gated gradient times the sample of each tap.

mod frame;
mod gradient;
mod moments;
mod repeat;
mod sums;

use engine_core::tape::{Operation, Shortcut, Taker, Tape, Value};

use super::winograd::Size;
use crate::train::arena::Span;
use crate::train::partition::LANES;
pub(super) use gradient::WaveWeights;
pub(super) use moments::{Frames, Moments};
pub(super) use repeat::Scale;
pub(super) use sums::StoredSums;

/// The buffers of a convolution that is recomputed instead of stored.
#[derive(Clone, Copy, Debug)]
pub(in crate::train) struct Wave {
    /// `[kernel, to]`: weights times scale.
    pub scaled: Span,
    /// In f64, `[batch, kernel (1 + kernel)]`: the sums of a segment's frames, and of their products.
    pub frames: Span,
    /// `[batch, blocks of the reader's segment, 1 + kernel, to]`.
    pub sums: Span,
    /// The convolution that reads the output.
    pub reader: usize,
}

/// The convolution that reads the output of convolution `id`, if `id` is worth recomputing: it has few taps on the
/// waveform, a norm and no pool, and only a single Winograd convolution reads its output.
pub(in crate::train) fn reader(tape: &Tape, id: usize) -> Option<usize> {
    let conv = &tape.convs[id];
    let Taker::Map(map) = conv.taker else { return None };
    let plain = tape.maps[conv.input].value == Value::Input
        && conv.from == 1
        && (2..=5).contains(&conv.kernel)
        && conv.norm.is_some()
        && conv.pool == 1
        && conv.to.is_multiple_of(LANES)
        && tape.maps[map].excite.is_none()
        && tape.maps[map].dropout == 0.0;
    let mut readers = (0..tape.convs.len()).filter(|&reader| tape.convs[reader].input == map);
    let (reader, more) = (readers.next()?, readers.next());
    let elsewhere = tape.operations.iter().any(|operation| match *operation {
        Operation::Join(join) => {
            matches!(tape.joins[join].shortcut, Shortcut::Identity { map: other, .. } if other == map)
        }
        Operation::Gather => tape.gather.iter().any(|gather| gather.levels.contains(&map)),
        Operation::Output => tape.output_input == map,
        Operation::Conv(_) | Operation::Excite(_) | Operation::Dropout(_) => false,
    });
    (plain && more.is_none() && !elsewhere && Size::of(&tape.convs[reader]).is_some()).then_some(reader)
}
