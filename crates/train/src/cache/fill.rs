//! Decoding what a cache lacks: in parallel, each finished clip kept whatever happens next.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{sync_channel, Receiver};
use std::time::Duration;

use audio::read_clip_limited;
use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};

use super::index::{BadFile, Index, IndexWriter, Line, Outcome, Stamp};
use super::location::Key;
use super::{quantise, report_path, Cache, INDEX, PCM};
use crate::dataset::{Clip, Dataset};
use crate::event::{Event, Failure, Pace, Phase, Progress, Warning};

/// Bytes of samples between two syncs to the disk.
const SYNC_EVERY: u64 = 256 << 20;

/// A cache that holds everything that can be had, and what could not.
pub struct Filled {
    /// The samples.
    pub cache: Cache,
    /// Its folder.
    pub folder: PathBuf,
    /// Clips decoded by this call.
    pub decoded: usize,
    /// Files that cannot be used, or of which parts are missing, in the order of the dataset.
    pub bad: Vec<BadFile>,
}

/// A clip to be decoded.
struct Job<'a> {
    clip: &'a Clip,
    stamp: Stamp,
}

/// Decodes every clip of `dataset` that the cache of `key` below `base` lacks, in `threads` threads, and maps the result. Clips are
/// known by name, size and time. Calling it again does nothing, except that `retry_failed` tries clips again that could not be used.
///
/// # Errors
/// [`Code::Output`] where the cache cannot be written (full disk): what was finished stays and is used by the next call.
/// [`Code::Aborted`] after `cancel`, likewise. A clip that cannot be decoded is no error: see [`Filled::bad`].
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
    let stamps: HashMap<&str, std::io::Result<Stamp>> =
        dataset.clips.iter().map(|clip| (clip.name.as_str(), Stamp::of(&clip.path))).collect();
    let mut index = read_index(&folder, key)?;
    let mut decoded = 0;
    if !missing(dataset, &stamps, &index, retry_failed).is_empty() {
        std::fs::create_dir_all(&folder).map_err(|reason| Error::output(&folder, &reason))?;
        let _lock = lock(&folder, on_event, cancel)?;
        // Another process may have filled it in the meantime.
        index = read_index(&folder, key)?;
        let jobs = missing(dataset, &stamps, &index, retry_failed);
        if !jobs.is_empty() {
            decoded = jobs.len();
            let mut writer = Writer::open(&folder, key, index)?;
            writer.work_off(&jobs, key, threads, on_event, cancel)?;
            index = writer.index;
        }
    }
    let mut bad = Vec::new();
    let mut clips = HashMap::new();
    for clip in &dataset.clips {
        let (error, damaged_packets) = match (stamps.get(clip.name.as_str()), index.lines.get(&clip.name)) {
            (Some(Err(reason)), _) => (Some(Failure::from(&Error::input(&clip.path, Code::Decode, reason))), 0),
            (_, Some((_, Outcome::Ready { offset, samples, damaged_packets }))) => {
                clips.insert(clip.name.clone(), super::PreparedClip { offset: *offset, samples: *samples });
                (None, *damaged_packets)
            }
            (_, Some((_, Outcome::Failed { error }))) => (Some(error.clone()), 0),
            (_, None) => continue,
        };
        if error.is_some() || damaged_packets > 0 {
            bad.push(BadFile { file: clip.path.clone(), error, damaged_packets });
        }
    }
    write_report(&folder, dataset, &bad)?;
    Ok(Filled { cache: Cache::map(&folder, clips)?, folder, decoded, bad })
}

fn read_index(folder: &Path, key: &Key) -> Result<Index> {
    let pcm_bytes = std::fs::metadata(folder.join(PCM)).map_or(0, |facts| facts.len());
    Index::read(&folder.join(INDEX), key, pcm_bytes)
}

/// The clips that exist and that the index does not know in their present state; with `retry_failed` those that failed in it, too.
fn missing<'a>(
    dataset: &'a Dataset,
    stamps: &HashMap<&str, std::io::Result<Stamp>>,
    index: &Index,
    retry_failed: bool,
) -> Vec<Job<'a>> {
    let job = |clip: &'a Clip| {
        let stamp = *stamps.get(clip.name.as_str())?.as_ref().ok()?;
        let known = index
            .lines
            .get(&clip.name)
            .is_some_and(|(before, outcome)| *before == stamp && !(retry_failed && outcome.clip().is_none()));
        (!known).then_some(Job { clip, stamp })
    };
    dataset.clips.iter().filter_map(job).collect()
}

/// Waits until no other process fills the cache in `folder`.
fn lock(folder: &Path, on_event: &mut dyn FnMut(Event), cancel: &AtomicBool) -> Result<File> {
    let path = folder.join("lock");
    let file = File::create(&path).map_err(|reason| Error::output(&path, &reason))?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(reason)) if reason.kind() == std::io::ErrorKind::Unsupported => return Ok(file),
            Err(TryLockError::Error(reason)) => return Err(Error::output(&path, &reason)),
            Err(TryLockError::WouldBlock) => {}
        }
        if cancel.load(Ordering::Relaxed) {
            return Err(Error::aborted());
        }
        if !told {
            on_event(Event::Warning(Warning::new(
                "waiting-for-cache",
                format!("waiting: another process prepares {}", folder.display()),
            )));
            told = true;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Writes the report; what it says of clips that are not in `dataset`, such as another part, stays.
fn write_report(folder: &Path, dataset: &Dataset, bad: &[BadFile]) -> Result<()> {
    #[derive(Default, Serialize, Deserialize)]
    struct Report {
        format: u32,
        files: Vec<BadFile>,
    }
    let path = report_path(folder);
    let before = std::fs::read(&path).unwrap_or_default();
    let mut report: Report = serde_json::from_slice(&before).unwrap_or_default();
    let here: HashSet<&Path> = dataset.clips.iter().map(|clip| clip.path.as_path()).collect();
    report.files.retain(|file| !here.contains(file.file.as_path()));
    report.files.splice(0..0, bad.iter().cloned());
    report.format = 1;
    let text = serde_json::to_vec_pretty(&report).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
    if text == before {
        return Ok(());
    }
    std::fs::create_dir_all(folder).map_err(|reason| Error::output(folder, &reason))?;
    files::write_atomic(&path, &text)
}

/// The open ends of a cache's files.
struct Writer {
    index: Index,
    index_writer: IndexWriter,
    pcm_path: PathBuf,
    pcm: File,
    unsynced: u64,
}

type Decoded = Result<(Vec<u8>, u32)>;

impl Writer {
    fn open(folder: &Path, key: &Key, index: Index) -> Result<Self> {
        let index_writer = IndexWriter::open(&folder.join(INDEX), key, &index)?;
        let pcm_path = folder.join(PCM);
        let failed = |reason: std::io::Error| Error::output(&pcm_path, &reason);
        let pcm = OpenOptions::new().create(true).truncate(false).write(true).open(&pcm_path).map_err(failed)?;
        pcm.set_len(2 * index.end).map_err(failed)?;
        Ok(Self { index, index_writer, pcm_path, pcm, unsynced: 0 })
    }

    /// Decodes `jobs` in `threads` threads and writes each as it comes.
    fn work_off(
        &mut self,
        jobs: &[Job],
        key: &Key,
        threads: usize,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<()> {
        let next = AtomicUsize::new(0);
        let stop = AtomicBool::new(false);
        let threads = threads.clamp(1, jobs.len());
        // A slot a thread: decoders wait for the disk rather than fill the memory.
        let (sender, receiver) = sync_channel::<(usize, Decoded)>(threads);
        let written = std::thread::scope(|scope| {
            for _ in 0..threads {
                let sender = sender.clone();
                let (next, stop) = (&next, &stop);
                scope.spawn(move || loop {
                    let job = next.fetch_add(1, Ordering::Relaxed);
                    let stopped = stop.load(Ordering::Relaxed) || cancel.load(Ordering::Relaxed);
                    if stopped || job >= jobs.len() {
                        break;
                    }
                    if sender.send((job, decode(jobs[job].clip, key))).is_err() {
                        break;
                    }
                });
            }
            drop(sender);
            let written = self.write_all(jobs, &receiver, on_event);
            stop.store(true, Ordering::Relaxed);
            // Lets decoders that wait for a slot go.
            drop(receiver);
            written
        });
        let synced = self.sync();
        written?;
        synced?;
        if cancel.load(Ordering::Relaxed) {
            return Err(Error::aborted());
        }
        Ok(())
    }

    fn write_all(
        &mut self,
        jobs: &[Job],
        decoded: &Receiver<(usize, Decoded)>,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<()> {
        let mut pace = Pace::new();
        let mut failed = 0;
        for (done, (job, result)) in decoded.iter().enumerate() {
            failed += usize::from(result.is_err());
            self.write(&jobs[job], result)?;
            let (done, total) = (done + 1, jobs.len());
            if pace.is_due() || done == total {
                let (phase, seconds) = (Phase::Prepare, pace.seconds());
                let failed = Some(failed);
                on_event(Event::Progress(Progress { phase, done, total, failed, epoch: None, loss: None, seconds }));
            }
        }
        Ok(())
    }

    /// Samples first, then the line that says that they are there.
    fn write(&mut self, job: &Job, result: Decoded) -> Result<()> {
        let outcome = match result {
            Err(reason) => Outcome::Failed { error: Failure::from(&reason) },
            Ok((bytes, damaged_packets)) => {
                let start = 2 * self.index.end;
                let written = self.pcm.seek(SeekFrom::Start(start)).and_then(|_| self.pcm.write_all(&bytes));
                if let Err(reason) = written {
                    // Best effort: gives the space of the half clip back.
                    let _ = self.pcm.set_len(start);
                    return Err(Error::output(&self.pcm_path, &reason));
                }
                self.unsynced += bytes.len() as u64;
                if self.unsynced >= SYNC_EVERY {
                    self.sync()?;
                }
                Outcome::Ready { offset: self.index.end, samples: bytes.len() as u64 / 2, damaged_packets }
            }
        };
        let line = Line { name: job.clip.name.clone(), stamp: job.stamp, outcome };
        self.index_writer.append(&line)?;
        if let Some(clip) = line.outcome.clip() {
            self.index.end = clip.offset + clip.samples;
        }
        self.index.lines.insert(line.name, (line.stamp, line.outcome));
        Ok(())
    }

    fn sync(&mut self) -> Result<()> {
        self.pcm.sync_data().map_err(|reason| Error::output(&self.pcm_path, &reason))?;
        self.unsynced = 0;
        self.index_writer.sync()
    }
}

/// The clip's 16-bit samples, and its damaged packets.
fn decode(clip: &Clip, key: &Key) -> Decoded {
    let (samples, decoded) = read_clip_limited(&clip.path, key.sampling_rate, key.max_samples.unwrap_or(u64::MAX))?;
    let bytes = samples.iter().flat_map(|&sample| quantise(sample).to_le_bytes()).collect();
    Ok((bytes, decoded.damaged_packets))
}
