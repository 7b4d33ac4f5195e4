//! Everything a plan holds on the GPU: one allocation, laid out once.

use super::geometry::{extent, front, gradient_by_rows, most_rows, pitch, rows_before};
use super::gpu::Address;
use super::structs::Cut;
use crate::tape::{Conv, Taker, Tape};

/// What a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Training,
    /// Running statistics, no gradients.
    Inference,
}

/// An activation `[batch][pitch][channels]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MapPlace {
    /// The first segment's first row; zero rows lie before it.
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
    /// `[batch][pitch][to]`: the raw output, then its gradient.
    pub raw: Address,
    pub pitch: usize,
    pub cut: Cut,
    /// What the norm makes largest in every window, `[batch][peak_pitch][to]`; the raw output where the pool is 1.
    pub peak: Address,
    pub peak_pitch: usize,
    /// Which row of a window that was, bytes; none where the pool is 1.
    pub winner: Address,
    /// `[chunks][2][to]`: moments forward, sums backward. An excited branch keeps its moments.
    pub moments: Address,
    pub scale: Address,
    pub shift: Address,
    pub mean: Address,
    pub inverse: Address,
    pub slope: Address,
    pub tilt: Address,
    pub level: Address,
    /// First element of this convolution's taps in reverse.
    pub reversed: Address,
}

/// A squeeze-and-excitation, rows of one value per channel and segment.
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
pub(crate) struct JoinPlace {
    pub cut: Cut,
    pub winner: Address,
    /// `[chunks of the branch][3][channels]`.
    pub sums: Address,
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
    pub velocity: Address,
    pub gradients: Address,
    pub statistics: Address,
    pub logits: Address,
    pub logits_gradient: Address,
    /// Targets of a step, f32 or u32.
    pub targets: Address,
    /// f64, of every cell, and their mean.
    pub losses: Address,
    pub loss: Address,
    /// A batch as it comes.
    pub staging: Address,
    /// Partial weight gradients.
    pub parts: Address,
    /// Columns of the data gradients of strided convolutions.
    pub columns: Address,
    /// What is needed in all.
    pub bytes: usize,
}

/// Hands out places.
struct Measure {
    base: Address,
    bytes: usize,
}

impl Measure {
    /// `bytes` at a multiple of 256.
    fn bytes(&mut self, bytes: usize) -> Address {
        let at = Address(self.base.0 + self.bytes as u64);
        self.bytes += bytes.next_multiple_of(256);
        at
    }

    fn floats(&mut self, count: usize) -> Address {
        self.bytes(count * 4)
    }

    fn floats_if(&mut self, wanted: bool, count: usize) -> Address {
        if wanted {
            self.floats(count)
        } else {
            Address::NULL
        }
    }
}

/// Parts of the first layer's weight gradient: each of so many rows.
pub(crate) const STEM_PART_ROWS: usize = 128;

/// Whether a convolution is too thin for matrix products.
pub(crate) fn is_thin(conv: &Conv) -> bool {
    conv.from == 1 && conv.kernel <= 8
}

impl Plan {
    /// Lays `tape` out for `batch` segments from `base` on; from address 0 to know the size.
    pub(crate) fn new(tape: &Tape, batch: usize, purpose: Purpose, base: Address) -> Self {
        let training = purpose == Purpose::Training;
        let mut measure = Measure { base, bytes: 0 };
        let m = &mut measure;
        let most = |conv: &Conv| most_rows(conv, pitch(tape, conv.input) / conv.stride, batch);
        let maps = (0..tape.maps.len())
            .map(|id| {
                let (map, pitch, front) = (&tape.maps[id], pitch(tape, id), front(tape, id));
                let rows = extent(tape, id, batch, |_, conv| most(conv));
                MapPlace {
                    data: m.floats((front + rows) * map.channels).floats((front * map.channels) as isize),
                    pitch,
                    gradient: m.floats_if(training, rows * map.channels),
                    mask: if training && map.dropout > 0.0 {
                        m.bytes(batch * map.length * map.channels)
                    } else {
                        Address::NULL
                    },
                }
            })
            .collect();
        let shared = if training { None } else { Some(Self::shared_raw(tape, m, most)) };
        let convs = tape.convs.iter().map(|conv| Self::conv(tape, conv, batch, training, shared, m, most)).collect();
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
        let parts = tape.convs.iter().map(|conv| Self::parts(tape, conv, batch)).max().unwrap_or(0);
        let columns = tape.convs.iter().filter(|conv| !gradient_by_rows(conv));
        let columns = columns.map(|conv| most(conv) * conv.kernel * conv.from).max().unwrap_or(0);
        let cells = batch * tape.tags;
        let input = batch * tape.maps[0].length * tape.maps[0].channels;
        let mut plan = Self {
            maps,
            convs,
            excites,
            joins,
            gather_winner: m.floats(batch * gathered),
            values: m.floats(tape.layout.trainable),
            velocity: m.floats_if(training, tape.layout.trainable),
            gradients: m.floats_if(training, tape.layout.trainable),
            statistics: m.floats(tape.layout.statistics),
            logits: m.floats(cells),
            logits_gradient: m.floats_if(training, cells),
            targets: m.floats_if(training, cells),
            losses: m.floats_if(training, 2 * cells),
            loss: m.floats_if(training, 2),
            staging: m.floats(input),
            parts: m.floats_if(training, parts),
            columns: m.floats_if(training, columns),
            bytes: 0,
        };
        plan.bytes = measure.bytes;
        plan
    }

    /// In inference a raw output lives no longer than until its map, or its join, is made: maps, branches and shortcuts share.
    fn shared_raw(tape: &Tape, m: &mut Measure, most: impl Fn(&Conv) -> usize) -> [Address; 3] {
        [0, 1, 2].map(|which| {
            let of = tape.convs.iter().filter(|conv| share(conv.taker) == which);
            let size = of.map(|conv| most(conv) * conv.to).max();
            m.floats(size.unwrap_or(0))
        })
    }

    fn conv(
        tape: &Tape,
        conv: &Conv,
        batch: usize,
        training: bool,
        shared: Option<[Address; 3]>,
        m: &mut Measure,
        most: impl Fn(&Conv) -> usize,
    ) -> ConvPlace {
        let pitch = pitch(tape, conv.input) / conv.stride;
        let cut = Cut::new(conv.length, conv.pool, conv.pool_padding, conv.pooled);
        let raw = match shared {
            Some(shared) => shared[share(conv.taker)],
            None => {
                let before = rows_before(conv);
                // Behind the rows, the data gradient reads as many zeros as there is padding.
                let rows = before + most(conv) + conv.padding;
                m.floats(rows * conv.to).floats((before * conv.to) as isize)
            }
        };
        let pooled = matches!(conv.taker, Taker::Map(_)) && conv.pool > 1;
        let windows = batch * conv.pooled * conv.to;
        let (peak, peak_pitch) = if pooled { (m.floats(windows), conv.pooled) } else { (raw, pitch) };
        let mut channels = |wanted: bool| m.floats_if(wanted, conv.to);
        let (scale, shift, mean, inverse) = (channels(true), channels(true), channels(true), channels(true));
        let (slope, tilt, level) = (channels(training), channels(training), channels(training));
        ConvPlace {
            raw,
            pitch,
            cut,
            peak,
            peak_pitch,
            winner: if pooled { m.bytes(windows) } else { Address::NULL },
            moments: m.floats(2 * batch * cut.chunks as usize * conv.to),
            scale,
            shift,
            mean,
            inverse,
            slope,
            tilt,
            level,
            reversed: m.floats_if(training && gradient_by_rows(conv), conv.kernel * conv.from * conv.to),
        }
    }

    /// Elements of a convolution's partial weight gradients, at most.
    fn parts(tape: &Tape, conv: &Conv, batch: usize) -> usize {
        let pitch = pitch(tape, conv.input) / conv.stride;
        let size = conv.kernel * conv.from * conv.to;
        if is_thin(conv) {
            return most_rows(conv, pitch, batch).div_ceil(STEM_PART_ROWS) * size;
        }
        let rows = super::geometry::Rows::new(conv, pitch, batch);
        rows.phases * rows.splits * size
    }
}

fn share(taker: Taker) -> usize {
    match taker {
        Taker::Map(_) => 0,
        Taker::Branch(_) => 1,
        Taker::Shortcut(_) => 2,
    }
}
