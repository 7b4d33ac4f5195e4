//! All buffers of a CPU training plan, laid out once.

mod conv;
mod excite;
mod map;
mod residual_add;
mod scratch;
mod wave;

use engine_core::tape::{self, Consumer, Tape};
use engine_core::{memory, Precision};
use error::Result;

use super::arena::{Arena, Measure, Span};
use super::clock::Clock;
pub(super) use conv::Conv;
pub(super) use excite::Excite;
pub(super) use map::Map;
pub(super) use residual_add::{ResidualAdd, CLOSED};
pub(super) use scratch::measured;
pub(super) use wave::Wave;

/// The buffers of the global pooling.
pub(super) struct GlobalPool {
    pub spec: tape::GlobalPool,
    /// `[batch, channels of all levels]`: the position of the maximum, as an exact float.
    pub winner: Span,
}

/// The memory that a plan needs, for each type of number.
struct Needed {
    floats: Measure,
    bytes: Measure,
    doubles: Measure,
}

impl Needed {
    /// The total number of bytes.
    fn all(&self) -> u128 {
        let size = |measure: &Measure, bytes: usize| measure.taken() as u128 * bytes as u128;
        size(&self.floats, size_of::<f32>()) + size(&self.bytes, 1) + size(&self.doubles, size_of::<f64>())
    }
}

/// All data of a plan except its threads.
pub(super) struct State {
    pub tape: Tape,
    pub clock: Clock,
    pub memory: Arena<f32>,
    pub bytes: Arena<u8>,
    pub doubles: Arena<f64>,
    /// The flat vectors: convolution weights as `[kernel, from, to]`, everything else as in the file.
    pub values: Span,
    pub velocity: Span,
    pub gradients: Span,
    pub statistics: Span,
    pub maps: Vec<Map>,
    pub convs: Vec<Conv>,
    pub excites: Vec<Excite>,
    pub residual_adds: Vec<ResidualAdd>,
    pub global_pool: Option<GlobalPool>,
    /// `hidden` `[batch, width]`, `logits` and `logits_gradient` `[batch, tags]`.
    pub hidden: Span,
    pub logits: Span,
    pub logits_gradient: Span,
    /// The sums of weight gradients, one for each group of the current layer.
    pub weight_sums: Span,
    /// The scratch memory of each worker, which [`State::scratch`] divides.
    scratch: Vec<Span>,
}

impl State {
    /// Lays out `tape` for `batch` segments and `threads` workers, with products of `precision`. If the memory does not
    /// suffice, the result is [`error::Code::InvalidOption`], before any memory is allocated.
    pub(super) fn new(
        tape: Tape,
        precision: Precision,
        (batch, threads): (usize, usize),
        (what, beside): (&str, &dyn Fn(usize) -> u128),
        most_scratch: fn(&Self) -> usize,
    ) -> Result<Self> {
        let laid_out = |batch| Self::laid_out(tape.clone(), precision, (batch, threads), most_scratch);
        let bytes = |batch| laid_out(batch).1.all() + beside(batch);
        memory::check(what, batch, |batch| Self::least(&tape, batch), bytes)?;
        let (mut state, needed) = laid_out(batch);
        let refused = || memory::refused("training", needed.all());
        state.memory = Arena::new(&needed.floats).ok_or_else(refused)?;
        state.bytes = Arena::new(&needed.bytes).ok_or_else(refused)?;
        state.doubles = Arena::new(&needed.doubles).ok_or_else(refused)?;
        Ok(state)
    }

    /// Lays out all buffers of a plan without allocating memory, and returns how much memory they need.
    fn laid_out(
        tape: Tape,
        precision: Precision,
        (batch, threads): (usize, usize),
        most_scratch: fn(&Self) -> usize,
    ) -> (Self, Needed) {
        let mut floats = Measure::default();
        let mut bytes = Measure::default();
        let values = floats.take(tape.layout.trainable);
        let velocity = floats.take(tape.layout.trainable);
        let gradients = floats.take(tape.layout.trainable);
        let statistics = floats.take(tape.layout.statistics);
        let mut doubles = Measure::default();
        let readers: Vec<Option<usize>> = (0..tape.convs.len()).map(|id| wave::reader(&tape, id)).collect();
        let mut convs: Vec<Conv> = std::iter::zip(&tape.convs, &readers)
            .map(|(spec, reader)| Conv::new(spec, reader.is_some(), (batch, threads), precision, &mut floats))
            .collect();
        for (id, reader) in readers.into_iter().enumerate() {
            convs[id].wave = reader.map(|reader| {
                let (spec, terms) = (&tape.convs[id], 1 + tape.convs[id].kernel);
                Wave {
                    scaled: floats.take(spec.kernel * spec.to),
                    frames: doubles.take(batch * spec.kernel * terms),
                    sums: floats.take(batch * convs[reader].blocks.per_segment * terms * spec.to),
                    reader,
                }
            });
        }
        let excites: Vec<Excite> = tape.excites.iter().map(|spec| Excite::new(spec, batch, &mut floats)).collect();
        let residual_adds = tape
            .residual_adds
            .iter()
            .map(|spec| ResidualAdd::new(spec, &convs, batch, &mut floats, &mut bytes))
            .collect();
        let makers = (&*convs, &*excites);
        let maps = tape.maps.iter().map(|spec| Map::new(spec, makers, batch, &mut floats, &mut bytes)).collect();
        let global_pool = tape.global_pool.as_ref().map(|spec| GlobalPool {
            winner: floats.take(batch * tape.maps[spec.output].channels),
            spec: spec.clone(),
        });
        let width = tape.maps[tape.output_input].channels;
        let hidden = floats.take(batch * width);
        let logits = floats.take(batch * tape.tags);
        let logits_gradient = floats.take(batch * tape.tags);
        let weight_sums = floats.take(convs.iter().map(Conv::weight_sums).max().unwrap_or(0));
        let mut state = Self {
            clock: Clock::default(),
            memory: Arena::empty(),
            bytes: Arena::empty(),
            doubles: Arena::empty(),
            values,
            velocity,
            gradients,
            statistics,
            maps,
            convs,
            excites,
            residual_adds,
            global_pool,
            hidden,
            logits,
            logits_gradient,
            weight_sums,
            scratch: Vec::new(),
            tape,
        };
        state.scratch = scratch::workers(threads, most_scratch(&state), &mut floats);
        (state, Needed { floats, bytes, doubles })
    }

    /// A lower bound of the bytes that plans of `tape` need for `batch` segments: parameters and gradients of
    /// activations.
    fn least(tape: &Tape, batch: usize) -> u128 {
        let floats = |length: usize, channels: usize| length as u128 * channels as u128;
        let maps = tape.maps.iter().map(|map| floats(map.length, map.channels));
        // The output of all other convolutions before the pool is a map of the same size.
        let pooled = tape.convs.iter().filter(|conv| conv.pool > 1 || !matches!(conv.consumer, Consumer::Map(_)));
        let raw = pooled.map(|conv| floats(conv.length, conv.to));
        let segment: u128 = maps.chain(raw).sum();
        let fixed = 3 * tape.layout.trainable as u128 + tape.layout.statistics as u128;
        (fixed + segment.saturating_mul(batch as u128)).saturating_mul(size_of::<f32>() as u128)
    }

    /// `len` values of the flat vector, from `start` on.
    #[inline(always)]
    pub(super) fn value(&self, start: usize, len: usize) -> Span {
        self.values.part(start, len)
    }

    /// The span of the gradient of these values.
    #[inline(always)]
    pub(super) fn gradient_of(&self, start: usize, len: usize) -> Span {
        self.gradients.part(start, len)
    }
}
