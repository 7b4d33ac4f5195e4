//! The buffers of a first layer that is repeated instead of stored, and where that is worth it.

use engine_core::tape::{Consumer, Operation, Shortcut, Tape, Value};

use crate::train::arena::Span;
use crate::train::partition::LANES;
use crate::train::tiles::Size;

/// Buffers of a convolution that is repeated.
#[derive(Clone, Copy, Debug)]
pub(in crate::train) struct Wave {
    /// `[kernel, to]`: weights times scale.
    pub scaled: Span,
    /// In f64, `[batch, kernel (1 + kernel)]`: sums of a segment's frames, and of their products.
    pub frames: Span,
    /// `[batch, blocks of the reader's segment, 1 + kernel, to]`.
    pub sums: Span,
    /// The convolution that reads it.
    pub reader: usize,
}

/// The reader of convolution `id`, where `id` is worth repeating: few taps on the waveform, a norm, no pool, and all that reads
/// it is one Winograd convolution.
pub(in crate::train) fn reader(tape: &Tape, id: usize) -> Option<usize> {
    let conv = &tape.convs[id];
    let Consumer::Map(map) = conv.consumer else { return None };
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
        Operation::ResidualAdd(addition) => {
            matches!(tape.residual_adds[addition].shortcut, Shortcut::Identity { map: other, .. } if other == map)
        }
        Operation::GlobalPool => tape.global_pool.iter().any(|global_pool| global_pool.levels.contains(&map)),
        Operation::Output => tape.output_input == map,
        Operation::Conv(_) | Operation::Excite(_) | Operation::Dropout(_) => false,
    });
    (plain && more.is_none() && !elsewhere && Size::of(&tape.convs[reader]).is_some()).then_some(reader)
}
