//! Evaluation: the metrics of a model on a dataset.

mod record;

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

use audio::SegmentPolicy;
use engine::{ClipScorer, Inference, Options};
use error::{Code, Error, Result, WarningCode};
use net::{Model, Task};

use crate::cache::Filled;
use crate::dataset::{folded, Dataset, Part};
use crate::event::{Event, Warning};
use crate::heard::{choose, TrainedWith};
use crate::known_clips::{KnownClips, KnownCounts};
use crate::metrics::{Metrics, Scored};
use crate::options::EvaluateOptions;
use crate::part::{checksum, PartData};
use crate::prepare::Preparation;
use crate::run::{EvaluationFolder, Predictions};
use crate::scoring::{score_clips, score_progress};
use crate::some::some;
use crate::train::{engine_options, segment_rule};
pub use record::Evaluation;

/// Scores the clips of a dataset with a model and computes the metrics of the scores. Tags are matched by name; a tag
/// of the model that the dataset lacks is left out of all metrics. The segments and seconds of each clip are those of
/// the model's training unless the options set others. A warning reports clips that the model was trained on. With
/// `out`, `evaluation.json` and the predictions are written to that folder.
///
/// # Errors
/// [`Code::InvalidOption`] if `calibrated` is set and the model has no calibration; those of [`Model::load`], of
/// [`Dataset::load`] and of the cache; [`Code::Dataset`] if the model and the dataset have no tag in common, if a
/// single-label clip has a tag that the model lacks, or if no clip can be used; [`Code::Output`] if `out` cannot be
/// written, or if it holds files with these names that no evaluation wrote and `force` is not set; [`Code::Aborted`]
/// after `cancel`.
pub fn evaluate(options: &EvaluateOptions, on_event: &mut dyn FnMut(Event), cancel: &AtomicBool) -> Result<Evaluation> {
    measure(None, options, on_event, cancel)
}

/// Like [`evaluate`], with a model in memory. The model file in the options is only reported, not read.
///
/// # Errors
/// Those of [`evaluate`], except those of [`Model::load`].
pub fn evaluate_model(
    model: &Model,
    options: &EvaluateOptions,
    on_event: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<Evaluation> {
    measure(Some(model), options, on_event, cancel)
}

fn measure(
    given: Option<&Model>,
    options: &EvaluateOptions,
    on_event: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<Evaluation> {
    options.validate()?;
    let asked_part = options.part.part();
    let engine = engine_options(&options.device, options.threads, options.precision)?;
    let report = options.out.as_deref().map(|out| EvaluationFolder::claim(out, options.force)).transpose()?;
    let loaded;
    let model = match given {
        Some(model) => model,
        None => {
            loaded = Model::load(&options.model)?;
            &loaded
        }
    };
    if options.calibrated && model.calibration.is_none() {
        let message = format!(
            "calibrated: {} has no calibration: train it with this version and with at least ten validation clips with \
             and without each tag, or leave out calibrated (--calibrated)",
            options.model.display()
        );
        return Err(Error::new(Code::InvalidOption, message));
    }
    let calibration = model.calibration.clone().filter(|_| options.calibrated);
    let trained = TrainedWith::of(model);
    let seed = options.seed.or_else(|| trained.split_seed()).unwrap_or(0);
    let mut dataset = Dataset::load_by(&options.dataset, Some(model.task), seed, trained.split_rules())?;
    let mut warn = |warning: Warning| on_event(Event::Warning(warning));
    if let Some(notice) = Options::notice(&options.device, options.precision) {
        warn(Warning::new(WarningCode::CudaUnavailable, notice));
    }
    dataset.warnings.iter().cloned().for_each(&mut warn);
    let (present, warnings) = match_tags(&mut dataset, model)?;
    warnings.into_iter().for_each(&mut warn);
    let (segments, segments_from) = choose(options.segments, trained.segments(), SegmentPolicy::All);
    let asked = options.clip_seconds.map(Some);
    let (clip_seconds, clip_seconds_from) = choose(asked, trained.clip_seconds(), dataset.clip_seconds);
    let rate = model.architecture.sampling_rate;
    let cached_seconds = dataset.cached_seconds(clip_seconds);
    let source = Preparation {
        options: &options.dataset,
        rate,
        clip_seconds: cached_seconds,
        retry_failed: false,
        strict: false,
    };
    if let Some(part) = asked_part {
        // Decode only the clips that are scored.
        dataset.clips.retain(|clip| clip.part == part);
    }
    let mut filled = source.fill_whole(&dataset, options.cache.as_deref(), 0, on_event, cancel)?;
    if let Some(warning) = dataset.cut(&mut filled.cache, rate, clip_seconds) {
        on_event(Event::Warning(warning));
    }
    let data = PartData::new(&dataset, |_| true, &filled.cache, model.architecture.input_length, segments);
    if data.clips.is_empty() {
        return Err(nothing_to_hear(options, &dataset, &filled));
    }
    for warning in data.warnings(asked_part, &model.tags, |tag| present[tag]) {
        on_event(Event::Warning(warning));
    }
    let same_cut = trained.clip_seconds() == Some(clip_seconds);
    let known = KnownClips::of_model(model).map(|known| known.count(&data, same_cut)).transpose()?;
    for warning in known.map(|known| contamination(known, asked_part, data.clips.len())).into_iter().flatten() {
        on_event(Event::Warning(warning));
    }
    let inference =
        Inference::new(&model.architecture, model.tags.len(), &model.parameters, options.batch_size, &engine)?;
    let scores = {
        let mut progress = score_progress(data.clips.len(), on_event);
        let scorer = ClipScorer::new(inference, model.task).calibrated(calibration.clone());
        score_clips(scorer, &data, &mut progress, cancel)?
    };
    let targets = data.targets();
    let thresholds = match (&model.thresholds, &calibration) {
        (Some(thresholds), Some(calibration)) => calibration.thresholds(thresholds),
        (thresholds, _) => thresholds.clone(),
    };
    let single = model.task == Task::SingleLabel;
    let clips: Vec<&str> = data.clips.iter().map(|usable| usable.clip.name.as_str()).collect();
    let scored = Scored { clips, present: &present, scores: &scores, targets: &targets, single_label: single };
    let metrics = Metrics::over(&present, &model.tags, &scores, &targets, single, thresholds.as_deref())
        .with_intervals(&scored, options.bootstrap);
    let evaluation = Evaluation {
        model: (!options.model.as_os_str().is_empty())
            .then(|| std::path::absolute(&options.model).unwrap_or_else(|_| options.model.clone())),
        dataset: dataset.split.clone(),
        part: asked_part,
        checksum: checksum(&[(asked_part.unwrap_or(Part::Test), &data)], &model.tags, model.task),
        precision: options.precision,
        segment_rule: segment_rule(segments, model.architecture.input_length),
        segments_from,
        clip_seconds,
        clip_seconds_from,
        clips: data.clips.len(),
        failed: dataset.clips.len() - data.clips.len(),
        training_clips: known.map(|known| known.train),
        validation_clips: known.map(|known| known.valid),
        segments: data.segments.len(),
        roc_auc: metrics.macro_average.roc_auc,
        pr_auc: metrics.macro_average.pr_auc,
        accuracy: metrics.accuracy,
        intervals: metrics.intervals,
        balanced_accuracy: metrics.balanced_accuracy,
        confusion: metrics.confusion,
        calibrated: calibration.is_some(),
        log_loss: metrics.log_loss,
        calibration_error: metrics.calibration_error,
        clipwise: metrics.clipwise,
        micro: metrics.micro_average,
        weighted: metrics.weighted_average,
        f1: metrics.f1,
        per_tag: metrics.per_tag,
        skipped: metrics.skipped,
        few: metrics.few,
        absent: model.tags.iter().zip(&present).filter(|(_, present)| !**present).map(|(tag, _)| tag.clone()).collect(),
    };
    if let Some(report) = report {
        let predictions = Predictions { clips: scored.clips, tags: &model.tags, scores: &scores, targets: &targets };
        report.write(&evaluation, &predictions)?;
    }
    Ok(evaluation)
}

/// The error if no clip can be scored: the reason and what to do.
fn nothing_to_hear(options: &EvaluateOptions, dataset: &Dataset, filled: &Filled) -> Error {
    let location = options.dataset.location();
    let place = options.part.part().map_or_else(String::new, |part| format!(" in the {part} part"));
    let first = filled.bad.iter().find_map(|file| file.error.as_ref());
    let message = match (dataset.clips.is_empty(), first) {
        (true, _) => {
            format!("no clips{place}: choose another part (--part), or assign clips to this part in the split")
        }
        (false, Some(first)) => format!("no clip{place} can be used; the first file that failed: {}", first.message),
        (false, None) => format!("no clip{place} can be used"),
    };
    Error::new(Code::Dataset, format!("{}: {message}", location.display())).with_file(location)
}

/// Warns if the clips are not an independent test of the model.
pub(crate) fn contamination(known: KnownCounts, part: Option<Part>, clips: usize) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if known.train > 0 {
        let message = format!(
            "the model was trained on {} of these {clips} clips: the metrics are too high; evaluate on clips \
             that it has never seen",
            known.train
        );
        warnings.push(Warning::new(WarningCode::EvaluatedOnTrainingClips, message).of_count(known.train));
    }
    if known.valid > 0 && part != Some(Part::Valid) {
        let message = format!(
            "the model's training chose its weights and thresholds on {} of these {clips} clips: the metrics are \
             slightly too high",
            known.valid
        );
        warnings.push(Warning::new(WarningCode::EvaluatedOnValidationClips, message).of_count(known.valid));
    }
    warnings
}

/// Maps the tags of the dataset to those of the model. Returns which tags of the model the dataset has, and the
/// warnings.
fn match_tags(dataset: &mut Dataset, model: &Model) -> Result<(Vec<bool>, Vec<Warning>)> {
    let numbers: HashMap<&str, u32> = model.tags.iter().zip(0..).map(|(tag, number)| (tag.as_str(), number)).collect();
    let mapped: Vec<Option<u32>> = dataset.tags.iter().map(|tag| numbers.get(tag.as_str()).copied()).collect();
    let unknown: Vec<String> =
        dataset.tags.iter().zip(&mapped).filter(|(_, m)| m.is_none()).map(|(tag, _)| tag.clone()).collect();
    if unknown.len() == dataset.tags.len() {
        let (theirs, ours) = (some(&unknown), some(&model.tags));
        let message = format!("no tag in common: the dataset has {theirs}, the model {ours}");
        return Err(Error::new(Code::Dataset, message));
    }
    if !unknown.is_empty() && model.task == Task::SingleLabel {
        let message = format!("the model lacks these classes of the dataset: {}", some(&unknown));
        return Err(Error::new(Code::Dataset, message));
    }
    let mut present = vec![false; model.tags.len()];
    mapped.iter().flatten().for_each(|&tag| present[tag as usize] = true);
    let absent: Vec<String> =
        model.tags.iter().zip(&present).filter(|(_, present)| !**present).map(|(tag, _)| tag.clone()).collect();
    let mut warnings = Vec::new();
    if !unknown.is_empty() {
        let alike = |tag: &String| absent.iter().find(|ours| folded(ours) == folded(tag));
        let pair = |(theirs, ours): (&String, &String)| format!("\"{theirs}\" like the model's \"{ours}\"");
        let pairs: Vec<String> = unknown.iter().filter_map(|tag| Some(pair((tag, alike(tag)?)))).collect();
        let hint = if pairs.is_empty() { String::new() } else { format!("; similar spellings: {}", some(&pairs)) };
        let message = format!("the model lacks {} tags of the dataset: {}{hint}", unknown.len(), some(&unknown));
        warnings.push(Warning::new(WarningCode::TagsUnknownToModel, message).of_tags(unknown));
    }
    if !absent.is_empty() {
        let message = format!(
            "the dataset lacks {} tags of the model, which are left out of all metrics: {}",
            absent.len(),
            some(&absent)
        );
        warnings.push(Warning::new(WarningCode::TagsNotInData, message).of_tags(absent));
    }
    for clip in &mut dataset.clips {
        clip.tags = clip.tags.iter().filter_map(|&tag| mapped[tag as usize]).collect();
        clip.tags.sort_unstable();
    }
    dataset.tags.clone_from(&model.tags);
    Ok((present, warnings))
}
