//! Gradient ascent in the input: the signals that excite the filters of a layer most.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Mutex;

use engine::{Philox, Purpose};
use error::{Error, Result};

use super::super::gradient::{GradientMemory, InputGradient};

/// Number of steps of the published script.
pub const STEPS: usize = 18;
/// The start is uniform in +- this amplitude.
const START: f32 = 0.015;
/// Added to the root mean square of the gradient.
const FLOOR: f64 = 1e-9;
/// Signals that are computed at the same time by one thread.
const BATCH: usize = 16;

/// A signal that excites a filter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ascent {
    /// The signal, without its mean.
    pub signal: Vec<f32>,
    /// The mean of the filter's activation over time after the last step; 0 if the filter is dead.
    pub value: f64,
}

/// The filters of one layer.
pub(crate) struct Task {
    /// The gradient of the layer.
    pub gradient: InputGradient,
    /// The number of the layer, which is part of the random numbers' key.
    pub layer: usize,
    /// Number of filters.
    pub filters: usize,
    /// Samples of a signal.
    pub length: usize,
}

/// The settings of the ascent.
#[derive(Clone, Copy)]
pub(crate) struct Settings {
    /// Signals from different starts for each filter, of which the best one is kept.
    pub starts: usize,
    /// Seed of the starts.
    pub seed: u64,
    /// Number of threads.
    pub threads: usize,
}

/// For each layer of `tasks`, the best signal of each filter. Each start depends on seed, layer, filter and its number
/// only, and each signal on its start, so the number of threads does not matter.
///
/// # Errors
/// [`error::Code::Aborted`] after `cancel`.
pub(crate) fn ascend(
    tasks: &[Task],
    settings: Settings,
    on_progress: &mut dyn FnMut(usize, usize),
    cancel: &AtomicBool,
) -> Result<Vec<Vec<Ascent>>> {
    // The deepest layers take longest, so they begin first.
    let mut batches: Vec<(usize, Vec<usize>)> = Vec::new();
    for (index, task) in tasks.iter().enumerate().rev() {
        let all: Vec<usize> = (0..task.filters * settings.starts).collect();
        batches.extend(all.chunks(BATCH).map(|runs| (index, runs.to_vec())));
    }
    let total = batches.iter().map(|(_, runs)| runs.len()).sum();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let finished = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..settings.threads.max(1))
            .map(|_| {
                scope.spawn(|| {
                    let mut memories: Vec<Option<GradientMemory>> = tasks.iter().map(|_| None).collect();
                    while let Some((index, runs)) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if cancel.load(Ordering::Relaxed) {
                            return;
                        }
                        let task = &tasks[*index];
                        let memory = memories[*index].get_or_insert_with(|| task.gradient.memory(BATCH));
                        let ascents = climb(task, settings, runs, memory);
                        if let Ok(mut done) = done.lock() {
                            done.push((*index, runs.clone(), ascents));
                        }
                        finished.fetch_add(runs.len(), Ordering::Relaxed);
                    }
                })
            })
            .collect();
        while !threads.iter().all(|thread| thread.is_finished()) {
            std::thread::sleep(std::time::Duration::from_millis(50));
            on_progress(finished.load(Ordering::Relaxed), total);
        }
    });
    if cancel.load(Ordering::Relaxed) {
        return Err(Error::aborted());
    }
    let mut best: Vec<Vec<Option<Ascent>>> = tasks.iter().map(|task| vec![None; task.filters]).collect();
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(index, runs, _)| (*index, runs.first().copied()));
    for (index, runs, ascents) in done {
        for (run, ascent) in runs.into_iter().zip(ascents) {
            let place = &mut best[index][run / settings.starts];
            if place.as_ref().is_none_or(|before| ascent.value > before.value) {
                *place = Some(ascent);
            }
        }
    }
    Ok(best.into_iter().map(|layer| layer.into_iter().flatten().collect()).collect())
}

/// The ascents `runs` of one layer; run r is start `r % starts` of filter `r / starts`.
fn climb(task: &Task, settings: Settings, runs: &[usize], memory: &mut GradientMemory) -> Vec<Ascent> {
    let length = task.length;
    let channels: Vec<usize> = runs.iter().map(|run| run / settings.starts).collect();
    let (mut x, mut dx) = (vec![0.0; runs.len() * length], vec![0.0; runs.len() * length]);
    for (run, x) in runs.iter().zip(x.chunks_exact_mut(length)) {
        let (filter, start) = (run / settings.starts, run % settings.starts);
        let step = (task.layer as u64) << 48 | (filter as u64) << 16 | start as u64;
        Philox::new(settings.seed, Purpose::Synthesise, step).fill_uniform(0, x);
        x.iter_mut().for_each(|v| *v = START * (2.0 * *v - 1.0));
    }
    let mut is_dead = vec![false; runs.len()];
    for _ in 0..STEPS {
        let values = task.gradient.values(memory, &x, &channels, &mut dx);
        for (index, value) in values.iter().enumerate() {
            is_dead[index] |= *value <= 0.0;
            if is_dead[index] {
                continue;
            }
            let (x, dx) = (&mut x[index * length..][..length], &dx[index * length..][..length]);
            let square = dx.iter().map(|d| f64::from(*d).powi(2)).sum::<f64>() / length as f64;
            let factor = (1.0 / (square.sqrt() + FLOOR)) as f32;
            x.iter_mut().zip(dx).for_each(|(x, d)| *x += factor * d);
        }
    }
    let values = task.gradient.values(memory, &x, &channels, &mut dx);
    let signals = x.chunks_exact_mut(length).zip(values.into_iter().zip(is_dead));
    signals
        .map(|(signal, (value, is_dead))| {
            let mean = signal.iter().map(|v| f64::from(*v)).sum::<f64>() / length as f64;
            signal.iter_mut().for_each(|v| *v = (f64::from(*v) - mean) as f32);
            Ascent { signal: signal.to_vec(), value: if is_dead { 0.0 } else { value.max(0.0) } }
        })
        .collect()
}
