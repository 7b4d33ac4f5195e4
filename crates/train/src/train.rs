//! A training from its options to its report.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use audio::SegmentPolicy;
use engine::{physical_cores, Holding, Options, Precision, Training};
use error::{Code, Error, Result};
use net::{Architecture, Layout, Parameters};

use crate::cache::BadFile;
use crate::dataset::{Dataset, Part};
use crate::event::{Event, PartCounts, Start, TrainDone, Warning};
use crate::initial::{first_parameters, front_end};
use crate::mel_statistics::MelStatistics;
use crate::options::TrainOptions;
use crate::part::{checksum, PartData};
use crate::prepare::Source;
use crate::run::{write_json, Checkpoint, Config, DatasetFacts, EventLog, Opened, Report, RunFolder};
use crate::trainer::{schedule, Reporter, Trainer};

/// An epoch of fewer updates has too few for running statistics that move by 1 % at a time.
const UPDATES_FOR_SLOW_STATISTICS: usize = 500;
/// The presets' weight of the new batch, and the one that takes its place in short epochs.
const NORM_MOMENTUM: (f64, f64) = (0.01, 0.1);

/// Trains a network into a run folder: prepares the dataset, runs the schedule with a checkpoint after every epoch, measures the best
/// weights on the test clips and writes the reports. With `resume` it goes on exactly where the run stopped: the same
/// parameters, bit by bit, as without the interruption. Events are told as they happen; the last is [`Event::Done`].
///
/// # Errors
/// [`Code::InvalidOption`], [`Code::FileNotFound`], [`Code::Dataset`] for what is asked; [`Code::RunExists`] where `out` holds a
/// run; [`Code::CheckpointMismatch`], [`Code::ModelFormat`], [`Code::ModelVersion`] for a run that cannot go on; [`Code::Output`]
/// for a folder that cannot be written; [`Code::Aborted`] after `cancel`, once a checkpoint is written; those of the engine.
pub fn train(options: &TrainOptions, on_event: &mut dyn FnMut(Event), cancel: &AtomicBool) -> Result<TrainDone> {
    options.validate()?;
    let architecture = options.architecture.resolve()?;
    let engine = engine_options(&options.device, options.threads, options.precision)?;
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut options = options.clone();
    options.dataset = options.dataset.absolute();
    options.cache = options.cache.as_deref().map(absolute);
    let (folder, opened) = RunFolder::open(&options.out, options.resume, options.force)?;
    options.out = folder.path().to_path_buf();
    let found = if opened == Opened::Resumed { Checkpoint::load(&folder)? } else { None };
    // What is in the folder stays as it is until the new run, or the going on, is certain to work: till then events wait.
    let mut early = Vec::new();
    let mut tell = |event: Event| {
        if !matches!(event, Event::Progress(_)) {
            early.push(event.clone());
        }
        on_event(event);
    };

    if let Some(notice) = Options::notice(&options.device, options.precision) {
        tell(Event::Warning(Warning::new(notice.message)));
    }
    let dataset = Dataset::load(&options.dataset, options.task, options.seed)?;
    for warning in &dataset.warnings {
        tell(Event::Warning(Warning::new(warning)));
    }
    let clip_seconds = options.clip_seconds.or(dataset.clip_seconds);
    let source =
        Source { options: &options.dataset, rate: architecture.sampling_rate, clip_seconds, retry_failed: false };
    let filled = source.fill(&dataset, options.cache.as_deref(), 0, &mut tell, cancel)?;
    let policy = options.segments.map_or(SegmentPolicy::All, SegmentPolicy::Spread);
    let part = |part: Part| {
        PartData::new(&dataset, move |clip| clip.part == part, &filled.cache, architecture.input_length, policy)
    };
    let parts = Parts { train: part(Part::Train), valid: part(Part::Valid), test: part(Part::Test) };
    parts.refuse_empty(&dataset, options.dataset.location(), &filled.bad)?;
    for (part, data) in parts.all() {
        for warning in data.warnings(part, &dataset.tags) {
            tell(Event::Warning(warning));
        }
    }

    let updates = parts.train.segments.len().div_ceil(options.batch_size);
    let architecture = with_norm_momentum(architecture, options.norm_momentum, updates);
    let config = Config {
        format: Config::FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        task: dataset.task,
        tags: dataset.tags.clone(),
        dataset: DatasetFacts {
            kind: dataset.kind.to_owned(),
            split: dataset.split.clone(),
            checksum: checksum(&parts.all(), &dataset.tags, dataset.task),
            clips: parts.count(|data| data.clips.len()),
            segments: parts.count(|data| data.segments.len()),
            segment_rule: segment_rule(policy, architecture.input_length),
            clip_seconds,
            sampling_rate: architecture.sampling_rate,
            resampler: "rubato".to_owned(),
            cache: filled.folder.clone(),
        },
        updates_per_epoch: updates,
        parameters: Layout::new(&architecture, dataset.tags.len()).trainable,
        device: engine.device.to_string(),
        threads: engine.threads,
        architecture,
        options,
    };
    let mut stale_config = true;
    if opened == Opened::Resumed {
        let before = Config::load(&folder.config())?;
        before.must_equal(&config)?;
        stale_config = before.options.epochs != config.options.epochs;
    } else if config.options.resume {
        tell(Event::Warning(Warning::new(format!(
            "nothing to resume in {}: a new run begins",
            folder.path().display()
        ))));
    }
    if opened == Opened::Replaced {
        folder.clear()?;
    }
    if stale_config {
        write_json(&folder.config(), &config)?;
    }
    let events = found.as_ref().map_or(0, |(checkpoint, _)| checkpoint.state.events);
    let mut reporter = Reporter::begin(EventLog::open(&folder.events(), events)?, &early, on_event)?;
    Run { config: &config, folder: &folder, parts: &parts, engine, cancel }.train(found, &mut reporter)
}

/// The device, the precision and the number of threads, which is never 0.
pub(crate) fn engine_options(device: &str, threads: usize, precision: Precision) -> Result<Options> {
    let threads = if threads == 0 { physical_cores() } else { threads };
    Options::new(device, threads, precision)
}

/// The segment rule, for reports.
pub(crate) fn segment_rule(policy: SegmentPolicy, length: usize) -> String {
    match policy {
        SegmentPolicy::All => format!("all segments of {length} samples, no overlap"),
        SegmentPolicy::Spread(count) => format!("{count} segments of {length} samples, evenly spread"),
    }
}

/// The architecture with the norm's momentum that is asked for, or that suits `updates` updates an epoch.
fn with_norm_momentum(mut architecture: Architecture, asked: Option<f64>, updates: usize) -> Architecture {
    let norm = &mut architecture.norm;
    let (slow, fast) = NORM_MOMENTUM;
    norm.momentum = match asked {
        Some(momentum) => momentum,
        None if norm.momentum == slow && updates < UPDATES_FOR_SLOW_STATISTICS => fast,
        None => norm.momentum,
    };
    architecture
}

/// The usable clips of the three parts.
pub(crate) struct Parts<'a> {
    pub(crate) train: PartData<'a>,
    pub(crate) valid: PartData<'a>,
    pub(crate) test: PartData<'a>,
}

impl<'a> Parts<'a> {
    fn all(&self) -> [(Part, &PartData<'a>); 3] {
        [(Part::Train, &self.train), (Part::Valid, &self.valid), (Part::Test, &self.test)]
    }

    fn count(&self, of: impl Fn(&PartData) -> usize) -> PartCounts {
        PartCounts { train: of(&self.train), valid: of(&self.valid), test: of(&self.test) }
    }

    /// Refuses a dataset that cannot train: nothing to learn from, or nothing to end the stages by.
    fn refuse_empty(&self, dataset: &Dataset, location: &Path, bad: &[BadFile]) -> Result<()> {
        for (part, data) in [(Part::Train, &self.train), (Part::Valid, &self.valid)] {
            if !data.clips.is_empty() {
                continue;
            }
            let message = if dataset.part(part).next().is_none() {
                format!("no clips in the {part} part: give some clips the split {part}, or leave the split empty")
            } else {
                let first = bad.iter().find_map(|file| file.error.as_ref()).map_or("", |error| &error.message);
                format!("no clip of the {part} part can be used; the first file that failed: {first}")
            };
            let message = format!("{}: {message}", location.display());
            return Err(Error::new(Code::Dataset, message).with_file(location));
        }
        Ok(())
    }
}

/// A run whose data and options are settled.
pub(crate) struct Run<'a> {
    pub(crate) config: &'a Config,
    pub(crate) folder: &'a RunFolder,
    pub(crate) parts: &'a Parts<'a>,
    pub(crate) engine: Options,
    pub(crate) cancel: &'a AtomicBool,
}

impl Run<'_> {
    fn train(&self, found: Option<(Checkpoint, Option<Error>)>, reporter: &mut Reporter) -> Result<TrainDone> {
        let Config { options, architecture, tags, task, .. } = self.config;
        if let Some(done) = found.as_ref().and_then(|(checkpoint, _)| self.finished_before(checkpoint)) {
            reporter.emit(Event::Done(done.clone()))?;
            return Ok(done);
        }
        let (mut training, validation) =
            Training::with_validation(architecture, tags.len(), *task, options.batch_size, &self.engine)?;
        let holding = self.hold(&mut training)?;
        let state = match found {
            None => {
                let mel = self.mel_statistics(reporter)?;
                let (kind, seed) = (options.initialisation, options.seed);
                training.load(&first_parameters(architecture, tags.len(), kind, seed, mel)?)?;
                let mut fresh = Checkpoint::default();
                fresh.state.threads = self.engine.threads;
                fresh
            }
            Some((checkpoint, trouble)) => {
                if let Some(trouble) = trouble {
                    reporter.warn(format!("going on from the checkpoint before: {}", trouble.message))?;
                }
                training.load(&checkpoint.parameters)?;
                training.load_velocity(&checkpoint.velocity)?;
                checkpoint
            }
        };
        reporter.emit(Event::Start(Start {
            schema: 1,
            run: self.folder.path().to_path_buf(),
            dataset: self.config.dataset.split.clone(),
            clips: self.config.dataset.clips,
            segments: self.config.dataset.segments,
            tags: tags.len(),
            parameters: self.config.parameters,
            updates_per_epoch: self.config.updates_per_epoch,
            device: self.config.device.clone(),
            precision: self.engine.precision,
            threads: self.engine.threads,
            epochs_before: state.state.schedule.epochs,
        }))?;
        let model = |parameters: Parameters, state: &Checkpoint| self.model(parameters, state, None, None);
        let mut trainer = Trainer {
            options,
            folder: self.folder,
            architecture,
            task: *task,
            engine: self.engine.clone(),
            train: &self.parts.train,
            valid: &self.parts.valid,
            training,
            holding,
            validation,
            state,
            model: &model,
            cancel: self.cancel,
        };
        trainer.run(reporter)?;
        let state = trainer.state;
        // Their memory is not needed any more.
        drop((trainer.training, trainer.validation));
        self.finish(&state, reporter)
    }

    /// Brings the training part to a GPU that has room for it.
    fn hold(&self, training: &mut Training) -> Result<Holding> {
        let data = &self.parts.train;
        let stopped = || self.cancel.load(Ordering::Relaxed);
        let holding = training.hold(data.samples(), data.audio().take_while(|_| !stopped()));
        holding.map_err(|error| if stopped() { Error::aborted() } else { error })
    }

    /// What a mel front end standardises by, from the cache or measured: from then on it is among the statistics of every checkpoint.
    fn mel_statistics(&self, reporter: &mut Reporter) -> Result<Option<MelStatistics>> {
        let Some(mel) = front_end(&self.config.architecture)? else { return Ok(None) };
        if mel.empty_bands() > 0 {
            reporter.warn(format!(
                "{} of the {} mel bands lie between two bins of the FFT and are always 0: use a longer FFT or fewer bands",
                mel.empty_bands(),
                mel.bands()
            ))?;
        }
        let Config { architecture, dataset, .. } = self.config;
        let (data, threads) = (&self.parts.train, self.engine.threads);
        let on_event = &mut *reporter.on_event;
        let (learned, kept) =
            MelStatistics::learned(architecture, &mel, data, &dataset.cache, threads, on_event, self.cancel)?;
        if let Err(reason) = kept {
            reporter.warn(format!("the statistics will be measured again next time: {}", reason.message))?;
        }
        Ok(Some(learned))
    }

    /// What the run came to, if it is through and its report is there.
    fn finished_before(&self, checkpoint: &Checkpoint) -> Option<TrainDone> {
        let progress = &checkpoint.state.schedule;
        let report = std::fs::read(self.folder.report()).ok()?;
        let report: Report = serde_json::from_slice(&report).ok()?;
        let finished = schedule(&self.config.options).is_finished(progress) && report.done.epochs == progress.epochs;
        // The folder may have been moved.
        let (run, best) = (self.folder.path().to_path_buf(), self.folder.best());
        finished.then_some(TrainDone { run, best, ..report.done })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_epochs_get_faster_statistics_unless_a_momentum_is_asked_for() {
        let momentum =
            |asked, updates| with_norm_momentum(Architecture::preset("3^9").unwrap(), asked, updates).norm.momentum;
        assert_eq!(momentum(None, 499), 0.1);
        assert_eq!(momentum(None, 500), 0.01);
        assert_eq!(momentum(Some(0.01), 10), 0.01);
        assert_eq!(momentum(Some(0.3), 1000), 0.3);
    }
}
