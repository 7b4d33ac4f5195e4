//! Dropout masks from a counter-based generator, so that they do not depend on the number of threads.

use engine_core::backend::Step;
use engine_core::tape::MapId;
use engine_core::{Philox, Purpose};
use error::Result;

use super::state::{Map, State};
use super::work::Work;
use super::CpuTraining;
use crate::kernels::simd::Simd;

/// The number of mask bytes in one item.
const RUN: usize = 1 << 14;
/// The number of words drawn at a time.
const WORDS: usize = 64;

/// The number of work items for `batch` segments of `map`.
pub(crate) fn items(map: &Map, batch: usize) -> usize {
    (batch * map.spec.length * map.spec.channels).div_ceil(RUN)
}

impl CpuTraining {
    pub(super) fn draw_dropout(&self, id: MapId, step: &Step) -> Result<()> {
        let Some((seed, number)) = step.dropout else { return Ok(()) };
        let (state, batch) = (&self.state, step.batch);
        let map = &state.maps[id];
        let philox = Philox::new(seed, Purpose::Dropout, number);
        let draw = Draw { state, map, batch, philox: &philox };
        self.run(items(map, batch), &draw)
    }
}

/// Draws the mask of a map. Element e of a map with stream m takes word `m 2^40 + e`.
pub(crate) struct Draw<'a> {
    pub state: &'a State,
    pub map: &'a Map,
    pub batch: usize,
    pub philox: &'a Philox,
}

impl Work for Draw<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let Some(mask) = self.map.mask else { return };
        let all = self.batch * self.map.spec.length * self.map.spec.channels;
        let (start, count) = (item * RUN, RUN.min(all - item * RUN));
        // SAFETY: an item writes its own run.
        let out = unsafe { self.state.bytes.write(mask.part(start, count)) };
        // An element is dropped if the upper 24 bits of its word are below this limit.
        let limit = (self.map.spec.dropout * f64::from(1 << 24)) as u32;
        let first = self.map.spec.stream << 40 | start as u64;
        let mut words = [0u32; WORDS];
        for (at, out) in (first..).step_by(WORDS).zip(out.chunks_mut(WORDS)) {
            self.philox.fill_words(at, &mut words);
            for (out, word) in out.iter_mut().zip(words) {
                *out = u8::from(word >> 8 >= limit);
            }
        }
    }
}

/// The backward pass: the gradient passes where the mask keeps the element.
pub(crate) struct Pass<'a> {
    pub state: &'a State,
    pub map: &'a Map,
    pub batch: usize,
}

impl Work for Pass<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let Some(mask) = self.map.mask else { return };
        let all = self.batch * self.map.spec.length * self.map.spec.channels;
        let (start, count) = (item * RUN, RUN.min(all - item * RUN));
        let keep = (1.0 / (1.0 - self.map.spec.dropout)) as f32;
        // SAFETY: an item writes its own run.
        unsafe {
            let mask = self.state.bytes.read(mask.part(start, count));
            let gradient = self.state.memory.write(self.map.gradient.part(start, count));
            for (g, &kept) in gradient.iter_mut().zip(mask) {
                *g *= f32::from(kept) * keep;
            }
        }
    }
}
