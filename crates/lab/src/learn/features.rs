//! The features of songs: what the base model computes from their segments.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use audio::SegmentPolicy;
use engine::{ClipScorer, Embedding, Inference, Options, Reduction};
use error::{Error, Result};
use tagger::{EmbeddingChoice, Failed, Loaded, Next, ReadyModel, Record, Start, Status, TagOptions, Tagger, SCHEMA};

use super::feature_store::{FeatureStore, SongFeatures};
use super::head::FeatureLayout;
use super::options::LearnOptions;

/// Segments that the network computes at once.
const BATCH: usize = 16;
/// How long to wait for the next song before looking at `cancel`.
const WAIT: Duration = Duration::from_millis(5);

/// A song of which the features are computed.
pub(super) struct Wanted {
    /// The file.
    pub(super) path: PathBuf,
    /// The hash of its audio.
    pub(super) content: String,
}

/// Computes the features of every song of `wanted` and stores them; calls `on_song` after each with the reason if it
/// cannot be used. A song is stored at once, so that an interrupted computation goes on where it ended.
///
/// # Errors
/// Those of the engine, for example [`error::Code::CudaUnavailable`]; [`error::Code::Output`] if the store cannot be
/// written; [`error::Code::Aborted`] after `cancel`.
pub(super) fn compute(
    wanted: &[Wanted],
    base: &Loaded,
    layout: &FeatureLayout,
    options: &LearnOptions,
    store: &FeatureStore,
    on_song: &mut dyn FnMut(usize, Option<Failed>),
    cancel: &AtomicBool,
) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let model = &base.model;
    let embedding =
        Embedding { levels: layout.levels.clone(), within_segment: Reduction::Max, across_segments: Reduction::Mean };
    let engine = Options::new(&options.device, options.threads, options.precision)?;
    let taps = embedding.taps(&model.architecture, model.tags.len())?;
    let (architecture, tags) = (&model.architecture, model.tags.len());
    let inference = Inference::with_taps(architecture, tags, &model.parameters, BATCH, &taps, &engine)?;
    let job = TagOptions {
        paths: wanted.iter().map(|song| song.path.clone()).collect(),
        segments: SegmentPolicy::Spread(options.segments),
        device: options.device.clone(),
        precision: options.precision,
        threads: options.threads,
        jobs: options.jobs,
        embedding: Some(EmbeddingChoice { embedding, tags: false }),
        ..TagOptions::default()
    };
    let start = Start {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model: None,
        model_hash: base.hash.clone(),
        device: engine.device.to_string(),
        precision: options.precision,
        sampling_rate: architecture.sampling_rate,
        tags,
        segments: job.segments,
        all: false,
        top: None,
        threshold: None,
        thresholds: false,
        timeline: false,
        calibrated: false,
        embedding: None,
    };
    let ready = ReadyModel {
        start,
        tags: model.tags.clone(),
        input_length: architecture.input_length,
        batch: BATCH,
        analysis: Box::new(ClipScorer::new(inference, model.task).each_segment()),
    };
    let places: HashMap<&PathBuf, usize> = wanted.iter().enumerate().map(|(place, song)| (&song.path, place)).collect();
    let tagger = Tagger::start_with(job, ready, Arc::new(|_| {}))?;
    loop {
        if cancel.load(Ordering::Relaxed) {
            tagger.cancel();
            return Err(Error::aborted());
        }
        let record = match tagger.try_next()? {
            Next::Item(record) => record,
            Next::NotYet => {
                std::thread::sleep(WAIT);
                continue;
            }
            Next::End => return Ok(()),
        };
        match record {
            Record::Embedding(found) => {
                let Some(&place) = places.get(&found.file.path) else { continue };
                if found.clip.status == Status::Suspect {
                    let doubt = found.clip.doubt.as_deref().unwrap_or("its samples are not plausible audio");
                    let reason = Error::new(error::Code::Decode, doubt.to_owned());
                    on_song(place, Some(Failed { file: found.file, error: (&reason).into() }));
                    continue;
                }
                let features = SongFeatures { width: layout.width(), values: found.values };
                store.write(&wanted[place].content, &features)?;
                on_song(place, None);
            }
            Record::Failed(failed) => {
                if let Some(&place) = places.get(&failed.file.path) {
                    on_song(place, Some(failed));
                }
            }
            // The same file under two names has one hash, so that it is asked for once only.
            Record::Skipped(_) | Record::Result(_) => {}
        }
    }
}
