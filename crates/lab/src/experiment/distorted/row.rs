//! One evaluation: from the clips to its run, whose folder holds scores, clips and `result.json`.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use error::{shown_path, Code, Error, Result};
use net::Layout;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use tagger::Loaded;
use train::{ClipsToScore, EvaluateOptions, Event, Timing};

use super::super::run::{Run, RunResult};
use super::super::spec::DistortedRow;
use super::super::test_clips::keep_predictions;
use crate::distortions::{Distortion, Encoder};

/// The file of the result; an evaluation with it is finished.
const FILE: &str = "result.json";
/// The format that this version writes.
const FORMAT: u32 = 1;

/// One evaluation with one seed.
pub(super) struct Evaluation<'a> {
    pub(super) row: &'a DistortedRow,
    /// The seed of what is random in the distortion.
    pub(super) seed: u64,
    /// The folder of the result.
    pub(super) folder: PathBuf,
    pub(super) loaded: &'a Loaded,
    pub(super) clips: &'a ClipsToScore<'a>,
    /// That of the clips.
    pub(super) checksum: &'a str,
    pub(super) options: &'a EvaluateOptions,
    /// The program for MP3.
    pub(super) encoder: Option<&'a Encoder>,
}

/// The content of `result.json`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    /// Format of the file.
    format: u32,
    /// What the result depends on: model, clips, distortion and options.
    evaluation: Value,
    /// The program that encoded MP3, with its version; null for other distortions.
    encoder: Option<String>,
    /// The result.
    result: RunResult,
}

impl Evaluation<'_> {
    /// Scores the distorted clips, or looks the result up.
    ///
    /// # Errors
    /// [`Code::CheckpointMismatch`] if the folder holds another evaluation; [`Code::ModelVersion`] if a newer version
    /// wrote it; [`Code::Output`]; those of [`ClipsToScore::changed`] and of the distortion.
    pub(super) fn run(&self, on_event: &mut dyn FnMut(Event), cancel: &AtomicBool) -> Result<Run> {
        let (seed, folder) = (self.seed, self.folder.clone());
        let finished = |result: RunResult| Run { seed, folder: folder.clone(), result: Some(result), failure: None };
        let evaluation = self.evaluation();
        if let Some(kept) = self.kept(&evaluation)? {
            return Ok(finished(kept.result));
        }
        let started = Instant::now();
        let rate = self.loaded.model.architecture.sampling_rate;
        // Of distortions that clip.
        let (clipped, samples_seen) = (AtomicU64::new(0), AtomicU64::new(0));
        let change = |name: &str, samples: Vec<f32>| {
            let Some((distortion, strength)) = self.row.distortion else { return Ok(samples) };
            let distorted = distortion.apply(strength, name, samples, rate, seed, self.encoder)?;
            if let Some(count) = distorted.clipped {
                clipped.fetch_add(count as u64, Ordering::Relaxed);
                samples_seen.fetch_add(distorted.samples.len() as u64, Ordering::Relaxed);
            }
            Ok(distorted.samples)
        };
        let predictions = self.clips.changed(&change, on_event, cancel)?;
        let (clipped, samples_seen) = (clipped.into_inner(), samples_seen.into_inner());
        let model = &self.loaded.model;
        let result = RunResult {
            test: self.clips.metrics(&predictions),
            epochs: 0,
            parameters: Layout::new(&model.architecture, model.tags.len()).trainable,
            seconds: Timing { total: started.elapsed().as_secs_f64(), ..Timing::default() },
            clipped: (samples_seen > 0).then(|| clipped as f64 / samples_seen as f64),
        };
        files::make_folder(&self.folder)?;
        keep_predictions(&self.folder, &predictions, &model.tags)?;
        let encoder = self.encoder_name().map(str::to_owned);
        files::write_json(self.folder.join(FILE), &Kept { format: FORMAT, evaluation, encoder, result })?;
        Ok(finished(result))
    }

    /// What the result depends on.
    fn evaluation(&self) -> Value {
        let (kind, strength) = self.row.distortion.unzip();
        json!({
            "modelHash": self.loaded.hash, "clips": self.checksum, "distortion": kind, "strength": strength,
            "seed": self.seed, "segments": self.clips.segments(), "clipSeconds": self.clips.clip_seconds(),
            "precision": self.options.precision,
        })
    }

    fn encoder_name(&self) -> Option<&str> {
        let (kind, _) = self.row.distortion?;
        self.encoder.filter(|_| kind == Distortion::Mp3).map(|encoder| encoder.name.as_str())
    }

    /// The result that an earlier call kept.
    fn kept(&self, evaluation: &Value) -> Result<Option<Kept>> {
        let path = self.folder.join(FILE);
        let bytes = match std::fs::read(&path) {
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|reason| Error::input(&path, Code::Output, &reason))?,
        };
        let found: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if found["format"].as_u64().is_some_and(|format| format > u64::from(FORMAT)) {
            let message = format!(
                "{} has format {}, this version reads up to {FORMAT}: use a newer version, or another folder",
                shown_path(&path),
                found["format"]
            );
            return Err(Error::new(Code::ModelVersion, message).with_file(&path));
        }
        let kept: Kept = serde_json::from_value(found).map_err(|_| files::not_written_by("an experiment", &path))?;
        if kept.evaluation == *evaluation {
            return Ok(Some(kept));
        }
        let changed = evaluation.as_object().into_iter().flatten().find(|(name, now)| kept.evaluation[*name] != **now);
        let (name, now) = changed.map_or(("evaluation", &Value::Null), |(name, now)| (name.as_str(), now));
        let message = format!(
            "the row {}: {name}: {} was evaluated with {}, received {now}; the rows of a table share their options: \
             use the same options and model, remove the folder {}, or choose another folder for the experiment",
            self.row.id,
            shown_path(&path),
            kept.evaluation[name],
            shown_path(&self.folder)
        );
        Err(Error::new(Code::CheckpointMismatch, message).with_file(&path))
    }
}
