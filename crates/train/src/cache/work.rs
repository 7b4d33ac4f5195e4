//! Prepares the clips that the cache lacks, in parallel. Every clip is one file that is complete when it appears, so a
//! finished clip is kept whatever happens to a later one.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{sync_channel, SyncSender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use error::{Code, Error, Result};
use files::Lock;

use super::copy::{write, Facts};
use super::copy_name::CopyName;
use super::decode::decode;
use super::failure::unopened;
use super::folder::CacheFolder;
use super::hash::ContentHash;
use super::lease::Lease;
use super::lookup::{find, Found, Held, Wish};
use super::sources::Stamp;
use crate::dataset::Clip;
use crate::event::Failure;

/// Time after which a clip that another thread or process decodes is looked at again.
const PAUSE: Duration = Duration::from_millis(20);

/// A clip to prepare.
pub(super) struct Job<'a> {
    pub(super) clip: &'a Clip,
    pub(super) stamp: Stamp,
    /// The hash of its file in the list of files. It is computed again, so that a wrong line of the list names no copy.
    pub(super) listed: Option<ContentHash>,
}

/// What became of a job.
pub(super) enum Settled {
    /// The cache holds the clip, or why it cannot be used.
    Held {
        content: ContentHash,
        held: Held,
        /// Whether this job decoded it.
        decoded: bool,
        /// Whether a damaged copy was found.
        damaged: bool,
    },
    /// Nothing was recorded: the file is not a regular file, or it could not be read this time.
    Unrecorded(Failure),
}

/// What a worker reports.
pub(super) enum Report {
    /// The job with this number is done; an error of the cache ends the work.
    Done(usize, Result<Settled>),
    /// Another process decodes the clip of the job with this number.
    Waits(usize),
}

/// The settings that all workers share.
pub(super) struct Workshop<'a> {
    pub(super) folder: &'a CacheFolder,
    pub(super) lease: Option<&'a Lease>,
    pub(super) wish: Wish,
    /// Whether to decode files again that could not be used before.
    pub(super) retry_failed: bool,
}

/// What the workers share while they work.
struct Bench<'a> {
    shop: &'a Workshop<'a>,
    jobs: &'a [Job<'a>],
    queue: Mutex<VecDeque<usize>>,
    /// The contents that this process has prepared, and those that it is preparing (`None`): files with the same
    /// content are decoded once.
    contents: Mutex<HashMap<ContentHash, Option<Held>>>,
    stop: AtomicBool,
    cancel: &'a AtomicBool,
}

/// A lock on a content: no other process decodes it. The lock file is removed at the end.
struct Claim {
    path: PathBuf,
    _lock: Lock,
}

impl Drop for Claim {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Workshop<'_> {
    /// Works off `jobs` in `threads` threads and passes each report to `take`, until `take` fails or the jobs end.
    ///
    /// # Errors
    /// Those of `take`; [`Code::Aborted`] after `cancel`.
    pub(super) fn work_off(
        &self,
        jobs: &[Job],
        threads: usize,
        take: &mut dyn FnMut(Report) -> Result<()>,
        cancel: &AtomicBool,
    ) -> Result<()> {
        let bench = Bench {
            shop: self,
            jobs,
            queue: Mutex::new((0..jobs.len()).collect()),
            contents: Mutex::default(),
            stop: AtomicBool::new(false),
            cancel,
        };
        let threads = threads.clamp(1, jobs.len().max(1));
        let (sender, receiver) = sync_channel(threads);
        let taken = std::thread::scope(|scope| {
            for _ in 0..threads {
                let (sender, bench) = (sender.clone(), &bench);
                scope.spawn(move || bench.work(&sender));
            }
            drop(sender);
            let taken = receiver.iter().try_for_each(take);
            bench.stop.store(true, Ordering::Relaxed);
            // Releases workers that wait for a slot.
            drop(receiver);
            taken
        });
        taken?;
        if cancel.load(Ordering::Relaxed) {
            return Err(Error::aborted());
        }
        Ok(())
    }
}

impl Bench<'_> {
    /// Whether the work has to stop.
    fn stops(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.cancel.load(Ordering::Relaxed)
    }

    fn work(&self, sender: &SyncSender<Report>) {
        // The hashes of clips that this worker has put back.
        let mut hashed = HashMap::new();
        while !self.stops() {
            let Some(number) = held(&self.queue).pop_front() else { break };
            let job = &self.jobs[number];
            let content = hashed.get(&number).map_or_else(|| hash(job), |&content| Ok(content));
            let report = match content {
                Err(failure) => Report::Done(number, Ok(Settled::Unrecorded(failure))),
                Ok(content) => match self.settle(job, content) {
                    Ok(Some(settled)) => Report::Done(number, Ok(settled)),
                    Ok(None) if self.stops() => break,
                    Ok(None) => {
                        hashed.insert(number, content);
                        held(&self.queue).push_back(number);
                        std::thread::sleep(PAUSE);
                        if held(&self.contents).contains_key(&content) {
                            continue;
                        }
                        Report::Waits(number)
                    }
                    // What passes is tried again by the next call.
                    Err(failure) if failure.code != Code::Output => {
                        Report::Done(number, Ok(Settled::Unrecorded(Failure::from(&failure))))
                    }
                    Err(failure) => Report::Done(number, Err(failure)),
                },
            };
            if sender.send(report).is_err() {
                break;
            }
        }
    }

    /// Prepares `content`, the file of `job`; `None` if another thread or process is preparing it, or if the work has
    /// to stop.
    fn settle(&self, job: &Job, content: ContentHash) -> Result<Option<Settled>> {
        {
            let mut contents = held(&self.contents);
            match contents.get(&content) {
                Some(None) => return Ok(None),
                Some(Some(held)) => {
                    let held = held.clone();
                    return Ok(Some(Settled::Held { content, held, decoded: false, damaged: false }));
                }
                None => contents.insert(content, None),
            };
        }
        let settled = self.prepare(job, content);
        let mut contents = held(&self.contents);
        match &settled {
            Ok(Some(Settled::Held { held, .. })) => contents.insert(content, Some(held.clone())),
            _ => contents.remove(&content),
        };
        settled
    }

    /// `None` if another process is preparing it, or if the work has to stop.
    fn prepare(&self, job: &Job, content: ContentHash) -> Result<Option<Settled>> {
        let Workshop { folder, lease, wish, retry_failed } = *self.shop;
        let claim = folder.claim(content, wish.rate);
        let _claim = match Lock::take(&claim) {
            Ok(Some(lock)) => Some(Claim { path: claim, _lock: lock }),
            Ok(None) => return Ok(None),
            // Without a claim, two processes may decode the same clip, which gives the same copy.
            Err(_) => None,
        };
        if let Some(lease) = lease {
            // A copy may exist already, so nobody may remove copies in this moment.
            let _lock = self.lock();
            if self.stops() {
                return Ok(None);
            }
            lease.add(wish.rate, std::iter::once(content));
        }
        let variants = folder.variants(wish.rate, std::iter::once(content)).remove(&content).unwrap_or_default();
        let damaged = match find(folder, content, wish, &variants)? {
            Found::Held(held) if held.is_final(retry_failed) => {
                return Ok(Some(Settled::Held { content, held, decoded: false, damaged: false }));
            }
            Found::Held(_) => false,
            Found::Missing { damaged } => damaged,
        };
        let clear = decode(&job.clip.path, &job.stamp, wish)?;
        let name = CopyName { rate: wish.rate, content, limit: wish.limit.filter(|_| !clear.whole) };
        let facts = Facts::new(&name, &job.clip.path, clear.outcome);
        write(&folder.path(&name), &facts, &clear.bytes)?;
        let held = Held { name, file: facts.file, outcome: facts.outcome };
        Ok(Some(Settled::Held { content, held, decoded: true, damaged }))
    }

    /// The lock of the cache; `None` if the work has to stop, or if the cache cannot be locked.
    fn lock(&self) -> Option<Lock> {
        while !self.stops() {
            match Lock::take(self.shop.folder.lock()) {
                Ok(None) => std::thread::sleep(Duration::from_millis(1)),
                other => return other.ok().flatten(),
            }
        }
        None
    }
}

/// The hash of the file of `job`.
fn hash(job: &Job) -> std::result::Result<ContentHash, Failure> {
    let path = &job.clip.path;
    let unread = |reason: &std::io::Error| Failure::from(&unopened(path, reason));
    if !std::fs::metadata(path).map_err(|reason| unread(&reason))?.is_file() {
        let message = format!("{} is not a regular file", path.display());
        return Err(Failure::from(&Error::new(Code::UnsupportedFormat, message)));
    }
    let content = ContentHash::of_file(path).map_err(|reason| unread(&reason))?;
    if Stamp::of(path).map_err(|reason| unread(&reason))? != job.stamp {
        let message = format!("{} changed while it was read; run the same command again", path.display());
        return Err(Failure::from(&Error::new(Code::Io, message)));
    }
    Ok(content)
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
