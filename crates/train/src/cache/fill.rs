//! Filling the cache with the clips of a dataset.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use error::{Code, Result, WarningCode};

use super::check::{find_all, warning};
use super::copy_name::CopyName;
use super::failure::unopened;
use super::folder::CacheFolder;
use super::handles::Handles;
use super::hash::ContentHash;
use super::lease::{Lease, Leased};
use super::location::Key;
use super::lock::{lock, waiting};
use super::lookup::{Found, Held};
use super::outcome::{BadFile, Outcome};
use super::report::write_report;
use super::sources::{append, Source, Sources, Stamp};
use super::superseded::remove_superseded;
use super::work::{Job, Report, Settled, Workshop};
use super::{Cache, PreparedClip};
use crate::dataset::{Clip, Dataset};
use crate::event::{Event, Failure, Pace, Phase, Progress, Warning};

/// Number of hashes that are written to the list of files at a time.
const BATCH: usize = 256;

/// A cache with all clips that could be prepared, and the files that could not be.
pub struct Filled {
    /// The cache.
    pub cache: Cache,
    /// The folder of the cache, which all datasets share.
    pub folder: PathBuf,
    /// The list of unusable files of the dataset.
    pub report: PathBuf,
    /// Number of clips that this call decoded.
    pub decoded: usize,
    /// Files that cannot be used or are damaged, in the order of the dataset.
    pub bad: Vec<BadFile>,
}

/// The stamps of the files of the clips, by clip name.
type Stamps<'a> = HashMap<&'a str, std::io::Result<Stamp>>;

/// Decodes every clip of `dataset` of which the cache below `base` has no copy, in `threads` threads, and opens the
/// result. A file is known by its path, size and times, and a copy by the hash of the file that was decoded: files with
/// the same bytes have one copy, whatever dataset they belong to. Every copy is read and compared with its hash; a clip
/// whose copy is damaged is decoded again. A second call does nothing, except that with `retry_failed` it tries clips
/// again that could not be used before.
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
    let folder = CacheFolder::at(base)?;
    let wish = key.wish();
    let stamps: Stamps = dataset.clips.iter().map(|clip| (clip.name.as_str(), Stamp::of(&clip.path))).collect();
    let sources = Sources::read(&folder.sources())?;
    let mut contents: HashMap<&str, ContentHash> = HashMap::new();
    for clip in &dataset.clips {
        if let Some(Ok(stamp)) = stamps.get(clip.name.as_str()) {
            contents.extend(sources.content(&clip.path, stamp).map(|content| (clip.name.as_str(), content)));
        }
    }
    drop(sources);

    // A complete cache may be in a read-only folder.
    let made = folder.make();
    let lease = if made.is_ok() { Lease::begin(&folder) } else { None };
    if let Some(lease) = &lease {
        let _lock = lock(&folder, on_event, cancel)?;
        lease.add(wish.rate, contents.values().copied());
    }
    let found = find_all(&folder, contents.values().copied().collect(), wish, threads, on_event, cancel)?;
    let mut damaged = HashSet::new();
    let mut held: HashMap<ContentHash, Held> = HashMap::new();
    for (content, found) in found {
        match found {
            Found::Held(copy) => drop(held.insert(content, copy)),
            Found::Missing { damaged: true } => drop(damaged.insert(content)),
            Found::Missing { damaged: false } => {}
        }
    }
    let named = |damaged: &HashSet<ContentHash>, contents: &HashMap<&str, ContentHash>| -> Vec<String> {
        let is_damaged = |name: &str| contents.get(name).is_some_and(|content| damaged.contains(content));
        dataset.clips.iter().map(|clip| &clip.name).filter(|name| is_damaged(name)).cloned().collect()
    };
    if !damaged.is_empty() {
        on_event(Event::Warning(warning(folder.root(), named(&damaged, &contents))));
    }

    let mut jobs = Vec::new();
    for clip in &dataset.clips {
        let Some(&Ok(stamp)) = stamps.get(clip.name.as_str()) else { continue };
        let listed = contents.get(clip.name.as_str()).copied();
        let copy = listed.and_then(|content| held.get(&content));
        if !copy.is_some_and(|copy| copy.is_final(retry_failed)) {
            jobs.push(Job { clip, stamp, listed });
        }
    }
    let mut results = Results::default();
    if !jobs.is_empty() {
        made?;
        let shop = Workshop { folder: &folder, lease: lease.as_ref(), wish, retry_failed };
        let worked = results.work_off(&shop, &jobs, threads, on_event, cancel);
        let listed = results.list(&folder, on_event, cancel);
        worked?;
        // Without the list the next call reads the files again; only a cache that is written must be writable.
        if results.decoded > 0 {
            listed?;
        }
        contents.extend(results.contents);
        // The others were named above.
        results.damaged.retain(|content| !damaged.contains(content));
        if !results.damaged.is_empty() {
            on_event(Event::Warning(warning(folder.root(), named(&results.damaged, &contents))));
        }
        // Only the facts of copies are compared there: a damaged copy must not replace the one that was just written.
        damaged.extend(results.damaged);
        let longer: Vec<ContentHash> = results.written.difference(&damaged).copied().collect();
        if !longer.is_empty() {
            match lock(&folder, on_event, cancel) {
                Ok(_lock) => remove_superseded(&folder, wish.rate, &longer, &Leased::read(&folder, lease.as_ref())),
                Err(reason) if reason.code == Code::Aborted => return Err(reason),
                // The old copies stay; they only take up space.
                Err(_) => {}
            }
        }
    }
    held.extend(results.held);
    let copy = |clip: &Clip| held.get(contents.get(clip.name.as_str())?);

    let mut bad = Vec::new();
    let mut clips = HashMap::new();
    let (mut paths, mut numbers) = (Vec::new(), HashMap::<CopyName, u32>::new());
    for clip in &dataset.clips {
        let (mut damaged_packets, mut damage) = (0, None);
        let unreadable = stamps.get(clip.name.as_str()).and_then(|stamp| stamp.as_ref().err());
        let error = match (unreadable, results.unrecorded.remove(clip.name.as_str()), copy(clip)) {
            (Some(reason), _, _) => Some(Failure::from(&unopened(&clip.path, reason))),
            (None, Some(failure), _) => Some(failure),
            (None, None, None) => None,
            (None, None, Some(Held { name, file, outcome })) => match outcome {
                Outcome::Failed { error } => Some(about(error, file, &clip.path)),
                Outcome::Ready(ready) => {
                    let copy = *numbers.entry(*name).or_insert_with(|| {
                        paths.push(folder.path(name));
                        paths.len() as u32 - 1
                    });
                    let prepared = PreparedClip { copy, samples: ready.samples, audio: ready.audio };
                    clips.insert(clip.name.clone(), prepared);
                    (damaged_packets, damage) = (ready.damaged_packets, ready.damage.clone());
                    None
                }
            },
        };
        if error.is_some() || damaged_packets > 0 || damage.is_some() {
            bad.push(BadFile { file: clip.path.clone(), error, damaged_packets, damage });
        }
    }
    let report = folder.root().join(key.report());
    if let Err(reason) = write_report(&report, dataset, &bad) {
        if results.decoded > 0 {
            return Err(reason);
        }
        let message = format!("the list of failed and damaged files could not be written: {}", reason.message);
        on_event(Event::Warning(Warning::new(WarningCode::ReportNotWritten, message)));
    }
    let cache = Cache { clips, copies: Handles::new(paths), _lease: lease };
    Ok(Filled { cache, folder: folder.root().to_path_buf(), report, decoded: results.decoded, bad })
}

/// `error`, which a file at `from` gave, for the file at `path` with the same bytes.
fn about(error: &Failure, from: &str, path: &Path) -> Failure {
    let path = path.display().to_string();
    let message = if from.is_empty() { error.message.clone() } else { error.message.replace(from, &path) };
    Failure { code: error.code.clone(), message }
}

/// What became of the jobs.
#[derive(Default)]
struct Results<'a> {
    contents: HashMap<&'a str, ContentHash>,
    held: HashMap<ContentHash, Held>,
    /// Clips of which nothing was recorded, by name.
    unrecorded: HashMap<&'a str, Failure>,
    /// Hashes that are not in the list of files yet.
    sources: Vec<Source>,
    /// Contents whose copies were found damaged while a job ran.
    damaged: HashSet<ContentHash>,
    /// Contents of which a copy was written.
    written: HashSet<ContentHash>,
    decoded: usize,
    failed: usize,
}

impl<'a> Results<'a> {
    fn work_off(
        &mut self,
        shop: &Workshop,
        jobs: &[Job<'a>],
        threads: usize,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<()> {
        let mut pace = Pace::new();
        let (mut done, total) = (0, jobs.len());
        let mut told = false;
        let mut take = |report| {
            let (number, settled) = match report {
                Report::Done(number, settled) => (number, settled?),
                Report::Waits(number) => {
                    if !std::mem::replace(&mut told, true) {
                        let file = jobs[number].clip.path.display();
                        on_event(waiting(format!("waiting for another process that is preparing {file}")));
                    }
                    return Ok(());
                }
            };
            self.add(&jobs[number], settled);
            done += 1;
            if pace.is_due() || done == total {
                let (phase, seconds) = (Phase::Prepare, pace.seconds());
                let failed = Some(self.failed);
                on_event(Event::Progress(Progress { phase, done, total, failed, epoch: None, loss: None, seconds }));
            }
            if self.sources.len() >= BATCH {
                // Another attempt follows at the end.
                let _ = self.list(shop.folder, on_event, cancel);
            }
            Ok(())
        };
        shop.work_off(jobs, threads, &mut take, cancel)
    }

    fn add(&mut self, job: &Job<'a>, settled: Settled) {
        match settled {
            Settled::Unrecorded(failure) => {
                self.failed += 1;
                self.unrecorded.insert(&job.clip.name, failure);
            }
            Settled::Held { content, held, decoded, damaged } => {
                self.failed += usize::from(matches!(held.outcome, Outcome::Failed { .. }));
                self.decoded += usize::from(decoded);
                if decoded {
                    self.written.insert(content);
                }
                if damaged {
                    self.damaged.insert(content);
                }
                if job.listed != Some(content) {
                    self.sources.push(Source::new(&job.clip.path, job.stamp, content));
                }
                self.contents.insert(&job.clip.name, content);
                self.held.insert(content, held);
            }
        }
    }

    /// Adds the new hashes to the list of files.
    fn list(&mut self, folder: &CacheFolder, on_event: &mut dyn FnMut(Event), cancel: &AtomicBool) -> Result<()> {
        if self.sources.is_empty() {
            return Ok(());
        }
        let _lock = lock(folder, on_event, cancel)?;
        append(&folder.sources(), &self.sources)?;
        self.sources.clear();
        Ok(())
    }
}
