//! Inference on the CPU: the steps of a plan, which run on one arena.

#[cfg(test)]
mod check;
mod compile;
mod conv;
mod map;
mod spectrogram;
mod time;
mod work;

use std::time::Instant;

use engine_core::pool::{physical_cores, Disjoint, Pool};
use engine_core::{memory, StepTime, Tap};
use error::Result;
use net::{Architecture, Layout, Parameters};

use crate::arena::Arena;
use crate::cpu::Cpu;
use crate::features::CpuLevel;
use crate::kernels::integer::Integer;
use crate::kernels::simd::PANEL;
use crate::kernels::winograd::MAX_POINTS;
use compile::{compile, Step, Steps, WAVEFORM};
use conv::arithmetic::Arithmetic;
use conv::fold::Tensors;
use map::{MapId, Maps};
use work::Work;

/// A compiled network with all its memory.
pub(crate) struct InferencePlan {
    steps: Steps,
    arena: Arena,
    /// The scratch memory, one part for each worker.
    scratch: Vec<Arena>,
    pool: Pool,
    level: CpuLevel,
    tags: usize,
    logits: Vec<f32>,
    /// The values of the taps, `[n, width]`.
    tapped: Vec<f32>,
}

impl InferencePlan {
    /// Compiles `architecture`, which must be valid, with `parameters` of its `layout`, for the logits
    /// and `taps` of at most `batch` segments.
    pub(crate) fn new(
        architecture: &Architecture,
        tags: usize,
        layout: &Layout,
        parameters: &Parameters,
        batch: usize,
        taps: &[Tap],
        cpu: Cpu,
        level: CpuLevel,
    ) -> Result<Self> {
        check_weights(layout)?;
        let tensors = Tensors { layout, parameters, eps: architecture.norm.eps };
        let arithmetic = Arithmetic { precision: cpu.precision, integer: Integer::of(level) };
        let mut steps = compile(architecture, tags, &tensors, arithmetic, taps)?;
        let pool = Pool::new(cpu.threads)?;
        for step in &mut steps.steps {
            if let Step::Spectrogram(spectrogram) = step {
                spectrogram.prepare(pool.threads());
            }
        }
        let scratch = steps.scratch();
        let needed = Needed { maps: &steps.maps, scratch: scratch * pool.threads(), tags: tags + steps.tapped_width() };
        memory::check("inference", batch, |batch| needed.least(batch), |batch| needed.all(batch))?;
        let arena = Arena::zeroed("inference", steps.maps.place(batch))?;
        let scratch = (0..pool.threads()).map(|_| Arena::zeroed("inference", scratch)).collect::<Result<_>>()?;
        let logits = memory::filled("inference", 0.0, batch * tags)?;
        let tapped = memory::filled("inference", 0.0, batch * steps.tapped_width())?;
        Ok(Self { steps, arena, scratch, pool, level, tags, logits, tapped })
    }

    /// Computes the logits `[n, tags]` of `n` segments, at most the batch size.
    pub(crate) fn logits(&mut self, segments: &[f32], n: usize) -> Result<&[f32]> {
        self.run(segments, n, |_| {})?;
        Ok(&self.logits[..n * self.tags])
    }

    /// The values of the taps for the segments of the last call, `[n, width]`.
    pub(crate) fn tapped(&self) -> &[f32] {
        &self.tapped
    }

    /// Computes the logits and returns the time of each step.
    pub(crate) fn timed(&mut self, segments: &[f32], n: usize) -> Result<Vec<StepTime>> {
        let mut ends = vec![Instant::now()];
        self.run(segments, n, |_| ends.push(Instant::now()))?;
        let seconds = ends.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64());
        Ok(self
            .steps
            .names
            .iter()
            .zip(seconds)
            .map(|(name, seconds)| StepTime { name: name.clone(), seconds, parts: Vec::new() })
            .collect())
    }

    /// Runs all steps and calls `done` after each step.
    fn run(&mut self, segments: &[f32], n: usize, mut done: impl FnMut(&Step)) -> Result<()> {
        let Self { steps, arena, scratch, pool, level, tags, logits, tapped } = self;
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
                Step::ResidualAdd(addition) => zero_edges(maps, addition.output, n, arena),
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
                Step::ResidualAdd(addition) => addition.run(maps, n, &work)?,
            }
            done(step);
        }
        let output = &maps.maps[steps.logits];
        for (i, row) in logits.chunks_exact_mut(*tags).take(n).enumerate() {
            row.copy_from_slice(&arena[output.at(i, 0)..][..*tags]);
        }
        tapped.clear();
        for i in 0..n {
            for tapped_map in &steps.tapped {
                let from = maps.maps[tapped_map.map].at(i, 0);
                tapped.extend_from_slice(&arena[from..][..tapped_map.channels]);
            }
        }
        Ok(())
    }
}

/// The memory of a plan without its weights, in floats: for each segment of a batch, and for the workers.
struct Needed<'a> {
    maps: &'a Maps,
    scratch: usize,
    tags: usize,
}

impl Needed<'_> {
    /// The bytes for `batch` segments.
    fn all(&self, batch: usize) -> u128 {
        self.with(batch, self.maps.clone().place(batch) as u128)
    }

    /// A lower bound of these bytes, cheap to compute for every batch size.
    fn least(&self, batch: usize) -> u128 {
        self.with(batch, self.maps.largest(batch))
    }

    fn with(&self, batch: usize, activations: u128) -> u128 {
        let logits = batch as u128 * self.tags as u128;
        activations.saturating_add(logits + self.scratch as u128).saturating_mul(size_of::<f32>() as u128)
    }
}

/// Returns a function that gives the bytes of a plan for any batch size, without creating a plan.
pub(crate) fn bytes_of(
    architecture: &Architecture,
    tags: usize,
    layout: &Layout,
    cpu: Cpu,
) -> Result<impl Fn(usize) -> u128> {
    check_weights(layout)?;
    // The algorithm of a layer's products does not depend on the weights. The standard deviation of a mel stem must not
    // be 0.
    let mut parameters = Parameters::try_zeros(layout)?;
    parameters.statistics.fill(1.0);
    let tensors = Tensors { layout, parameters: &parameters, eps: architecture.norm.eps };
    let arithmetic = Arithmetic { precision: cpu.precision, integer: Integer::of(CpuLevel::chosen()?) };
    let steps = compile(architecture, tags, &tensors, arithmetic, &[])?;
    let threads = if cpu.threads == 0 { physical_cores() } else { cpu.threads };
    let (scratch, maps) = (steps.scratch() * threads, steps.maps);
    Ok(move |batch| Needed { maps: &maps, scratch, tags }.all(batch))
}

/// Checks that the packed weights of a network fit, for every algorithm: channels are padded to whole panels, and a
/// Winograd tile has more points than taps. The size of the weights does not depend on the batch size.
fn check_weights(layout: &Layout) -> Result<()> {
    let padded = |channels: usize| channels.next_multiple_of(PANEL) as u128;
    let packed = layout.tensors.iter().filter(|spec| spec.shape.len() > 1).map(|spec| {
        let taps = spec.shape.get(2).copied().unwrap_or(1);
        let points = if (2..=5).contains(&taps) { MAX_POINTS } else { taps };
        padded(spec.shape[0]) * padded(spec.shape[1]) * points as u128
    });
    // The weights of one layer at a time are folded in f64.
    let folded = layout.tensors.iter().map(|spec| 2 * spec.len() as u128).max().unwrap_or(0);
    let bytes = (packed.sum::<u128>() + folded) * size_of::<f32>() as u128;
    memory::check_fixed("the network's packed weights", bytes)
}

/// Writes the zeros around the first `n` segments of a map, because the memory held another activation before.
fn zero_edges(maps: &Maps, id: MapId, n: usize, arena: &mut [f32]) {
    let map = &maps.maps[id];
    for i in 0..n {
        let from = map.offset + i * map.segment();
        arena[from..from + map.front * map.width].fill(0.0);
        let end = from + map.segment();
        arena[end - map.back * map.width..end].fill(0.0);
    }
}
