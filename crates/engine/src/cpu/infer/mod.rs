//! Inference on the CPU: the steps of a plan, run over one arena.

mod arithmetic;
#[cfg(test)]
mod check;
mod compile;
mod conv;
mod direct;
mod fixed14;
mod fold;
mod geometry;
mod int8;
mod int8_tiled;
mod item;
mod map;
mod scheme;
mod spectrogram;
mod time;
mod winograd;
mod work;

use std::time::Instant;

use error::Result;
use net::{Architecture, Layout, Parameters};

use crate::cpu::arena::Arena;
use crate::cpu::features::CpuLevel;
use crate::cpu::kernels::integer::Integer;
use crate::cpu::pool::{Disjoint, Pool};
use crate::options::Options;
use crate::timing::StepTime;
use arithmetic::Arithmetic;
use compile::{compile, Step, Steps, WAVEFORM};
use fold::Tensors;
use map::{MapId, Maps};
use work::Work;

/// A compiled network with all its memory.
pub(crate) struct Plan {
    steps: Steps,
    arena: Arena,
    /// One for each worker.
    scratch: Vec<Arena>,
    pool: Pool,
    level: CpuLevel,
    tags: usize,
    logits: Vec<f32>,
}

impl Plan {
    /// Compiles `architecture`, which is valid, with `parameters` of its `layout`, for at most `batch` segments.
    pub(crate) fn new(
        architecture: &Architecture,
        tags: usize,
        layout: &Layout,
        parameters: &Parameters,
        batch: usize,
        options: &Options,
        level: CpuLevel,
    ) -> Result<Self> {
        let tensors = Tensors { layout, parameters, eps: architecture.norm.eps };
        let arithmetic = Arithmetic { precision: options.precision, integer: Integer::of(level) };
        let mut steps = compile(architecture, &tensors, arithmetic)?;
        let pool = Pool::new(options.threads)?;
        for step in &mut steps.steps {
            if let Step::Spectrogram(spectrogram) = step {
                spectrogram.prepare(pool.threads());
            }
        }
        let arena = Arena::zeroed(steps.maps.place(batch));
        let scratch =
            steps.steps.iter().map(|step| if let Step::Conv(conv) = step { conv.layout().total } else { 0 }).max();
        let scratch = (0..pool.threads()).map(|_| Arena::zeroed(scratch.unwrap_or(0))).collect();
        Ok(Self { steps, arena, scratch, pool, level, tags, logits: vec![0.0; batch * tags] })
    }

    /// Logits `[n, tags]` of `n` segments, at most the batch.
    pub(crate) fn logits(&mut self, segments: &[f32], n: usize) -> Result<&[f32]> {
        self.run(segments, n, |_| {})?;
        Ok(&self.logits[..n * self.tags])
    }

    /// Computes the logits; how long each step took.
    pub(crate) fn timed(&mut self, segments: &[f32], n: usize) -> Result<Vec<StepTime>> {
        let mut ends = vec![Instant::now()];
        self.run(segments, n, |_| ends.push(Instant::now()))?;
        let seconds = ends.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64());
        Ok(self
            .steps
            .names
            .iter()
            .zip(seconds)
            .map(|(name, seconds)| StepTime { name: name.clone(), seconds })
            .collect())
    }

    /// Runs all steps and says when one is done.
    fn run(&mut self, segments: &[f32], n: usize, mut done: impl FnMut(&Step)) -> Result<()> {
        let Self { steps, arena, scratch, pool, level, tags, logits } = self;
        let maps = &steps.maps;
        let waveform = &maps.maps[WAVEFORM];
        zero_edges(maps, WAVEFORM, n, arena);
        for (i, segment) in segments.chunks_exact(waveform.length).enumerate() {
            let at = waveform.at(i, 0);
            arena[at..at + segment.len()].copy_from_slice(segment);
        }
        for step in &steps.steps {
            match step {
                Step::Spectrogram(spectrogram) => zero_edges(maps, spectrogram.output, n, arena),
                Step::Conv(conv) => zero_edges(maps, conv.output(), n, arena),
                Step::Join(join) => zero_edges(maps, join.output, n, arena),
                Step::Squeeze(_) | Step::Scale(_) => {}
            }
            let work = Work {
                pool,
                level: *level,
                arena: Disjoint::new(arena),
                scratch: scratch.iter_mut().map(|memory| Disjoint::new(memory)).collect(),
            };
            match step {
                Step::Spectrogram(spectrogram) => spectrogram.run(maps, n, &work)?,
                Step::Conv(conv) => conv.run(maps, n, &work)?,
                Step::Squeeze(squeeze) => squeeze.run(maps, n, &work)?,
                Step::Scale(scale) => scale.run(maps, n, &work)?,
                Step::Join(join) => join.run(maps, n, &work)?,
            }
            done(step);
        }
        let output = &maps.maps[steps.logits];
        for (i, row) in logits.chunks_exact_mut(*tags).take(n).enumerate() {
            row.copy_from_slice(&arena[output.at(i, 0)..][..*tags]);
        }
        Ok(())
    }
}

/// Writes the zeros around the first `n` segments of a map: what lay there before belongs to another activation.
fn zero_edges(maps: &Maps, id: MapId, n: usize, arena: &mut [f32]) {
    let map = &maps.maps[id];
    for i in 0..n {
        let from = map.offset + i * map.segment();
        arena[from..from + map.front * map.width].fill(0.0);
        let end = from + map.segment();
        arena[end - map.back * map.width..end].fill(0.0);
    }
}
