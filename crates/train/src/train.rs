//! A training, from its options to its report.

mod advice;
mod divergence;
mod finish;
mod head_alone;
mod identity;
mod norm_momentum;
mod parts;
mod plan;
mod queued;
mod reporter;
mod seeds;
mod settled_run;
mod shares;
mod source;
mod trainer;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use audio::SegmentPolicy;
use engine::{physical_cores, Options, Precision};
use error::{Code, Error, Result, WarningCode};
use net::{ArchitectureOption, Layout};
use options::prepare;

use crate::augmentation::Augmentation;
use crate::crops::epoch_length;
use crate::dataset::{Dataset, Part, PartCounts, SplitRules};
use crate::event::{Event, TrainDone, Warning};
use crate::known_clips::KnownClips;
use crate::options::{ClassWeights, TrainOptions};
use crate::part::{checksum, PartData};
use crate::prepare::Preparation;
use crate::run::{write_clips, Checkpoint, Config, DatasetFacts, Opened, ResumePoint, RunClip, RunFolder};
use crate::same_audio;
use crate::unusable::left_out;
use norm_momentum::with_norm_momentum;
use parts::Parts;
use plan::Plan;
use reporter::Reporter;
use settled_run::{compile, Run};
use source::{network, Source};

/// Trains a network into a run folder: prepares the dataset, follows the schedule with a checkpoint after every epoch,
/// evaluates the best weights on the test clips and writes the reports. With `resume` the run continues exactly where
/// it stopped: the parameters are bit for bit those of a run without the interruption. Events are passed to `on_event`
/// as they happen; the last one is [`Event::Done`].
///
/// # Errors
/// [`error::Code::InvalidOption`], [`error::Code::FileNotFound`], [`error::Code::Dataset`] for invalid options or data;
/// [`error::Code::RunExists`] if `out` holds a run or another process trains in it;
/// [`error::Code::CheckpointMismatch`], [`error::Code::ModelFormat`], [`error::Code::ModelVersion`] for a run that
/// cannot be resumed, and for a model in `from` that cannot be read; [`error::Code::Output`] for a folder that cannot
/// be written, or that holds files with the names of a run that no run wrote; [`error::Code::Aborted`] after `cancel`,
/// once a checkpoint is written; those of the engine. With `seeds` there is one run for each seed, in the folders
/// `seed-N` of `out`; `resume` continues the first unfinished one.
pub fn train(options: &TrainOptions, on_event: &mut dyn FnMut(Event), cancel: &AtomicBool) -> Result<TrainDone> {
    train_within(options, "then resume from the last checkpoint (--resume)", on_event, cancel)
}

/// Like [`train`], as part of a larger job: if writing fails, for example because the disk is full, the error message
/// ends in `way_on`, which says how to continue once there is room again.
///
/// # Errors
/// Those of [`train`].
pub fn train_within(
    options: &TrainOptions,
    way_on: &str,
    on_event: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<TrainDone> {
    options.validate()?;
    if let Some(count) = options.seeds {
        return seeds::train_seeds(options, count, way_on, on_event, cancel);
    }
    let engine = Options::for_training(&options.device, thread_count(options.threads), options.precision)?;
    if let Some(architecture) = &options.architecture {
        Augmentation::new(&options.augment, architecture.resolve()?.sampling_rate, options.seed)?;
    }
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut options = options.clone();
    options.dataset = options.dataset.absolute();
    options.cache = options.cache.as_deref().map(absolute);
    options.from = options.from.as_deref().map(absolute);
    let (folder, opened) = RunFolder::open(&options.out, options.resume, options.force)?;
    options.out = folder.path().to_path_buf();
    let before = if opened == Opened::Resumed { Some(Config::load(&folder.config())?) } else { None };
    let found = before.as_ref().map_or_else(|| Ok(ResumePoint::default()), |run| Checkpoint::load(&folder, &run.id))?;
    let source = Source::open(&options, before.as_ref(), found.checkpoint.is_some())?;
    let architecture = network(&options, source.as_ref())?;
    Augmentation::new(&options.augment, architecture.sampling_rate, options.seed)?;
    if options.architecture.is_none() && source.is_none() {
        options.architecture = Some(ArchitectureOption::Preset(prepare::ARCHITECTURE.to_owned()));
    }
    // The contents of the folder do not change until it is certain that the new or resumed run can start; until then
    // events are collected.
    let mut early = Vec::new();
    let mut tell = |event: Event| {
        if !matches!(event, Event::Progress(_)) {
            early.push(event.clone());
        }
        on_event(event);
    };

    if let Some(notice) = Options::notice(&options.device, options.precision) {
        tell(Event::Warning(Warning::new(WarningCode::CudaUnavailable, notice)));
    }
    // A resumed run keeps the split rules with which it started.
    let rules = before.as_ref().map_or_else(SplitRules::default, |before| before.dataset.split_rules);
    let split_seed = options.split_seed.unwrap_or(options.seed);
    let mut dataset = Dataset::load_by(&options.dataset, options.task, split_seed, rules)?;
    for warning in &dataset.warnings {
        tell(Event::Warning(warning.clone()));
    }
    let clip_seconds = options.clip_seconds.or(dataset.clip_seconds);
    let (rate, cached_seconds) = (architecture.sampling_rate, dataset.cached_seconds(clip_seconds));
    let preparation = Preparation {
        options: &options.dataset,
        rate,
        clip_seconds: cached_seconds,
        retry_failed: false,
        strict: options.strict,
    };
    let mut filled = preparation.fill_whole(&dataset, options.cache.as_deref(), 0, &mut tell, cancel)?;
    if let Some(warning) = dataset.cut(&mut filled.cache, rate, clip_seconds) {
        tell(Event::Warning(warning));
    }
    let policy = options.segments;
    let part = |part: Part| {
        PartData::new(&dataset, move |clip| clip.part == part, &filled.cache, architecture.input_length, policy)
    };
    let parts = Parts { train: part(Part::Train), valid: part(Part::Valid), test: part(Part::Test) };
    parts.refuse_empty(&dataset, options.dataset.location(), &filled.bad, options.has_fixed_schedule())?;
    for (part, data) in parts.all() {
        data.check_targets()?;
        for warning in data.warnings(Some(part), &dataset.tags, |_| true) {
            tell(Event::Warning(warning));
        }
    }
    let new_head = source.as_ref().and_then(|source| source.warning(&dataset.tags, dataset.task));
    let shared = same_audio::warning(parts.all().into_iter().flat_map(|(part, data)| data.hashes(part)));
    advice::warnings(options.batch_size, &parts)
        .into_iter()
        .chain(shared)
        .chain(new_head)
        .for_each(|warning| tell(Event::Warning(warning)));

    parts.refuse_other_segments(options.random_crops, policy)?;
    let batches = epoch_length(&parts.train, options.random_crops).div_ceil(options.batch_size);
    let updates = shares::updates(batches, options.accumulate);
    let plan = Plan::new(&options, updates)?;
    let architecture = with_norm_momentum(architecture, options.norm_momentum, batches);
    let counted = |weights: &ClassWeights| parts.weights(weights, &dataset.tags, dataset.task);
    let tag_weights = options.class_weights.as_ref().map(counted).transpose()?;
    let config = Config {
        format: Config::FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        id: before.as_ref().map_or_else(Config::new_id, |run| run.id.clone()),
        task: dataset.task,
        tags: dataset.tags.clone(),
        source: source.as_ref().map(|source| source.record(before.as_ref(), &dataset.tags, dataset.task)),
        dataset: DatasetFacts {
            kind: dataset.kind.to_owned(),
            split: dataset.split.clone(),
            split_rules: dataset.rules,
            checksum: checksum(&parts.all(), &dataset.tags, dataset.task),
            clips: parts.count(|data| data.clips.len()),
            left_out: left_out(&dataset, &filled),
            segments: PartCounts {
                train: epoch_length(&parts.train, options.random_crops),
                ..parts.count(|data| data.segments.len())
            },
            segment_rule: match options.random_crops {
                None => segment_rule(policy, architecture.input_length),
                Some(crops) => format!(
                    "training: {crops} random crops of {} samples of each clip in each epoch; validation and test: {}",
                    architecture.input_length,
                    segment_rule(policy, architecture.input_length)
                ),
            },
            clip_seconds,
            sampling_rate: architecture.sampling_rate,
            resampler: "rubato".to_owned(),
            cache: filled.folder.clone(),
        },
        tag_weights,
        updates_per_epoch: updates,
        parameters: Layout::new(&architecture, dataset.tags.len()).trainable,
        device: engine.device.to_string(),
        threads: engine.threads,
        architecture,
        options,
    };
    if let Some(expected) = config.options.checksum.as_ref().filter(|wanted| **wanted != config.dataset.checksum) {
        let message = format!(
            "checksum: the dataset must be {expected}, received {}: its clips, tags, parts or audio differ; restore \
             them, or leave out the checksum (without config)",
            config.dataset.checksum
        );
        return Err(Error::new(Code::Dataset, message).with_file(config.options.dataset.location()));
    }
    let clips = RunClip::of(&parts.all(), &dataset.tags);
    let mut stale_config = true;
    if let Some(before) = &before {
        before.must_equal(&config)?;
        if let Some(warning) = identity::must_equal(&folder, before, &config, &parts, &clips)? {
            tell(Event::Warning(warning));
        }
        stale_config = before.options.epochs != config.options.epochs;
    } else if config.options.resume {
        tell(Event::Warning(Warning::new(
            WarningCode::NothingToResume,
            format!("nothing to resume in {}: starting a new run", folder.path().display()),
        )));
    }
    let known = KnownClips::of(&parts.train, &parts.valid)?;
    // If there is not enough memory for the network, no run is started and none is replaced.
    let compiled = if opened == Opened::Resumed { None } else { Some(compile(&config, &plan, &engine)?) };
    if opened == Opened::Replaced {
        folder.clear()?;
    }
    // Write the files that identify the run first: then it can be resumed after an interruption at any point.
    if stale_config {
        files::write_json(folder.config(), &config)?;
    }
    // A process that was killed between the two files has left the run without its list of clips. The list of an older
    // version, which covers no audio, stays missing.
    let is_same = |before: &Config| before.dataset.checksum == config.dataset.checksum;
    let lacks_clips = !folder.clips().exists() && before.as_ref().is_some_and(is_same);
    if opened != Opened::Resumed || lacks_clips {
        write_clips(&folder.clips(), &clips)?;
    }
    let events = found.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.state.events);
    let work = || {
        let mut reporter = Reporter::begin(&folder, events, &early, on_event)?;
        let config = &config;
        Run { config, plan: &plan, folder: &folder, parts: &parts, known, source, engine, cancel }.train(
            found,
            compiled,
            &mut reporter,
        )
    };
    // A run that could not write has started nevertheless: the same command without resume would be refused.
    work().map_err(|failure| match failure.code {
        Code::Output | Code::Io => Error { message: format!("{}; {way_on}", failure.message), ..failure },
        _ => failure,
    })
}

/// The engine options for inference: device, precision and number of threads, which is never 0 in the result.
pub(crate) fn engine_options(device: &str, threads: usize, precision: Precision) -> Result<Options> {
    Options::new(device, thread_count(threads), precision)
}

/// The number of threads: `threads`, or one for each physical core if it is 0.
fn thread_count(threads: usize) -> usize {
    if threads == 0 {
        physical_cores()
    } else {
        threads
    }
}

/// The segment rule in words, for reports.
pub(crate) fn segment_rule(policy: SegmentPolicy, length: usize) -> String {
    match policy {
        SegmentPolicy::All => format!("all segments of {length} samples, no overlap"),
        SegmentPolicy::Spread(count) => format!("{count} segments of {length} samples, evenly spread"),
        SegmentPolicy::Overlapping(count) => format!("{count} overlapping segments of {length} samples, evenly spread"),
    }
}
