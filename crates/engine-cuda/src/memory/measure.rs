//! Hands out the places of a plan, one behind the other: sizes of maps, raw outputs and sums.

use engine_core::tape::{Consumer, Conv, ConvId, Map, MapId, Tape};

use crate::gpu::arguments::Cut;
use crate::gpu::{Address, Element};
use crate::memory::fused::{is_fused, parts, source_of, FusedPlace, MapSource};
use crate::memory::geometry::{
    extent, front, gradient_by_rows, is_stem, most_rows, phases, pitch, readers, rows_before, Rows, MOST_SPLITS,
};
use crate::memory::places::{ConvPlace, MapPlace, StemPlace};
use crate::memory::terms::Terms;

/// Hands out places.
pub(super) struct Measure<'a> {
    pub(super) tape: &'a Tape,
    pub(super) terms: Terms,
    pub(super) base: Address,
    pub(super) bytes: usize,
    #[cfg(test)]
    pub(super) guards: Vec<(Address, usize)>,
}

/// Parts of the first layer's weight gradient: each of so many frames.
pub(crate) const STEM_PART_FRAMES: usize = 128;
/// Frames of a block of the first layer's statistics (`stem_frames.cu`).
pub(crate) const STEM_BLOCK_FRAMES: usize = 4096;
/// Blocks of a sum over chunks, at most, and chunks of one of them.
const MOST_BLOCKS: usize = 32;
const BLOCK_CHUNKS: usize = 256;

/// Blocks among which a sum over so many chunks is divided.
pub(crate) fn sum_blocks(chunks: usize) -> usize {
    chunks.div_ceil(BLOCK_CHUNKS).clamp(1, MOST_BLOCKS)
}

/// Bytes of `Frames` (`stem.h`).
const FRAMES_BYTES: usize = (8 + 8 * 8) * 8;

/// Quantities that the first layer's statistics are computed from.
fn stem_quantities(taps: usize) -> usize {
    let counted = if taps <= 3 { 3 } else { 8 };
    counted + counted * (counted + 1) / 2
}

/// What the elements of a map and its gradient are: of the waveform f32 where only the first layer reads it.
pub(crate) fn element(tape: &Tape, map: MapId, stored: Element) -> Element {
    if map == 0 && readers(tape, 0).all(|(id, _)| is_stem(tape, id)) {
        Element::F32
    } else {
        stored
    }
}

impl Measure<'_> {
    /// `bytes` at a multiple of 256.
    pub(super) fn bytes(&mut self, bytes: usize) -> Address {
        let at = Address(self.base.0 + self.bytes as u64);
        self.bytes += bytes.next_multiple_of(256);
        #[cfg(test)]
        {
            self.guards.push((Address(at.0 + bytes as u64), bytes.next_multiple_of(256) - bytes + 256));
            self.bytes += 256;
        }
        at
    }

    pub(super) fn elements(&mut self, count: usize, element: Element) -> Address {
        self.bytes(count * element.bytes())
    }

    pub(super) fn floats(&mut self, count: usize) -> Address {
        self.elements(count, Element::F32)
    }

    pub(super) fn floats_if(&mut self, wanted: bool, count: usize) -> Address {
        if wanted {
            self.floats(count)
        } else {
            Address::NULL
        }
    }

    /// Rows of a convolution's raw output.
    pub(super) fn most(&self, conv: &Conv) -> usize {
        most_rows(conv, pitch(self.tape, conv.input) / conv.stride, self.terms.batch)
    }

    /// MemoryBudget for `rows` rows behind `before` rows.
    pub(super) fn rows(&mut self, before: usize, rows: usize, channels: usize, element: Element) -> Address {
        self.elements((before + rows) * channels, element).offset((before * channels) as isize, element)
    }

    pub(super) fn map(&mut self, id: MapId, map: &Map) -> MapPlace {
        let (tape, element) = (self.tape, element(self.tape, id, self.terms.stored));
        let rows = extent(tape, id, self.terms.batch, |_, conv| self.most(conv));
        let gradient = rows * map.channels;
        let is_written = source_of(tape, id, &self.terms) == MapSource::Map;
        MapPlace {
            data: if is_written { self.rows(front(tape, id), rows, map.channels, element) } else { Address::NULL },
            pitch: pitch(tape, id),
            gradient: if self.terms.is_training() { self.elements(gradient, element) } else { Address::NULL },
            mask: if self.terms.is_training() && map.dropout > 0.0 {
                self.bytes(self.terms.batch * map.length * map.channels)
            } else {
                Address::NULL
            },
        }
    }

    /// In inference a raw output lives no longer than until its map, or its residual addition, is made: maps, branches and shortcuts share.
    pub(super) fn shared_raw(&mut self) -> [Address; 3] {
        [0, 1, 2].map(|which| {
            let of = self.tape.convs.iter().filter(|conv| share(conv.consumer) == which);
            let size = of.map(|conv| self.most(conv) * conv.to).max();
            self.elements(size.unwrap_or(0), self.terms.stored)
        })
    }

    pub(super) fn raw(&mut self, conv: &Conv, shared: Option<[Address; 3]>) -> Address {
        match shared {
            Some(shared) => shared[share(conv.consumer)],
            None => {
                // Behind the rows, the data gradient reads as many zeros as there is padding.
                let rows = self.most(conv) + conv.padding;
                self.rows(rows_before(conv), rows, conv.to, self.terms.stored)
            }
        }
    }

    pub(super) fn conv(&mut self, id: ConvId, conv: &Conv, shared: Option<[Address; 3]>) -> ConvPlace {
        let (training, stem) = (self.terms.is_training(), is_stem(self.tape, id));
        let pitch = pitch(self.tape, conv.input) / conv.stride;
        let cut = Cut::new(conv.length, conv.pool, conv.pool_padding, conv.pooled);
        let raw = if stem { Address::NULL } else { self.raw(conv, shared) };
        let pooled = matches!(conv.consumer, Consumer::Map(_)) && conv.pool > 1;
        let windows = self.terms.batch * conv.pooled * conv.to;
        let (peak, peak_pitch) =
            if pooled { (self.elements(windows, self.terms.stored), conv.pooled) } else { (raw, pitch) };
        let fused = self.fused(id, conv);
        let chunks = self.terms.batch * cut.chunks as usize;
        let chunks =
            chunks.max(if fused.is_some() { Cut::of_warps(self.terms.batch * conv.pooled).chunks as usize } else { 0 });
        let mut channels = |wanted: bool| self.floats_if(wanted, conv.to);
        let (scale, shift, mean, inverse) = (channels(true), channels(true), channels(true), channels(true));
        let (gradient_scale, raw_scale, gradient_shift) = (channels(training), channels(training), channels(training));
        let taps = conv.kernel * conv.from * conv.to;
        // Three values a channel of its norm; of a stem the totals' values.
        let widest = conv.to * 3usize.max(if stem { 1 + conv.kernel } else { 0 });
        ConvPlace {
            raw,
            pitch,
            cut,
            peak,
            peak_pitch,
            winner: if pooled { self.bytes(windows) } else { Address::NULL },
            moments: self.floats_if(!stem, 2 * chunks * conv.to),
            scale,
            shift,
            mean,
            inverse,
            gradient_scale,
            raw_scale,
            gradient_shift,
            reversed: if training && !stem && fused.is_none() && gradient_by_rows(conv) {
                self.elements(taps, self.terms.stored)
            } else {
                Address::NULL
            },
            partial: self.bytes(if training { MOST_BLOCKS * widest * 8 } else { 0 }),
            tickets: self.bytes(if training { widest.div_ceil(8) * 4 } else { 0 }),
            lists: if training && !stem && fused.is_none() {
                [(); 3].map(|()| self.bytes(phases(conv) * MOST_SPLITS * 8))
            } else {
                [Address::NULL; 3]
            },
            stem: (training && stem).then(|| self.stem(conv)),
            fused,
        }
    }

    fn fused(&mut self, id: ConvId, conv: &Conv) -> Option<FusedPlace> {
        let cores = self.terms.cores?;
        if !is_fused(self.tape, id, &self.terms) {
            return None;
        }
        let size = 3 * conv.from * conv.to;
        Some(FusedPlace {
            taps: self.elements(size, self.terms.stored),
            reversed: if self.terms.is_training() { self.elements(size, self.terms.stored) } else { Address::NULL },
            source: source_of(self.tape, conv.input, &self.terms),
            cores,
        })
    }

    pub(super) fn stem(&mut self, conv: &Conv) -> StemPlace {
        let blocks = (self.terms.batch * conv.length).div_ceil(STEM_BLOCK_FRAMES);
        StemPlace {
            sums: self.bytes(blocks * stem_quantities(conv.kernel) * 8),
            frames: self.bytes(FRAMES_BYTES),
            totals: self.bytes((1 + conv.kernel) * conv.to * 8),
            // Its own, as the other layers' partial gradients may still be added up.
            parts: self
                .floats((self.terms.batch * conv.length).div_ceil(STEM_PART_FRAMES) * (1 + conv.kernel) * conv.to),
        }
    }

    /// Elements of a convolution's partial weight gradients, at most.
    pub(super) fn parts(&self, id: ConvId, conv: &Conv) -> usize {
        if is_stem(self.tape, id) {
            return 0;
        }
        let size = conv.kernel * conv.from * conv.to;
        if let (Some(cores), true) = (self.terms.cores, is_fused(self.tape, id, &self.terms)) {
            return parts(cores, conv, self.terms.batch * conv.pooled, self.terms.stored).0 * size;
        }
        let rows = Rows::new(conv, pitch(self.tape, conv.input) / conv.stride, self.terms.batch);
        rows.phases * rows.splits * size
    }
}

/// Which of the buffers that inference shares a raw output is in.
fn share(consumer: Consumer) -> usize {
    match consumer {
        Consumer::Map(_) => 0,
        Consumer::Branch(_) => 1,
        Consumer::Shortcut(_) => 2,
    }
}
