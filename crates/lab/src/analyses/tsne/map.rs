//! The map itself: t-SNE by the crate `bhtsne`.

use std::sync::atomic::{AtomicBool, Ordering};

use bhtsne::{tSNE, Neighbor};
use engine::{Philox, Purpose};
use error::{Code, Error, Result};

use super::neighbours::{for_distances, nearest};
use super::MapSetting;

/// Number of steps.
pub const ITERATIONS: usize = 1000;
/// Steps with early exaggeration, and with the smaller momentum.
const EARLY: usize = 250;
/// Factor of the early exaggeration.
const EXAGGERATION: f64 = 12.0;
/// Angle of the Barnes-Hut approximation.
const ANGLE: f64 = 0.5;
/// Standard deviation of the start.
const START: f64 = 1e-4;

/// The largest perplexity that `clips` clips allow: three times as many neighbours must exist.
pub(crate) fn largest_perplexity(clips: usize) -> f64 {
    (clips.saturating_sub(1) / 3) as f64
}

/// The positions `[clips][2]` of the clips `values` `[clips, width]`, whose first two columns are the first two
/// principal components: they are the start, unless it is random; its standard deviation is 1e-4. The perplexity is
/// between 1 and [`largest_perplexity`].
///
/// # Errors
/// [`Code::InvalidOption`] for fewer than four clips and if all have the same features; [`Code::Aborted`] after
/// `cancel`.
pub(crate) fn map(
    values: &[f64],
    width: usize,
    MapSetting { perplexity, start }: MapSetting,
    cancel: &AtomicBool,
) -> Result<Vec<[f64; 2]>> {
    let clips = values.len() / width.max(1);
    if clips < 4 || width < 2 {
        let message = format!("a map needs at least 4 clips and 2 features, received {clips} and {width}");
        return Err(Error::new(Code::InvalidOption, message));
    }
    let mut neighbours = Vec::with_capacity(clips);
    for_distances(values, width, |clip, distances| {
        let near = nearest(clip, distances, (3.0 * perplexity) as usize);
        neighbours.push(near.iter().map(|near| Neighbor { index: near.clip, distance: near.distance }).collect());
    });
    let first: Vec<f64> = values.chunks_exact(width).map(|row| row[0]).collect();
    let deviation = (first.iter().map(|x| x * x).sum::<f64>() / clips as f64).sqrt();
    if deviation <= 0.0 {
        let message = "all clips have the same features, so there is no map: choose another level or another model";
        return Err(Error::new(Code::InvalidOption, message));
    }
    let scale = START / deviation;
    let start: Vec<f64> = match start {
        None => values.chunks_exact(width).flat_map(|row| [scale * row[0], scale * row[1]]).collect(),
        Some(seed) => random_start(clips, seed),
    };
    let rows: Vec<&[f64]> = values.chunks_exact(width).collect();
    // One thread: the sums of bhtsne depend on the number of threads.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(|why| {
        Error::new(Code::InvalidOption, format!("the system did not start a thread for the map: {why}; free threads"))
    })?;
    let run = || {
        let mut tsne: tSNE<'_, f64, &[f64]> = tSNE::new(&rows);
        tsne.perplexity(perplexity)
            .epochs(ITERATIONS)
            .early_exaggeration(EXAGGERATION)
            .stop_lying_epoch(EARLY)
            .momentum(0.5)
            .final_momentum(0.8)
            .momentum_switch_epoch(EARLY)
            .learning_rate((clips as f64 / (4.0 * EXAGGERATION)).max(50.0))
            .initial_embedding(start)
            .barnes_hut_with_neighbors(ANGLE, &neighbours);
        tsne.embedding()
    };
    let embedding = pool.install(run);
    if cancel.load(Ordering::Relaxed) {
        return Err(Error::aborted());
    }
    Ok(embedding.chunks_exact(2).map(|xy| [xy[0], xy[1]]).collect())
}

/// Normally distributed positions of `clips` clips (Box and Muller).
fn random_start(clips: usize, seed: u64) -> Vec<f64> {
    let mut uniform = vec![0.0f32; 2 * clips];
    Philox::new(seed, Purpose::Synthesise, 3 << 40).fill_uniform(0, &mut uniform);
    let normal = |pair: &[f32]| {
        let radius = START * (-2.0 * (1.0 - f64::from(pair[0])).ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * f64::from(pair[1])).sin_cos();
        [radius * cosine, radius * sine]
    };
    uniform.chunks_exact(2).flat_map(normal).collect()
}
