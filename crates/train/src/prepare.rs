//! Decoding a dataset ahead of its first training.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use error::{Code, Error, Result, WarningCode};
use net::Architecture;
use serde::Serialize;
use ts_rs::TS;

use crate::cache::{default_folder, fill, report_path, BadFile, Filled, Key};
use crate::dataset::{Clip, Dataset, DatasetOptions, Part};
use crate::event::{Event, Warning};
use crate::initial::front_end;
use crate::mel_statistics::MelStatistics;
use crate::options::PrepareOptions;
use crate::part::PartData;
use crate::same_audio;
use crate::unusable::refuse_unusable;

/// A dataset is prepared.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "PrepareDone")]
#[serde(tag = "type", rename = "done", rename_all = "camelCase")]
pub struct Prepared {
    /// The cache's folder, absolute.
    pub cache: PathBuf,
    /// Clips of the dataset.
    pub clips: usize,
    /// Clips that can be used.
    pub usable: usize,
    /// Clips decoded by this call; the others were there.
    pub decoded: usize,
    /// Clips that cannot be used.
    pub failed: usize,
    /// Clips whose files could not be read just now: the same call tries them again. They are not among the failed.
    pub unread: usize,
    /// Clips that are used although parts of them are damaged.
    pub partial: usize,
    /// The report of the last two, absolute.
    pub report: PathBuf,
    /// Seconds of audio that can be used.
    pub duration: f64,
    /// What a mel network standardises the training part by, in units of log(1 + 10 |A|); null for other networks.
    #[ts(inline)]
    pub mel: Option<Standardisation>,
    /// Seconds that it took.
    pub seconds: f64,
}

/// Mean and deviation of log-mel values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
pub struct Standardisation {
    /// One for all bands.
    pub mean: f32,
    /// One for all bands, above 0.
    pub deviation: f32,
}

/// Decodes and resamples every clip of a dataset into its cache, and measures the training part for a mel architecture. A second call does nothing; one after an interruption goes on
/// where it stopped. Emits progress and warnings.
///
/// # Errors
/// [`Code::InvalidOption`]; those of [`Dataset::load`] and [`fill`]; [`Code::Dataset`] where `strict` is set and a clip is left out or damaged.
pub fn prepare(options: &PrepareOptions, on_event: &mut dyn FnMut(Event), cancel: &AtomicBool) -> Result<Prepared> {
    let started = std::time::Instant::now();
    options.validate()?;
    let architecture = options.architecture.resolve()?;
    let rate = options.sampling_rate.unwrap_or(architecture.sampling_rate);
    let mut dataset = Dataset::load(&options.dataset, None, options.seed)?;
    for warning in &dataset.warnings {
        on_event(Event::Warning(warning.clone()));
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
    let mel =
        measure(&Architecture { sampling_rate: rate, ..architecture }, &dataset, &filled, options, on_event, cancel)?;
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
        report: report_path(&filled.folder),
        duration: lengths.sum::<u64>() as f64 / f64::from(rate),
        mel,
        cache: filled.folder,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// What a mel front end will standardise the training part by; kept in the cache, where a training finds it.
fn measure(
    architecture: &Architecture,
    dataset: &Dataset,
    filled: &Filled,
    options: &PrepareOptions,
    on_event: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<Option<Standardisation>> {
    let Some(mel) = front_end(architecture)? else { return Ok(None) };
    let length = architecture.input_length;
    let data = PartData::new(dataset, |clip| clip.part == Part::Train, &filled.cache, length, options.segments);
    if data.segments.is_empty() {
        return Ok(None);
    }
    let threads = threads_or_all(options.threads);
    let (learned, kept) = MelStatistics::learned(architecture, &mel, &data, &filled.folder, threads, on_event, cancel)?;
    kept?;
    Ok(Some(Standardisation { mean: learned.mean, deviation: learned.deviation }))
}

/// `threads`, or as many as the machine runs at once.
fn threads_or_all(threads: usize) -> usize {
    if threads > 0 {
        return threads;
    }
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What decides which cache a dataset has.
pub(crate) struct Preparation<'a> {
    pub(crate) options: &'a DatasetOptions,
    /// Hz.
    pub(crate) rate: u32,
    pub(crate) clip_seconds: Option<f64>,
    /// Whether clips that could not be used before are tried again.
    pub(crate) retry_failed: bool,
    /// Whether a clip that is left out or damaged is an error.
    pub(crate) strict: bool,
}

impl Preparation<'_> {
    /// As [`Preparation::fill`], for who needs all clips that can be had: with fewer the result would be another one.
    ///
    /// # Errors
    /// Those of [`Preparation::fill`]; [`Code::Io`] where a file could not be read just now.
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

    /// Fills the cache and says in one warning what cannot be used.
    ///
    /// # Errors
    /// Those of [`fill`]; [`Code::Dataset`] where `strict` is set and a clip is left out or damaged.
    pub(crate) fn fill(
        &self,
        dataset: &Dataset,
        base: Option<&Path>,
        threads: usize,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<Filled> {
        let base = match base {
            Some(base) => std::path::absolute(base).unwrap_or_else(|_| base.to_path_buf()),
            None => default_folder()?,
        };
        let key = Key::new(self.options, self.rate, self.clip_seconds);
        let filled = fill(dataset, &key, &base, threads_or_all(threads), self.retry_failed, on_event, cancel)?;
        if self.strict {
            refuse_unusable(dataset, &filled)?;
        }
        let failed: Vec<&BadFile> = filled.bad.iter().filter(|file| file.error.is_some() && !file.passes()).collect();
        if let Some(first) = failed.first() {
            let message = format!(
                "{} of {} clips cannot be used and are left out, the first: {}; all of them: {}; prepare with retryFailed \
                 (--retry-failed) tries them again",
                failed.len(),
                dataset.clips.len(),
                first.error.as_ref().map_or("", |error| &error.message),
                report_path(&filled.folder).display()
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

/// What to say of files that could not be read just now, if there are any.
fn unread(dataset: &Dataset, filled: &Filled) -> Option<String> {
    let files: Vec<_> = filled.bad.iter().filter(|file| file.passes()).collect();
    let first = files.first()?.error.as_ref()?;
    Some(format!(
        "{} of {} files could not be read just now, the first: {}; run the same command again, or mend their rights if they have none",
        files.len(),
        dataset.clips.len(),
        first.message
    ))
}
