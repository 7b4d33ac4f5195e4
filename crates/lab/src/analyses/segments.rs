//! One pass of a network over the segments of the clips of a dataset.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use audio::SegmentPolicy;
use engine::{Inference, Options, Precision, Tap};
use error::{Code, Error, Result};
use net::Model;
use train::cache::{default_folder, fill, Key, PreparedClip};
use train::dataset::{Clip, Dataset, DatasetOptions};
use train::{Event, Pace, PartChoice, Phase, Progress};

use super::features::ClipSet;

/// Segments that are computed at once.
const BATCH: usize = 16;

/// Which clips are used, and how.
#[derive(Clone, Debug)]
pub struct PassOptions<'a> {
    /// The dataset.
    pub dataset: &'a DatasetOptions,
    /// The part whose clips are used.
    pub part: PartChoice,
    /// The segments of each clip.
    pub segments: SegmentPolicy,
    /// Seconds of each clip; `None` for those of the dataset.
    pub clip_seconds: Option<f64>,
    /// Seed of a drawn split.
    pub seed: u64,
    /// The folder of prepared clips; `None` for the user's cache folder.
    pub cache: Option<&'a Path>,
    /// `auto`, `cpu`, `cuda` or `cuda:N`.
    pub device: &'a str,
    /// Arithmetic precision.
    pub precision: Precision,
    /// Number of threads; 0 for one per physical core.
    pub threads: usize,
}

/// What the network computes of one segment.
pub struct SegmentOutput<'a> {
    /// The clip.
    pub clip: usize,
    /// The samples, `[input_length]`.
    pub samples: &'a [f32],
    /// The values of the taps.
    pub tapped: &'a [f32],
}

/// Runs `model` with `taps` over the segments of the clips, and passes each segment to `take`, in order. Before the
/// network runs, `check` may refuse the clips. Returns the clips.
///
/// # Errors
/// Those of [`Dataset::load`], of the cache, of `check` and of the engine; [`Code::Dataset`] if no clip can be used;
/// [`Code::Aborted`] after `cancel`.
pub fn for_segments(
    model: &Model,
    taps: &[Tap],
    options: &PassOptions,
    check: &dyn Fn(&ClipSet) -> Result<()>,
    take: &mut dyn FnMut(SegmentOutput),
    on_event: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<ClipSet> {
    let rate = model.architecture.sampling_rate;
    let mut dataset = Dataset::load(options.dataset, Some(model.task), options.seed)?;
    dataset.warnings.iter().cloned().for_each(|warning| on_event(Event::Warning(warning)));
    if let Some(part) = options.part.part() {
        dataset.clips.retain(|clip| clip.part == part);
    }
    let seconds = options.clip_seconds.or(dataset.clip_seconds);
    let base = match options.cache {
        Some(base) => std::path::absolute(base).map_err(|reason| Error::output(base, &reason))?,
        None => default_folder()?,
    };
    let key = Key::new(options.dataset, rate, dataset.cached_seconds(seconds));
    let threads = if options.threads == 0 { engine::physical_cores() } else { options.threads };
    let mut filled = fill(&dataset, &key, &base, threads, false, on_event, cancel)?;
    if let Some(warning) = dataset.cut(&mut filled.cache, rate, seconds) {
        on_event(Event::Warning(warning));
    }
    let usable: Vec<(&Clip, PreparedClip)> =
        dataset.clips.iter().filter_map(|clip| Some((clip, filled.cache.clip(&clip.name)?))).collect();
    if usable.is_empty() {
        let location = options.dataset.location();
        let message = format!("{}: no clip of this part can be used; choose another part", location.display());
        return Err(Error::new(Code::Dataset, message).with_file(location));
    }
    let tags = dataset.tags.len() as u32;
    let clips = ClipSet {
        names: usable.iter().map(|(clip, _)| clip.name.clone()).collect(),
        files: usable.iter().map(|(clip, _)| Some(clip.path.clone())).collect(),
        labels: usable.iter().map(|(clip, _)| (0..tags).map(|tag| clip.tags.contains(&tag)).collect()).collect(),
        tags: dataset.tags.clone(),
    };
    check(&clips)?;
    let device = Options::new(options.device, options.threads, options.precision)?;
    let Model { architecture, tags, parameters, .. } = model;
    let mut inference = Inference::with_taps(architecture, tags.len(), parameters, BATCH, taps, &device)?;
    let (length, width) = (architecture.input_length, inference.width());
    let all = usable.iter().enumerate().flat_map(|(clip, (_, prepared))| {
        let starts = options.segments.starts(prepared.samples, length as u64);
        starts.map(move |start| (clip, start))
    });
    let all: Vec<(usize, u64)> = all.collect();
    let mut samples = vec![0.0; BATCH * length];
    let (mut pace, mut done) = (Pace::new(), 0);
    for batch in all.chunks(BATCH) {
        if cancel.load(Ordering::Relaxed) {
            return Err(Error::aborted());
        }
        for ((clip, start), samples) in batch.iter().zip(samples.chunks_exact_mut(length)) {
            filled.cache.read(usable[*clip].1, *start, samples)?;
        }
        let segments = &samples[..batch.len() * length];
        inference.logits(segments)?;
        let tapped = inference.tapped().chunks_exact(width.max(1));
        for (((clip, _), samples), tapped) in batch.iter().zip(segments.chunks_exact(length)).zip(tapped) {
            take(SegmentOutput { clip: *clip, samples, tapped });
        }
        done += batch.len();
        if pace.is_due() || done == all.len() {
            on_event(Event::Progress(Progress::of(Phase::Visualize, done, all.len(), pace.seconds())));
        }
    }
    Ok(clips)
}
