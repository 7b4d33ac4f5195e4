//! Preparing a dataset: decoding it before its first training.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use error::{Code, Error, Result, WarningCode};
use net::Architecture;
use serde::Serialize;
use ts_rs::TS;

use crate::cache::{base_folder, fill, older, BadFile, Filled, Key};
use crate::dataset::{Clip, Dataset, DatasetOptions, Part};
use crate::event::{Event, Warning};
use crate::input_statistics::{InputStatistics, Standardised};
use crate::options::PrepareOptions;
use crate::part::PartData;
use crate::same_audio;
use crate::unusable::{listed_at, refuse_unusable};

/// The result of `prepare`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "PrepareDone")]
#[serde(tag = "type", rename = "done", rename_all = "camelCase")]
pub struct Prepared {
    /// The folder of the cache, absolute. All datasets share it.
    pub cache: PathBuf,
    /// Number of clips in the dataset.
    pub clips: usize,
    /// Number of usable clips.
    pub usable: usize,
    /// Number of clips that this call decoded; of the others, the cache has a copy of a file with the same bytes.
    pub decoded: usize,
    /// Number of clips that cannot be used.
    pub failed: usize,
    /// Number of clips whose files could not be read this time: the next call tries them again. `failed` does not
    /// include them.
    pub unread: usize,
    /// Number of clips that are used although parts of them are damaged.
    pub partial: usize,
    /// The list of failed and damaged files, absolute.
    pub report: PathBuf,
    /// Seconds of usable audio.
    pub duration: f64,
    /// The mean and deviation by which a mel network standardises its values, in units of log(1 + 10 |A|); null for
    /// other networks.
    #[ts(inline)]
    pub mel: Option<Standardisation>,
    /// The mean and deviation by which a network standardises its waveform, in units of full scale; null for other
    /// networks.
    #[ts(inline)]
    pub waveform: Option<Standardisation>,
    /// Seconds that the call took.
    pub seconds: f64,
}

/// Mean and deviation of samples or of log-mel values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
pub struct Standardisation {
    /// One mean for all samples, or for all bands.
    pub mean: f32,
    /// One deviation for all samples, or for all bands, greater than 0.
    pub deviation: f32,
}

/// Decodes and resamples every clip of a dataset into its cache, and measures the training part if the architecture
/// standardises its samples or its log-mel values. A second call does nothing, also for another dataset with the same
/// files; a call after an interruption continues where it stopped. Emits progress and warnings.
///
/// # Errors
/// [`Code::InvalidOption`]; those of [`Dataset::load`] and [`fill`]; [`Code::Dataset`] if `strict` is set and a clip is
/// left out or damaged.
pub fn prepare(options: &PrepareOptions, on_event: &mut dyn FnMut(Event), cancel: &AtomicBool) -> Result<Prepared> {
    let started = std::time::Instant::now();
    options.validate()?;
    let architecture = options.architecture.resolve()?;
    let rate = options.sampling_rate.unwrap_or(architecture.sampling_rate);
    let mut dataset = Dataset::load(&options.dataset, None, options.seed)?;
    for warning in &dataset.warnings {
        on_event(Event::Warning(warning.clone()));
    }
    if let Some(warning) = old_caches(&base_folder(options.cache.as_deref())?) {
        on_event(Event::Warning(warning));
    }
    let clip_seconds = options.clip_seconds.or(dataset.clip_seconds);
    let source = Preparation {
        options: &options.dataset,
        rate,
        clip_seconds: dataset.cached_seconds(clip_seconds),
        retry_failed: options.retry_failed,
        strict: options.strict,
    };
    let mut filled = source.fill(&dataset, options.cache.as_deref(), options.threads, on_event, cancel)?;
    if let Some(warning) = dataset.cut(&mut filled.cache, rate, clip_seconds) {
        on_event(Event::Warning(warning));
    }
    if let Some(message) = unread(&dataset, &filled) {
        on_event(Event::Warning(Warning::new(WarningCode::FilesUnread, message)));
    }
    let hash = |clip: &'_ Clip| filled.cache.clip(&clip.name).map(|prepared| prepared.audio);
    let clips = dataset.clips.iter().filter_map(|clip| Some((clip.part, clip.name.as_str(), hash(clip)?)));
    if let Some(warning) = same_audio::warning(clips) {
        on_event(Event::Warning(warning));
    }
    let architecture = Architecture { sampling_rate: rate, ..architecture };
    let (mut mel, mut waveform) = (None, None);
    if let Some(standardised) = Standardised::of(&architecture)? {
        let measured = measure(&architecture, &standardised, &dataset, &filled, options, on_event, cancel)?;
        match standardised {
            Standardised::Mel(_) => mel = measured,
            Standardised::Waveform => waveform = measured,
        }
    }
    let lengths = dataset.clips.iter().filter_map(|clip| filled.cache.clip(&clip.name)).map(|clip| clip.samples);
    let unread = filled.bad.iter().filter(|file| file.passes()).count();
    let failed = filled.bad.iter().filter(|file| file.error.is_some()).count() - unread;
    Ok(Prepared {
        clips: dataset.clips.len(),
        usable: dataset.clips.len() - failed - unread,
        decoded: filled.decoded,
        failed,
        unread,
        partial: filled.bad.len() - failed - unread,
        report: filled.report,
        duration: lengths.sum::<u64>() as f64 / f64::from(rate),
        mel,
        waveform,
        cache: filled.folder,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// The warning about caches of earlier versions below `base`, if there are any.
fn old_caches(base: &Path) -> Option<Warning> {
    let caches = older(base);
    let first = caches.first()?;
    let bytes: u64 = caches.iter().map(|cache| cache.bytes).sum();
    let message = format!(
        "{} folders of an earlier version take {:.1} GB in the cache {}, the first: {}; they are no longer used: \
         remove them with `samplecnn cache prune`",
        caches.len(),
        bytes as f64 / 1e9,
        base.display(),
        first.folder.display()
    );
    Some(Warning::new(WarningCode::OldCache, message).of_count(caches.len()))
}

/// The mean and deviation of the `standardised` values of the training part; stored in the cache for a later training.
/// `None` if the training part has no segment.
fn measure(
    architecture: &Architecture,
    standardised: &Standardised,
    dataset: &Dataset,
    filled: &Filled,
    options: &PrepareOptions,
    on_event: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<Option<Standardisation>> {
    let length = architecture.input_length;
    let data = PartData::new(dataset, |clip| clip.part == Part::Train, &filled.cache, length, options.segments);
    if data.segments.is_empty() {
        return Ok(None);
    }
    let threads = threads_or_all(options.threads);
    let folder = &filled.folder;
    let (learned, kept) =
        InputStatistics::learned(architecture, standardised, &data, folder, threads, on_event, cancel)?;
    kept?;
    Ok(Some(Standardisation { mean: learned.mean, deviation: learned.deviation }))
}

/// `threads`, or the number of threads that the machine runs at once if it is 0.
fn threads_or_all(threads: usize) -> usize {
    if threads > 0 {
        return threads;
    }
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The properties that determine the cache of a dataset.
pub(crate) struct Preparation<'a> {
    pub(crate) options: &'a DatasetOptions,
    /// Hz.
    pub(crate) rate: u32,
    pub(crate) clip_seconds: Option<f64>,
    /// Whether to try clips again that could not be used before.
    pub(crate) retry_failed: bool,
    /// Whether a clip that is left out or damaged is an error.
    pub(crate) strict: bool,
}

impl Preparation<'_> {
    /// Like [`Preparation::fill`], for jobs that need all clips that can be decoded: with fewer clips the result would
    /// differ.
    ///
    /// # Errors
    /// Those of [`Preparation::fill`]; [`Code::Io`] if a file could not be read this time.
    pub(crate) fn fill_whole(
        &self,
        dataset: &Dataset,
        base: Option<&Path>,
        threads: usize,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<Filled> {
        let filled = self.fill(dataset, base, threads, on_event, cancel)?;
        match unread(dataset, &filled) {
            Some(message) => Err(Error::new(Code::Io, message)),
            None => Ok(filled),
        }
    }

    /// Fills the cache and reports all clips that cannot be used in one warning.
    ///
    /// # Errors
    /// Those of [`fill`]; [`Code::Dataset`] if `strict` is set and a clip is left out or damaged.
    pub(crate) fn fill(
        &self,
        dataset: &Dataset,
        base: Option<&Path>,
        threads: usize,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<Filled> {
        let base = base_folder(base)?;
        let key = Key::new(self.options, self.rate, self.clip_seconds);
        let filled = fill(dataset, &key, &base, threads_or_all(threads), self.retry_failed, on_event, cancel)?;
        if self.strict {
            refuse_unusable(dataset, &filled)?;
        }
        let failed: Vec<&BadFile> = filled.bad.iter().filter(|file| file.error.is_some() && !file.passes()).collect();
        if let Some(first) = failed.first() {
            let message = format!(
                "{} of {} clips cannot be used and are left out, the first: {}{}; for the full list see {}; \
                 to try them again, prepare with retryFailed (--retry-failed)",
                failed.len(),
                dataset.clips.len(),
                first.error.as_ref().map_or("", |error| &error.message),
                listed_at(dataset, &first.file),
                filled.report.display()
            );
            let name = |file: &&BadFile| {
                let clip = dataset.clips.iter().find(|clip| clip.path == file.file);
                clip.map(|clip| clip.name.clone())
            };
            let clips = failed.iter().take(Warning::CLIPS).filter_map(name).collect();
            on_event(Event::Warning(Warning { clips, ..Warning::new(WarningCode::ClipsLeftOut, message) }));
        }
        Ok(filled)
    }
}

/// The message about files that could not be read this time, if there are any.
fn unread(dataset: &Dataset, filled: &Filled) -> Option<String> {
    let files: Vec<_> = filled.bad.iter().filter(|file| file.passes()).collect();
    let first = files.first()?.error.as_ref()?;
    Some(format!(
        "{} of {} files could not be read this time, the first: {}; run the same command again, or correct the file \
         permissions if they prevent reading",
        files.len(),
        dataset.clips.len(),
        first.message
    ))
}
