//! Decodes the clips that are missing in a cache, in parallel. Every finished clip is kept, even if a later one fails.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{sync_channel, Receiver};

use audio::read_clip_limited;
use error::{Code, Error, Result};

use super::data::{self, remove_unneeded, DataFiles, DataWriter};
use super::failure::unopened;
use super::hash::AudioHash;
use super::index::{ClipOutcome, Index, IndexWriter, Line, Stamp};
use super::location::Key;
use super::{quantise, PreparedClip, INDEX};
use crate::dataset::Clip;
use crate::event::{Event, Failure, Pace, Phase, Progress};

/// Bytes of samples that are written between two syncs to the disk.
const SYNC_EVERY: u64 = 256 << 20;

/// A clip to decode.
pub(super) struct DecodingJob<'a> {
    pub(super) clip: &'a Clip,
    pub(super) stamp: Stamp,
}

/// The samples of a decoded clip, and the damage found in it.
struct Clear {
    bytes: Vec<u8>,
    audio: AudioHash,
    damaged_packets: u32,
    damage: Option<String>,
}

/// Appends to the files of a cache. The owner holds the lock of the cache.
pub(super) struct Writer<'a> {
    folder: &'a Path,
    pub(super) index: Index,
    index_writer: IndexWriter,
    data: DataWriter,
    unsynced: u64,
    /// Clips that could not be read this time; they are not in the index.
    pub(super) passing: HashMap<String, Failure>,
}

impl<'a> Writer<'a> {
    /// Opens the cache in `folder` for appending. `index` has been checked. Data files that no index entry refers to
    /// are removed.
    pub(super) fn open(folder: &'a Path, key: &Key, index: Index) -> Result<Self> {
        let data = DataWriter::open(folder, number_to_append(folder, &index))?;
        let index_writer = IndexWriter::open(&folder.join(INDEX), key, &index)?;
        remove_unneeded(folder, |number| number == data.number || index.refers_to(number));
        Ok(Self { folder, index, index_writer, data, unsynced: 0, passing: HashMap::new() })
    }

    /// Decodes `jobs` in `threads` threads and writes each result as soon as it is available.
    ///
    /// # Errors
    /// [`Code::Output`], [`Code::Io`] for the files of the cache; [`Code::Aborted`] after `cancel`.
    pub(super) fn work_off(
        &mut self,
        jobs: &[DecodingJob],
        key: &Key,
        threads: usize,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<()> {
        let next = AtomicUsize::new(0);
        let stop = AtomicBool::new(false);
        let threads = threads.clamp(1, jobs.len());
        // One slot per thread: decoders wait for the disk instead of filling the memory.
        let (sender, receiver) = sync_channel::<(usize, Result<Clear>)>(threads);
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
            // Releases decoders that wait for a slot.
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
        jobs: &[DecodingJob],
        decoded: &Receiver<(usize, Result<Clear>)>,
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

    /// Writes the samples first, then the index line that refers to them.
    fn write(&mut self, job: &DecodingJob, result: Result<Clear>) -> Result<()> {
        let name = job.clip.name.clone();
        let outcome = match result {
            Err(reason) if is_of_the_content(reason.code) => ClipOutcome::Failed { error: Failure::from(&reason) },
            Err(reason) => {
                self.passing.insert(name, Failure::from(&reason));
                return Ok(());
            }
            Ok(Clear { bytes, audio, damaged_packets, damage }) => {
                let (file, offset) = match self.same(&name, audio) {
                    Some(clip) => (clip.file, clip.offset),
                    None => {
                        self.unsynced += bytes.len() as u64;
                        (self.data.number, self.data.append(&bytes)?)
                    }
                };
                ClipOutcome::Ready { file, offset, samples: bytes.len() as u64 / 2, audio, damaged_packets, damage }
            }
        };
        if self.unsynced >= SYNC_EVERY {
            self.sync()?;
        }
        let line = Line { name, stamp: job.stamp, outcome };
        self.index_writer.append(&line)?;
        self.index.insert(line);
        Ok(())
    }

    /// The position of identical samples that the cache has already for this name: the file was touched or replaced,
    /// but its audio is the same.
    fn same(&self, name: &str, audio: AudioHash) -> Option<PreparedClip> {
        let clip = self.index.lines.get(name)?.1.clip().filter(|clip| clip.audio == audio)?;
        let mut files = DataFiles::default();
        let sound = files.open(self.folder, clip.file).and_then(|()| files.is_sound(clip));
        sound.unwrap_or(false).then_some(clip)
    }

    fn sync(&mut self) -> Result<()> {
        self.data.sync()?;
        self.unsynced = 0;
        self.index_writer.sync()
    }
}

/// The data file to append to: the last one, or a new one if the last one is shorter than the index says or is unknown
/// to the index.
fn number_to_append(folder: &Path, index: &Index) -> u32 {
    let last = index.data().max();
    match last {
        Some((number, bytes)) if data::length(folder, number) >= bytes => number,
        _ => {
            let taken = data::numbers(folder).into_iter().chain(last.map(|(number, _)| number)).max();
            taken.map_or(data::FIRST, |number| number.saturating_add(1))
        }
    }
}

/// Whether an error with this code is caused by the content of the file, so that another attempt cannot succeed.
fn is_of_the_content(code: Code) -> bool {
    matches!(code, Code::UnsupportedFormat | Code::Decode | Code::NoAudio | Code::TooShort | Code::Silence)
}

/// The 16-bit samples of the clip, and the damage found in it.
fn decode(clip: &Clip, key: &Key) -> Result<Clear> {
    let path = &clip.path;
    if !std::fs::metadata(path).map_err(|reason| unopened(path, &reason))?.is_file() {
        let message = format!("{} is not a regular file", path.display());
        return Err(Error::new(Code::UnsupportedFormat, message).with_file(path));
    }
    std::fs::File::open(path).map_err(|reason| unopened(path, &reason))?;
    let (samples, decoded) = read_clip_limited(path, key.sampling_rate, key.max_samples.unwrap_or(u64::MAX))?;
    let bytes: Vec<u8> = samples.iter().flat_map(|&sample| quantise(sample).to_le_bytes()).collect();
    let (audio, damaged_packets) = (AudioHash::of(&bytes), decoded.damaged_packets);
    Ok(Clear { bytes, audio, damaged_packets, damage: damage(&decoded) })
}

/// Damage of a clip other than damaged packets.
fn damage(decoded: &audio::Decoded) -> Option<String> {
    let cut = decoded.cut.then(|| match decoded.promised {
        Some(promised) => {
            format!("only {:.1} s of the {promised:.1} s that the file announces could be decoded", decoded.duration)
        }
        None => "parts of the file are missing".to_owned(),
    });
    let said: Vec<String> = cut.into_iter().chain(decoded.doubt.clone()).collect();
    (!said.is_empty()).then(|| said.join("; "))
}
