//! Everything a plan holds on the GPU: one allocation, laid out once.

use super::geometry::{
    extent, front, gradient_by_rows, is_stem, most_rows, phases, pitch, readers, rows_before, Rows, MOST_SPLITS,
};
use super::gpu::{Address, Element};
use super::packet::{PacketPlace, LOSSES};
use super::places::{ConvPlace, ExcitePlace, JoinPlace, MapPlace, StemPlace};
use super::structs::Cut;
use crate::tape::{Conv, ConvId, Map, MapId, Taker, Tape};

/// What a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Training,
    /// Running statistics, no gradients.
    Inference,
}

/// All places.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub maps: Vec<MapPlace>,
    pub convs: Vec<ConvPlace>,
    pub excites: Vec<ExcitePlace>,
    pub joins: Vec<JoinPlace>,
    /// Rows of the gather's maxima, u32.
    pub gather_winner: Address,
    pub values: Address,
    /// The values as products read them, where those are not f32.
    pub narrow: Address,
    pub velocity: Address,
    pub gradients: Address,
    pub statistics: Address,
    pub logits: Address,
    pub logits_gradient: Address,
    /// What changes from step to step.
    pub packet: PacketPlace,
    /// f64, of every cell, and the means of the last steps.
    pub losses: Address,
    pub means: Address,
    /// A batch as it comes.
    pub staging: Address,
    /// Where [`Plan::staging`] is fed to: the input map, or (where that is not f32) its twin in f32.
    pub fed: Address,
    /// f32, `[batch][channels]`: what the output layer reads, and its gradient, where maps are not f32.
    pub last: Address,
    pub last_gradient: Address,
    /// Partial weight gradients.
    pub parts: Address,
    /// Columns of the data gradients of strided convolutions.
    pub columns: Address,
    /// What is needed in all.
    pub bytes: usize,
    /// Bytes behind every part that nobody may touch.
    #[cfg(test)]
    pub guards: Vec<(Address, usize)>,
}

/// Hands out places.
struct Measure<'a> {
    tape: &'a Tape,
    batch: usize,
    training: bool,
    /// What maps and raw outputs are.
    stored: Element,
    base: Address,
    bytes: usize,
    #[cfg(test)]
    guards: Vec<(Address, usize)>,
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
    fn bytes(&mut self, bytes: usize) -> Address {
        let at = Address(self.base.0 + self.bytes as u64);
        self.bytes += bytes.next_multiple_of(256);
        #[cfg(test)]
        {
            self.guards.push((Address(at.0 + bytes as u64), bytes.next_multiple_of(256) - bytes + 256));
            self.bytes += 256;
        }
        at
    }

    fn elements(&mut self, count: usize, element: Element) -> Address {
        self.bytes(count * element.bytes())
    }

    fn floats(&mut self, count: usize) -> Address {
        self.elements(count, Element::F32)
    }

    fn floats_if(&mut self, wanted: bool, count: usize) -> Address {
        if wanted {
            self.floats(count)
        } else {
            Address::NULL
        }
    }

    /// Rows of a convolution's raw output.
    fn most(&self, conv: &Conv) -> usize {
        most_rows(conv, pitch(self.tape, conv.input) / conv.stride, self.batch)
    }

    /// Room for `rows` rows behind `before` rows.
    fn rows(&mut self, before: usize, rows: usize, channels: usize, element: Element) -> Address {
        self.elements((before + rows) * channels, element).offset((before * channels) as isize, element)
    }

    fn map(&mut self, id: MapId, map: &Map) -> MapPlace {
        let (tape, element) = (self.tape, element(self.tape, id, self.stored));
        let rows = extent(tape, id, self.batch, |_, conv| self.most(conv));
        let gradient = rows * map.channels;
        MapPlace {
            data: self.rows(front(tape, id), rows, map.channels, element),
            pitch: pitch(tape, id),
            gradient: if self.training { self.elements(gradient, element) } else { Address::NULL },
            mask: if self.training && map.dropout > 0.0 {
                self.bytes(self.batch * map.length * map.channels)
            } else {
                Address::NULL
            },
        }
    }

    /// In inference a raw output lives no longer than until its map, or its join, is made: maps, branches and shortcuts share.
    fn shared_raw(&mut self) -> [Address; 3] {
        [0, 1, 2].map(|which| {
            let of = self.tape.convs.iter().filter(|conv| share(conv.taker) == which);
            let size = of.map(|conv| self.most(conv) * conv.to).max();
            self.elements(size.unwrap_or(0), self.stored)
        })
    }

    fn raw(&mut self, conv: &Conv, shared: Option<[Address; 3]>) -> Address {
        match shared {
            Some(shared) => shared[share(conv.taker)],
            None => {
                // Behind the rows, the data gradient reads as many zeros as there is padding.
                let rows = self.most(conv) + conv.padding;
                self.rows(rows_before(conv), rows, conv.to, self.stored)
            }
        }
    }

    fn conv(&mut self, id: ConvId, conv: &Conv, shared: Option<[Address; 3]>) -> ConvPlace {
        let (training, stem) = (self.training, is_stem(self.tape, id));
        let pitch = pitch(self.tape, conv.input) / conv.stride;
        let cut = Cut::new(conv.length, conv.pool, conv.pool_padding, conv.pooled);
        let raw = if stem { Address::NULL } else { self.raw(conv, shared) };
        let pooled = matches!(conv.taker, Taker::Map(_)) && conv.pool > 1;
        let windows = self.batch * conv.pooled * conv.to;
        let (peak, peak_pitch) = if pooled { (self.elements(windows, self.stored), conv.pooled) } else { (raw, pitch) };
        let mut channels = |wanted: bool| self.floats_if(wanted, conv.to);
        let (scale, shift, mean, inverse) = (channels(true), channels(true), channels(true), channels(true));
        let (slope, tilt, level) = (channels(training), channels(training), channels(training));
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
            moments: self.floats_if(!stem, 2 * self.batch * cut.chunks as usize * conv.to),
            scale,
            shift,
            mean,
            inverse,
            slope,
            tilt,
            level,
            reversed: if training && !stem && gradient_by_rows(conv) {
                self.elements(taps, self.stored)
            } else {
                Address::NULL
            },
            partial: self.bytes(if training { MOST_BLOCKS * widest * 8 } else { 0 }),
            tickets: self.bytes(if training { widest.div_ceil(8) * 4 } else { 0 }),
            lists: if training && !stem {
                [(); 3].map(|()| self.bytes(phases(conv) * MOST_SPLITS * 8))
            } else {
                [Address::NULL; 3]
            },
            stem: (training && stem).then(|| self.stem(conv)),
        }
    }

    fn stem(&mut self, conv: &Conv) -> StemPlace {
        let blocks = (self.batch * conv.length).div_ceil(STEM_BLOCK_FRAMES);
        StemPlace {
            sums: self.bytes(blocks * stem_quantities(conv.kernel) * 8),
            frames: self.bytes(FRAMES_BYTES),
            totals: self.bytes((1 + conv.kernel) * conv.to * 8),
            // Its own, as the other layers' partial gradients may still be added up.
            parts: self.floats((self.batch * conv.length).div_ceil(STEM_PART_FRAMES) * (1 + conv.kernel) * conv.to),
        }
    }

    /// Elements of a convolution's partial weight gradients, at most.
    fn parts(&self, id: ConvId, conv: &Conv) -> usize {
        if is_stem(self.tape, id) {
            return 0;
        }
        let rows = Rows::new(conv, pitch(self.tape, conv.input) / conv.stride, self.batch);
        rows.phases * rows.splits * conv.kernel * conv.from * conv.to
    }
}

impl Plan {
    /// Lays `tape` out for `batch` segments from `base` on, with maps of `stored`; from address 0 to know the size.
    pub(crate) fn new(tape: &Tape, batch: usize, purpose: Purpose, stored: Element, base: Address) -> Self {
        let training = purpose == Purpose::Training;
        let mut measure = Measure {
            tape,
            batch,
            training,
            stored,
            base,
            bytes: 0,
            #[cfg(test)]
            guards: Vec::new(),
        };
        let m = &mut measure;
        let maps: Vec<_> = tape.maps.iter().enumerate().map(|(id, map)| m.map(id, map)).collect();
        let shared = if training { None } else { Some(m.shared_raw()) };
        let convs = tape.convs.iter().enumerate().map(|(id, conv)| m.conv(id, conv, shared)).collect();
        let excites = tape
            .excites
            .iter()
            .map(|excite| ExcitePlace {
                squeezed: m.floats(batch * excite.channels),
                hidden: m.floats(batch * excite.hidden),
                factors: m.floats(batch * excite.channels),
                gradient: m.floats_if(training, batch * excite.channels),
                hidden_gradient: m.floats_if(training, batch * excite.hidden),
                sums: m.floats_if(training, 2 * batch * excite.channels),
            })
            .collect();
        let joins = tape
            .joins
            .iter()
            .map(|join| JoinPlace {
                cut: Cut::new(join.length, join.pool, join.pool_padding, join.pooled),
                winner: m.bytes(batch * join.pooled * join.channels),
                sums: m.floats_if(
                    training,
                    3 * batch * Cut::new(join.length, 1, 0, join.length).chunks as usize * join.channels,
                ),
            })
            .collect();
        let gathered = tape.gather.as_ref().map_or(0, |gather| tape.maps[gather.output].channels);
        let parts = tape.convs.iter().enumerate().map(|(id, conv)| m.parts(id, conv)).max().unwrap_or(0);
        let columns = tape.convs.iter().enumerate().filter(|&(id, conv)| !is_stem(tape, id) && !gradient_by_rows(conv));
        let columns = columns.map(|(_, conv)| m.most(conv) * conv.kernel * conv.from).max().unwrap_or(0);
        let (cells, last) = (batch * tape.tags, batch * tape.maps[tape.output_input].channels);
        let input = batch * tape.maps[0].length * tape.maps[0].channels;
        let targets = if training { cells } else { 0 };
        let narrow = stored != Element::F32;
        let fed = match element(tape, 0, stored) {
            Element::F32 => maps[0].data,
            _ => m.floats(extent(tape, 0, batch, |_, conv| m.most(conv)) * tape.maps[0].channels),
        };
        let mut plan = Self {
            maps,
            convs,
            excites,
            joins,
            gather_winner: m.floats(batch * gathered),
            values: m.floats(tape.layout.trainable),
            narrow: if narrow { m.elements(tape.layout.trainable, stored) } else { Address::NULL },
            velocity: m.floats_if(training, tape.layout.trainable),
            gradients: m.floats_if(training, tape.layout.trainable),
            statistics: m.floats(tape.layout.statistics),
            logits: m.floats(cells),
            logits_gradient: m.floats_if(training, cells),
            packet: PacketPlace::new(m.bytes(PacketPlace::bytes(batch, targets)), batch, targets),
            losses: m.floats_if(training, 2 * cells),
            means: m.floats_if(training, 2 * LOSSES),
            staging: m.floats(input),
            fed,
            last: m.floats_if(narrow, last),
            last_gradient: m.floats_if(narrow && training, last),
            parts: m.floats_if(training, parts),
            columns: if training { m.elements(columns, stored) } else { Address::NULL },
            bytes: 0,
            #[cfg(test)]
            guards: Vec::new(),
        };
        plan.bytes = measure.bytes;
        #[cfg(test)]
        {
            plan.guards = measure.guards;
        }
        plan
    }
}

/// Which of the buffers that inference shares a raw output is in.
fn share(taker: Taker) -> usize {
    match taker {
        Taker::Map(_) => 0,
        Taker::Branch(_) => 1,
        Taker::Shortcut(_) => 2,
    }
}
