//! Where rows lie: maps and raw outputs are runs of rows, `pitch` of them a segment, of which the first `length` hold values and
//! the rest zeros. So every convolution over a whole batch is a matrix product on overlapping views of one array.
//!
//! Rows that a window overlaps cannot be columns of one BLAS matrix. They are taken in phases: of `phases` = ceil(kernel /
//! stride) neighbouring output rows, those of one phase have windows that do not overlap, and the phases are a batch of products.

use engine_core::tape::{Consumer, Conv, ConvId, MapId, Tape};

/// Rows of a weight gradient's product, about: its partial products are added in a fixed order.
const SPLIT_ROWS: usize = 1024;
/// Partial products of a phase, at most.
pub(crate) const MOST_SPLITS: usize = 48;

/// How the rows of a convolution are multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rows {
    pub phases: usize,
    /// Partial products of every phase of the weight gradient.
    pub splits: usize,
    /// Rows of one of them.
    pub split_rows: usize,
}

impl Rows {
    /// For `batch` segments of `pitch` output rows.
    pub(crate) fn new(conv: &Conv, pitch: usize, batch: usize) -> Self {
        let phases = phases(conv);
        let rows = (batch * pitch).div_ceil(phases);
        let splits = rows.div_ceil(SPLIT_ROWS).clamp(1, MOST_SPLITS);
        Self { phases, splits, split_rows: rows.div_ceil(splits) }
    }

    /// Rows of one phase.
    pub(crate) fn in_phase(&self) -> usize {
        self.splits * self.split_rows
    }

    /// All rows: those of the batch, and a few behind them.
    pub(crate) fn total(&self) -> usize {
        self.phases * self.in_phase()
    }
}

/// Neighbouring output rows whose windows overlap.
pub(crate) fn phases(conv: &Conv) -> usize {
    conv.kernel.div_ceil(conv.stride)
}

/// The most rows that [`Rows::total`] gives for any batch up to `batch`.
pub(crate) fn most_rows(conv: &Conv, pitch: usize, batch: usize) -> usize {
    batch * pitch + phases(conv) * (MOST_SPLITS + 1)
}

/// Whether the data gradient is a product of shifted rows, as the convolution itself; else it goes through columns.
pub(crate) fn gradient_by_rows(conv: &Conv) -> bool {
    conv.stride == 1 && conv.padding < conv.kernel
}

/// Rows of zeros that the data gradient of `conv` reads before its raw gradient.
pub(crate) fn rows_before(conv: &Conv) -> usize {
    if gradient_by_rows(conv) {
        conv.kernel - 1 - conv.padding
    } else {
        0
    }
}

/// Taps of a first layer that needs no raw output, at most (`stem.h`).
const MOST_STEM_TAPS: usize = 8;

/// Whether a convolution is a first layer whose raw output is never written: few taps on the waveform alone, and nothing but norm and
/// ReLU behind it.
pub(crate) fn is_stem(tape: &Tape, id: ConvId) -> bool {
    let conv = &tape.convs[id];
    let is_plain = matches!(conv.consumer, Consumer::Map(map) if tape.maps[map].excite.is_none()) && conv.pool == 1;
    conv.input == 0 && conv.from == 1 && conv.kernel <= MOST_STEM_TAPS && is_plain && readers(tape, 0).count() == 1
}

/// Convolutions that read `map`.
pub(crate) fn readers(tape: &Tape, map: MapId) -> impl Iterator<Item = (usize, &Conv)> {
    tape.convs.iter().enumerate().filter(move |(_, conv)| conv.input == map)
}

/// Rows of a segment of `map`: enough for its values, for the zeros that its readers see around them, and for their output rows.
pub(crate) fn pitch(tape: &Tape, map: MapId) -> usize {
    let length = tape.maps[map].length;
    let needed = |conv: &Conv| {
        let behind = ((conv.length - 1) * conv.stride + conv.kernel).saturating_sub(conv.padding + length);
        // The data gradient sees zeros on both sides of the raw one.
        let around = if gradient_by_rows(conv) { conv.padding.max(conv.kernel - 1 - conv.padding) } else { 0 };
        (length + conv.padding.max(behind)).max((conv.length + around) * conv.stride)
    };
    let rows = readers(tape, map).map(|(_, conv)| needed(conv)).max().unwrap_or(length).max(length);
    // Strides of readers of one map are 1 or the same number; their product is a multiple of each.
    let mut strides: Vec<usize> = readers(tape, map).map(|(_, conv)| conv.stride).collect();
    strides.sort_unstable();
    strides.dedup();
    rows.next_multiple_of(strides.iter().product::<usize>().max(1))
}

/// Zero rows before the first segment of `map`.
pub(crate) fn front(tape: &Tape, map: MapId) -> usize {
    readers(tape, map).map(|(_, conv)| conv.padding).max().unwrap_or(0)
}

/// Rows of `map` from the first segment on that are read in a step of `rows(conv)` output rows of every reader.
pub(crate) fn extent(tape: &Tape, map: MapId, batch: usize, rows: impl Fn(usize, &Conv) -> usize) -> usize {
    let read = readers(tape, map)
        .map(|(id, conv)| (rows(id, conv) - 1) * conv.stride + conv.kernel - conv.padding.min(conv.kernel));
    read.max().unwrap_or(0).max(batch * pitch(tape, map))
}

#[cfg(test)]
mod tests {
    use super::*;
    use net::Architecture;

    #[test]
    fn pitches_leave_room_for_every_reader() {
        for preset in ["3^9", "2^13", "5^6", "4^7", "se-multi", "rese2-multi", "leenet11", "minzwon"] {
            let Ok(architecture) = Architecture::preset(preset) else { continue };
            let tape = Tape::compile(&architecture, 50).unwrap();
            for map in 0..tape.maps.len() {
                let pitch = pitch(&tape, map);
                for (_, conv) in readers(&tape, map) {
                    assert_eq!(pitch % conv.stride, 0, "{preset}");
                    assert!(
                        pitch / conv.stride >= conv.length && pitch >= conv.input_length + conv.padding,
                        "{preset}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_batch_has_its_rows_in_the_most() {
        let tape = Tape::compile(&Architecture::preset("3^9").unwrap(), 50).unwrap();
        for conv in &tape.convs {
            let pitch = pitch(&tape, conv.input) / conv.stride;
            for batch in 1..40 {
                let total = Rows::new(conv, pitch, batch).total();
                assert!(total >= batch * pitch && total <= most_rows(conv, pitch, batch));
            }
        }
    }
}
