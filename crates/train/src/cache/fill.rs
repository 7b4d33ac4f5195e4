//! Filling a cache with the clips of its dataset.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use error::{Error, Result, WarningCode};

use super::check::{damaged, warning};
use super::data::DataFiles;
use super::failure::unopened;
use super::index::{BadFile, ClipOutcome, Index, Stamp};
use super::location::Key;
use super::lock::lock;
use super::report::write_report;
use super::writer::{DecodingJob, Writer};
use super::{Cache, PreparedClip, INDEX};
use crate::dataset::{Clip, Dataset};
use crate::event::{Event, Failure, Warning};

/// A cache with all clips that could be prepared, and the files that could not be.
pub struct Filled {
    /// The cache.
    pub cache: Cache,
    /// The folder of the cache.
    pub folder: PathBuf,
    /// Number of clips that this call decoded.
    pub decoded: usize,
    /// Files that cannot be used or are damaged, in the order of the dataset.
    pub bad: Vec<BadFile>,
}

/// The stamps of the files of the clips, by clip name.
type Stamps<'a> = HashMap<&'a str, std::io::Result<Stamp>>;

/// Decodes every clip of `dataset` that is missing in the cache of `key` below `base`, in `threads` threads, and opens
/// the result. Clips are identified by name, size and times. Every clip that is in the cache already is read and
/// compared with its hash; a damaged clip is decoded again. A second call does nothing, except that with `retry_failed`
/// it tries clips again that could not be used before.
///
/// # Errors
/// [`error::Code::Output`] if the cache cannot be written, for example because the disk is full: finished clips are
/// kept and the next call uses them. [`error::Code::ModelVersion`] for a cache of a newer version; [`error::Code::Io`]
/// if the cache cannot be read this time; [`error::Code::Aborted`] after `cancel`. A clip that cannot be decoded, or
/// not be read this time, is not an error: see [`Filled::bad`].
pub fn fill(
    dataset: &Dataset,
    key: &Key,
    base: &Path,
    threads: usize,
    retry_failed: bool,
    on_event: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<Filled> {
    let folder = key.folder(base);
    let stamps: Stamps = dataset.clips.iter().map(|clip| (clip.name.as_str(), Stamp::of(&clip.path))).collect();
    let mut index = Index::read(&folder.join(INDEX), key)?;
    let mut files = DataFiles::default();

    let known: Vec<(&Clip, PreparedClip)> =
        dataset.clips.iter().filter_map(|clip| Some((clip, current(clip, &stamps, &index)?.clip()?))).collect();
    let prepared: Vec<PreparedClip> = known.iter().map(|(_, prepared)| *prepared).collect();
    let broken = damaged(&folder, &prepared, &mut files, threads, on_event, cancel)?;
    let broken: HashMap<&str, PreparedClip> =
        broken.into_iter().map(|at| (known[at].0.name.as_str(), known[at].1)).collect();
    if !broken.is_empty() {
        let names = dataset.clips.iter().map(|clip| &clip.name).filter(|name| broken.contains_key(name.as_str()));
        on_event(Event::Warning(warning(&folder, names.cloned().collect())));
    }

    let mut decoded = 0;
    let mut passing = HashMap::new();
    forget(&mut index, &broken);
    if !missing(dataset, &stamps, &index, retry_failed).is_empty() {
        std::fs::create_dir_all(&folder).map_err(|reason| Error::output(&folder, &reason))?;
        let _lock = lock(&folder, on_event, cancel)?;
        // Another process may have filled the cache in the meantime.
        index = Index::read(&folder.join(INDEX), key)?;
        forget(&mut index, &broken);
        let jobs = missing(dataset, &stamps, &index, retry_failed);
        if !jobs.is_empty() {
            let mut writer = Writer::open(&folder, key, index)?;
            writer.work_off(&jobs, key, threads, on_event, cancel)?;
            passing = writer.passing;
            decoded = jobs.len() - passing.len();
            index = writer.index;
        }
    }
    let mut bad = Vec::new();
    let mut clips = HashMap::new();
    for clip in &dataset.clips {
        let (mut damaged_packets, mut damage) = (0, None);
        let error = match (stamps.get(clip.name.as_str()), current(clip, &stamps, &index)) {
            (Some(Err(reason)), _) => Some(Failure::from(&unopened(&clip.path, reason))),
            (_, Some(ClipOutcome::Failed { error })) => Some(error.clone()),
            (_, Some(outcome @ ClipOutcome::Ready { damaged_packets: packets, damage: other, .. })) => {
                if let Some(prepared) = outcome.clip() {
                    files.open(&folder, prepared.file)?;
                    clips.insert(clip.name.clone(), prepared);
                }
                (damaged_packets, damage) = (*packets, other.clone());
                None
            }
            (_, None) => passing.remove(&clip.name),
        };
        if error.is_some() || damaged_packets > 0 || damage.is_some() {
            bad.push(BadFile { file: clip.path.clone(), error, damaged_packets, damage });
        }
    }
    if let Err(reason) = write_report(&folder, dataset, &bad) {
        // A complete cache may be in a read-only folder.
        if decoded > 0 {
            return Err(reason);
        }
        let message = format!("the list of failed and damaged files could not be written: {}", reason.message);
        on_event(Event::Warning(Warning::new(WarningCode::ReportNotWritten, message)));
    }
    Ok(Filled { cache: Cache { clips, files }, folder, decoded, bad })
}

/// The index entry of the clip, if it describes the current file.
fn current<'a>(clip: &Clip, stamps: &Stamps, index: &'a Index) -> Option<&'a ClipOutcome> {
    let stamp = stamps.get(clip.name.as_str())?.as_ref().ok()?;
    index.lines.get(&clip.name).filter(|(before, _)| before == stamp).map(|(_, outcome)| outcome)
}

/// Removes the entries of damaged clips, unless the clips have been prepared again since.
fn forget(index: &mut Index, broken: &HashMap<&str, PreparedClip>) {
    for (name, clip) in broken {
        if index.lines.get(*name).and_then(|(_, outcome)| outcome.clip()).as_ref() == Some(clip) {
            index.lines.remove(*name);
        }
    }
}

/// The clips whose files exist and for whose current files the index has no entry; with `retry_failed` also those whose
/// entry is a failure.
fn missing<'a>(dataset: &'a Dataset, stamps: &Stamps, index: &Index, retry_failed: bool) -> Vec<DecodingJob<'a>> {
    let job = |clip: &'a Clip| {
        let stamp = *stamps.get(clip.name.as_str())?.as_ref().ok()?;
        let known = current(clip, stamps, index)
            .is_some_and(|outcome| !(retry_failed && matches!(outcome, ClipOutcome::Failed { .. })));
        (!known).then_some(DecodingJob { clip, stamp })
    };
    dataset.clips.iter().filter_map(job).collect()
}
