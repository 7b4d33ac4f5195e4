//! The clips of a part of a dataset, prepared for the model that scores them.

mod tags;

use std::sync::atomic::AtomicBool;

use audio::SegmentPolicy;
use engine::{ClipScorer, Inference, Options, Reduction};
use error::{Code, Error, Result, WarningCode};
use net::{Calibration, Model, Task};

use crate::cache::Filled;
use crate::changed::{score_changed, ClipChange};
use crate::dataset::{Dataset, Part};
use crate::event::{Event, Scores, Warning};
use crate::heard::{choose, Origin, TrainedWith};
use crate::known_clips::{KnownClips, KnownCounts};
use crate::metrics::Metrics;
use crate::options::EvaluateOptions;
use crate::part::{checksum, PartData};
use crate::prepare::Preparation;
use crate::run::TestPredictions;
use crate::scoring::{score_clips, score_progress};
use crate::train::engine_options;
use tags::{match_tags, with_vocabulary};

/// The clips of a part of a dataset, prepared for a model. They can be scored several times: as they are, or changed.
pub struct ClipsToScore<'a> {
    model: &'a Model,
    options: &'a EvaluateOptions,
    engine: Options,
    /// The clips of the part, with the tags of the model.
    pub(crate) dataset: Dataset,
    filled: Filled,
    /// Which tags of the model the dataset has.
    pub(crate) present: Vec<bool>,
    /// How a clip is cut into segments, and the source of this rule.
    pub(crate) segments: (SegmentPolicy, Origin),
    /// Seconds of each clip that are used, and the source of this number.
    pub(crate) clip_seconds: (Option<f64>, Origin),
    /// The reduction of the scores over the segments of a clip, and its source.
    pub(crate) across_segments: (Reduction, Origin),
    /// How many clips the training of the model knew; `None` if the model does not tell.
    pub(crate) known: Option<KnownCounts>,
}

impl<'a> ClipsToScore<'a> {
    /// Prepares the clips of `options` for `model`; the model file and the folder in the options are not used. Warnings
    /// tell of tags that model and dataset do not share, of clips that cannot be used, and of clips that the model was
    /// trained on.
    ///
    /// # Errors
    /// Those of [`crate::evaluate`], except those of model file and folder.
    pub fn new(
        model: &'a Model,
        options: &'a EvaluateOptions,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<Self> {
        options.validate()?;
        let engine = engine_options(&options.device, options.threads, options.precision)?;
        Self::with_engine(model, options, engine, on_event, cancel)
    }

    /// As [`ClipsToScore::new`], with valid options and their engine.
    pub(crate) fn with_engine(
        model: &'a Model,
        options: &'a EvaluateOptions,
        engine: Options,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<Self> {
        let asked_part = options.part.part();
        let trained = TrainedWith::of(model);
        let seed = options.seed.or_else(|| trained.split_seed()).unwrap_or(0);
        let source = with_vocabulary(&options.dataset, model, &trained);
        let mut dataset = Dataset::load_by(&source, Some(model.task), seed, trained.split_rules())?;
        let mut warn = |warning: Warning| on_event(Event::Warning(warning));
        if let Some(notice) = Options::notice(&options.device, options.precision) {
            warn(Warning::new(WarningCode::CudaUnavailable, notice));
        }
        dataset.warnings.iter().cloned().for_each(&mut warn);
        let (present, warnings) = match_tags(&mut dataset, model)?;
        warnings.into_iter().for_each(&mut warn);
        let segments = choose(options.segments, trained.segments(), SegmentPolicy::All);
        let clip_seconds = choose(options.clip_seconds.map(Some), trained.clip_seconds(), dataset.clip_seconds);
        let across_segments = choose(options.across_segments, trained.across_segments(), Reduction::Mean);
        let rate = model.architecture.sampling_rate;
        let source = Preparation {
            options: &options.dataset,
            rate,
            clip_seconds: dataset.cached_seconds(clip_seconds.0),
            retry_failed: false,
            strict: false,
        };
        if let Some(part) = asked_part {
            // Decode only the clips that are scored.
            dataset.clips.retain(|clip| clip.part == part);
        }
        let mut filled = source.fill_whole(&dataset, options.cache.as_deref(), 0, on_event, cancel)?;
        if let Some(warning) = dataset.cut(&mut filled.cache, rate, clip_seconds.0) {
            on_event(Event::Warning(warning));
        }
        let clips = Self {
            model,
            options,
            engine,
            dataset,
            filled,
            present,
            segments,
            clip_seconds,
            across_segments,
            known: None,
        };
        let known = {
            let data = clips.data();
            if data.clips.is_empty() {
                return Err(nothing_to_hear(options, &clips.dataset, &clips.filled));
            }
            for warning in data.warnings(asked_part, &model.tags, |tag| clips.present[tag]) {
                on_event(Event::Warning(warning));
            }
            let same_cut = trained.clip_seconds() == Some(clip_seconds.0);
            let known = KnownClips::of_model(model).map(|known| known.count(&data, same_cut)).transpose()?;
            for warning in known.map(|known| contamination(known, asked_part, data.clips.len())).into_iter().flatten() {
                on_event(Event::Warning(warning));
            }
            known
        };
        Ok(Self { known, ..clips })
    }

    /// The usable clips and their segments.
    pub(crate) fn data(&self) -> PartData<'_> {
        let length = self.model.architecture.input_length;
        PartData::new(&self.dataset, |_| true, &self.filled.cache, length, self.segments.0)
    }

    /// `[clips, tags]`: the scores of the clips of `data`, as they are, with `calibration` applied.
    pub(crate) fn scores(
        &self,
        data: &PartData,
        calibration: Option<Calibration>,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<Vec<f32>> {
        let scorer = ClipScorer::new(self.inference()?, self.model.task).pooled(self.across_segments.0);
        let scorer = scorer.calibrated(calibration);
        let mut progress = score_progress(data.clips.len(), on_event);
        score_clips(scorer, data, &mut progress, cancel)
    }

    /// The predictions for the clips after `change` of their samples, which are mono at the sampling rate of the model,
    /// in -1..1. A clip may become shorter or longer: it is cut into segments by the same rule.
    ///
    /// # Errors
    /// Those of `change` and of the engine; [`Code::Io`]; [`Code::Aborted`] after `cancel`.
    pub fn changed(
        &self,
        change: ClipChange<'_>,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<TestPredictions> {
        let data = self.data();
        let scorer = ClipScorer::new(self.inference()?, self.model.task).pooled(self.across_segments.0);
        let scores = {
            let mut progress = score_progress(data.clips.len(), on_event);
            score_changed(scorer, &data, self.segments.0, change, &mut progress, cancel)?
        };
        Ok(TestPredictions {
            clips: data.clips.iter().map(|usable| usable.clip.name.clone()).collect(),
            tags: data.tags,
            scores,
            targets: data.targets(),
            single_label: self.model.task == Task::SingleLabel,
        })
    }

    /// The metrics of `predictions`, those of [`ClipsToScore::changed`]. Tags that the dataset lacks are left out.
    pub fn metrics(&self, predictions: &TestPredictions) -> Scores {
        let TestPredictions { scores, targets, single_label, .. } = predictions;
        Metrics::over(&self.present, &self.model.tags, scores, targets, *single_label, None).scores()
    }

    /// SHA-256 over name, part, tags and audio of every usable clip.
    pub fn checksum(&self) -> String {
        self.checksum_of(&self.data())
    }

    /// As [`ClipsToScore::checksum`], of `data`.
    pub(crate) fn checksum_of(&self, data: &PartData) -> String {
        let part = self.options.part.part().unwrap_or(Part::Test);
        checksum(&[(part, data)], &self.model.tags, self.model.task)
    }

    /// How a clip is cut into segments.
    pub fn segments(&self) -> SegmentPolicy {
        self.segments.0
    }

    /// Seconds of each clip that are used, from its start; `None`: all.
    pub fn clip_seconds(&self) -> Option<f64> {
        self.clip_seconds.0
    }

    fn inference(&self) -> Result<Inference> {
        let Model { architecture, tags, parameters, .. } = self.model;
        Inference::new(architecture, tags.len(), parameters, self.options.batch_size, &self.engine)
    }
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
