//! Which convolutions our own kernels compute, and what they need: those of three taps under a pool of three, on tensor cores. A map
//! that only these kernels read is computed on the way and never written: from the waveform, or from what the pool before has kept.

use engine_core::tape::{Consumer, Conv, ConvId, MapId, Shortcut, Tape, Value};

use crate::gpu::{Address, Cores, Element};
use crate::memory::geometry::{is_stem, readers};
use crate::memory::terms::Terms;

/// Windows of a tile, and columns of a block (`fused/window.h`, `fused/tensor.h`).
pub(crate) const TILE: usize = 64;
pub(crate) const COLUMNS: usize = 64;
/// Input channels of a block of the weight gradient (`fused/weights.cu`).
const BLOCK_FROM: usize = 128;

/// Places of a convolution that our own kernels compute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FusedPlace {
    /// The weights as the kernels read them, forward and in reverse.
    pub taps: Address,
    pub reversed: Address,
    pub source: MapSource,
    pub cores: Cores,
}

/// Whether our own kernels compute a convolution under these terms: three taps, a pool of three, channels in blocks, and at least
/// one tile for every multiprocessor.
pub(crate) fn is_fused(tape: &Tape, id: ConvId, terms: &Terms) -> bool {
    let (Some(cores), conv) = (terms.cores, &tape.convs[id]) else { return false };
    let is_three = (conv.kernel, conv.stride, conv.padding, conv.pool, conv.pool_padding) == (3, 1, 1, 3, 0);
    let in_blocks = conv.from.is_multiple_of(BLOCK_FROM) && conv.to.is_multiple_of(COLUMNS);
    let is_map = matches!(conv.consumer, Consumer::Map(_)) && conv.input != 0 && !conv.accumulate;
    let shared =
        [forward_shared(conv, terms.stored), data_shared(conv, terms.stored), weights_shared(conv, terms.stored)];
    is_three
        && in_blocks
        && is_map
        && conv.length == 3 * conv.pooled
        && terms.batch * conv.pooled >= TILE * cores.multiprocessors
        && shared.into_iter().all(|bytes| bytes <= cores.shared)
}

/// Where the kernels that read a map have its values from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MapSource {
    /// The map, which is written.
    Map,
    /// What the pool of this convolution has kept, through norm and ReLU: the map is not written.
    Pooled(ConvId),
    /// The waveform, through this first layer: its map is not written.
    Wave(ConvId),
}

/// The source of `map`: other than the map itself where only our own kernels read it.
pub(crate) fn source_of(tape: &Tape, map: MapId, terms: &Terms) -> MapSource {
    let (Value::Conv(id), spec) = (tape.maps[map].value, &tape.maps[map]) else { return MapSource::Map };
    let is_added = tape
        .residual_adds
        .iter()
        .any(|addition| matches!(addition.shortcut, Shortcut::Identity { map: of, .. } if of == map));
    let is_gathered = tape.global_pool.as_ref().is_some_and(|global_pool| global_pool.levels.contains(&map));
    let is_changed = spec.excite.is_some() || spec.dropout > 0.0;
    let mut all = readers(tape, map).map(|(reader, _)| is_fused(tape, reader, terms));
    if is_added || is_gathered || is_changed || tape.output_input == map || !all.all(|fused| fused) {
        return MapSource::Map;
    }
    let conv = &tape.convs[id];
    match (conv.kernel, conv.stride, conv.padding) {
        (3, 3, 0) if is_stem(tape, id) && readers(tape, map).count() == 1 => MapSource::Wave(id),
        // Inference keeps no extrema.
        _ if !is_stem(tape, id) && conv.pool > 1 && terms.is_training() => MapSource::Pooled(id),
        _ => MapSource::Map,
    }
}

/// Bytes of the weights of a block's columns for so many channels.
fn taps_bytes(channels: usize, stored: Element) -> usize {
    3 * channels * COLUMNS * stored.bytes()
}

/// Bytes of the five coefficients of every channel, with what lies between them (`fused/rows.h`).
fn coefficient_bytes(channels: usize, stored: Element) -> usize {
    let unit = 16 / stored.bytes();
    (channels * 8 + channels / unit * 4) * 4
}

/// Bytes that a block shares going forward.
pub(crate) fn forward_shared(conv: &Conv, stored: Element) -> usize {
    taps_bytes(conv.from, stored) + coefficient_bytes(conv.from, stored)
}

/// The same of the data gradient.
pub(crate) fn data_shared(conv: &Conv, stored: Element) -> usize {
    taps_bytes(conv.to, stored) + coefficient_bytes(conv.to + COLUMNS, stored)
}

/// The same of the weights' gradient.
pub(crate) fn weights_shared(conv: &Conv, stored: Element) -> usize {
    let input = 5 * 8 * (BLOCK_FROM + 8);
    let columns = 3 * 8 * (64 + 4);
    2 * (input + columns) * 4 + coefficient_bytes(conv.from + COLUMNS, stored)
}

/// Parts of the weights' gradient, and windows of each.
pub(crate) fn parts(cores: Cores, conv: &Conv, total: usize, stored: Element) -> (usize, usize) {
    let step = 32 / stored.bytes();
    let number = (cores.multiprocessors / weight_blocks(conv)).clamp(1, total.div_ceil(step));
    let share = total.div_ceil(number).next_multiple_of(step);
    (total.div_ceil(share), share)
}

/// Blocks of the weights of a convolution.
pub(crate) fn weight_blocks(conv: &Conv) -> usize {
    conv.from / BLOCK_FROM * (conv.to / COLUMNS)
}
