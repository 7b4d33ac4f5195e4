//! A model's numbers on a dataset.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use audio::SegmentPolicy;
use engine::{Inference, Options, Precision};
use error::{Code, Error, Result};
use net::{Model, Task};
use serde::Serialize;

use crate::dataset::{Dataset, Part};
use crate::event::{Event, Warning};
use crate::metrics::{Averages, Metrics, TagMetrics};
use crate::options::{invalid, EvaluateOptions};
use crate::part::{checksum, PartData};
use crate::prepare::Source;
use crate::run::{write_json, Predictions};
use crate::scoring::{score_clips, score_progress};
use crate::train::{engine_options, segment_rule};

/// What [`evaluate`] came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename = "evaluation", rename_all = "camelCase")]
pub struct Evaluation {
    /// The model file, absolute.
    pub model: PathBuf,
    /// How the parts of the dataset came about: results of two names must not share a table.
    pub dataset: String,
    /// Which clips; null: all.
    pub part: Option<Part>,
    /// SHA-256 over name, part, tags and audio of every clip.
    pub checksum: String,
    /// In which numbers the network multiplied.
    pub precision: Precision,
    /// How a clip was cut into segments.
    pub segment_rule: String,
    /// Clips behind the numbers.
    pub clips: usize,
    /// Clips that could not be used.
    pub failed: usize,
    /// Segments behind the numbers.
    pub segments: usize,
    /// Macro area under the ROC curve.
    pub roc_auc: Option<f64>,
    /// Macro average precision.
    pub pr_auc: Option<f64>,
    /// Share of clips whose highest score is their tag; null when multi-label.
    pub accuracy: Option<f64>,
    /// All (clip, tag) cells pooled.
    pub micro: Averages,
    /// Mean over tags weighted by their positives.
    pub weighted: Averages,
    /// Mean F1 at the thresholds that the model's training chose on its validation clips.
    pub f1: Option<f64>,
    /// Every tag, in the model's order.
    pub per_tag: Vec<TagMetrics>,
    /// Tags left out of the means.
    pub skipped: Vec<String>,
}

/// Scores the clips of a dataset with a model and measures the scores. Tags are matched by name; a tag of the model that the
/// dataset lacks has no positives. With `out`, `evaluation.json` and the predictions are written there.
///
/// # Errors
/// Those of [`Model::load`], of [`Dataset::load`] and of the cache; [`Code::Dataset`] where no tag is shared, a single-label clip has a
/// tag that the model lacks, or no clip can be used; [`Code::Output`]; [`Code::Aborted`] after `cancel`.
pub fn evaluate(options: &EvaluateOptions, on_event: &mut dyn FnMut(Event), cancel: &AtomicBool) -> Result<Evaluation> {
    if options.batch_size == 0 || options.segments == Some(0) {
        return Err(invalid(if options.batch_size == 0 { "batchSize" } else { "segments" }, 0, "at least 1"));
    }
    let engine = engine_options(&options.device, options.threads, options.precision)?;
    let model = Model::load(&options.model)?;
    let seed = options.seed.or_else(|| model.training.get("seed").and_then(serde_json::Value::as_u64)).unwrap_or(0);
    let mut dataset = Dataset::load(&options.dataset, Some(model.task), seed)?;
    let mut warn = |code, message: &str| on_event(Event::Warning(Warning::new(code, message)));
    if let Some(notice) = Options::notice(&options.device, options.precision) {
        warn(notice.code.as_str(), &notice.message);
    }
    dataset.warnings.iter().for_each(|message| warn("dataset", message));
    if let Some(message) = match_tags(&mut dataset, &model)? {
        warn("tags-unknown-to-model", &message);
    }
    let clip_seconds = options.clip_seconds.or(dataset.clip_seconds);
    let source = Source {
        options: &options.dataset,
        rate: model.architecture.sampling_rate,
        clip_seconds,
        retry_failed: false,
        strict: false,
    };
    if let Some(part) = options.part {
        // Only what is scored is decoded.
        dataset.clips.retain(|clip| clip.part == part);
    }
    let filled = source.fill_whole(&dataset, options.cache.as_deref(), 0, on_event, cancel)?;
    let policy = options.segments.map_or(SegmentPolicy::All, SegmentPolicy::Spread);
    let data = PartData::new(&dataset, |_| true, &filled.cache, model.architecture.input_length, policy);
    if data.clips.is_empty() {
        let what = options.part.map_or_else(|| "no clips".to_owned(), |part| format!("no clips in the {part} part"));
        let message = format!("{}: {what} that can be used", options.dataset.location().display());
        return Err(Error::new(Code::Dataset, message).with_file(options.dataset.location()));
    }
    for warning in data.warnings(options.part.unwrap_or(Part::Test), &model.tags) {
        on_event(Event::Warning(warning));
    }
    let inference =
        Inference::new(&model.architecture, model.tags.len(), &model.parameters, options.batch_size, &engine)?;
    let scores = {
        let mut progress = score_progress(data.clips.len(), on_event);
        score_clips(inference, model.task, &data, &mut progress, cancel)?
    };
    let targets = data.targets();
    let thresholds = thresholds(&model);
    let metrics = Metrics::new(&model.tags, &scores, &targets, model.task == Task::SingleLabel, thresholds.as_deref());
    let evaluation = Evaluation {
        model: std::path::absolute(&options.model).unwrap_or_else(|_| options.model.clone()),
        dataset: dataset.split.clone(),
        part: options.part,
        checksum: checksum(&[(options.part.unwrap_or(Part::Test), &data)], &model.tags, model.task),
        precision: options.precision,
        segment_rule: segment_rule(policy, model.architecture.input_length),
        clips: data.clips.len(),
        failed: dataset.clips.len() - data.clips.len(),
        segments: data.segments.len(),
        roc_auc: metrics.macro_average.roc_auc,
        pr_auc: metrics.macro_average.pr_auc,
        accuracy: metrics.accuracy,
        micro: metrics.micro_average,
        weighted: metrics.weighted_average,
        f1: metrics.f1,
        per_tag: metrics.per_tag,
        skipped: metrics.skipped,
    };
    if let Some(out) = &options.out {
        std::fs::create_dir_all(out).map_err(|reason| Error::output(out, &reason))?;
        let clips = data.clips.iter().map(|usable| usable.clip.name.as_str()).collect();
        Predictions { clips, tags: &model.tags, scores: &scores, targets: &targets }.write(out, "predictions")?;
        write_json(&out.join("evaluation.json"), &evaluation)?;
    }
    Ok(evaluation)
}

/// Renumbers the dataset's tags to the model's; what to warn of.
fn match_tags(dataset: &mut Dataset, model: &Model) -> Result<Option<String>> {
    let numbers: HashMap<&str, u32> = model.tags.iter().zip(0..).map(|(tag, number)| (tag.as_str(), number)).collect();
    let mapped: Vec<Option<u32>> = dataset.tags.iter().map(|tag| numbers.get(tag.as_str()).copied()).collect();
    let unknown: Vec<&str> =
        dataset.tags.iter().zip(&mapped).filter(|(_, m)| m.is_none()).map(|(tag, _)| tag.as_str()).collect();
    let some = |names: &[&str]| names.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    if unknown.len() == dataset.tags.len() {
        let ours: Vec<&str> = model.tags.iter().map(String::as_str).collect();
        let message =
            format!("no tag in common: the dataset has {} ..., the model {} ...", some(&unknown), some(&ours));
        return Err(Error::new(Code::Dataset, message));
    }
    if !unknown.is_empty() && model.task == Task::SingleLabel {
        let message = format!("the model does not know these classes of the dataset: {}", some(&unknown));
        return Err(Error::new(Code::Dataset, message));
    }
    let message = (!unknown.is_empty())
        .then(|| format!("{} tags of the dataset are unknown to the model: {} ...", unknown.len(), some(&unknown)));
    for clip in &mut dataset.clips {
        clip.tags = clip.tags.iter().filter_map(|&tag| mapped[tag as usize]).collect();
        clip.tags.sort_unstable();
    }
    dataset.tags.clone_from(&model.tags);
    Ok(message)
}

/// The thresholds in the facts of a model's training, if they are whole.
fn thresholds(model: &Model) -> Option<Vec<Option<f32>>> {
    let values = model.training.get("thresholds")?.as_array()?;
    let thresholds: Vec<Option<f32>> = values.iter().map(|value| value.as_f64().map(|v| v as f32)).collect();
    (thresholds.len() == model.tags.len()).then_some(thresholds)
}
