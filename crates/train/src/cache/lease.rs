//! Leases: which copies a running job uses, so that no other process removes them. A lease is a list of copies beside
//! a lock file that its job holds; it ends with the job, in whatever way the job ends.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use files::Lock;

use super::folder::{names_in, CacheFolder};
use super::hash::ContentHash;

/// How often a new lease is tried again because another process looks at its lock in the same moment.
const TRIES: usize = 100;

/// Distinguishes the leases of one process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// The lease of a job.
pub(super) struct Lease {
    lock: PathBuf,
    list: PathBuf,
    file: Mutex<File>,
    _held: Lock,
}

impl Lease {
    /// Begins a lease. `None` if the folder cannot be written: then this process cannot prevent others from removing
    /// copies, and a job whose copy is removed ends with [`error::Code::Io`].
    pub(super) fn begin(folder: &CacheFolder) -> Option<Self> {
        for _ in 0..TRIES {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_nanos());
            let name = format!("{}-{now:x}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let lock = folder.leases().join(format!("{name}.lock"));
            // A process that reads the leases takes each lock for a moment, and then removes its files.
            let Some(held) = Lock::take(&lock).ok()? else { continue };
            let list = folder.leases().join(format!("{name}.list"));
            let file = Mutex::new(File::create(&list).ok()?);
            return Some(Self { lock, list, file, _held: held });
        }
        None
    }

    /// Adds the copies of `contents` at `rate` Hz. If they exist already, the caller holds the lock of the cache.
    pub(super) fn add(&self, rate: u32, contents: impl Iterator<Item = ContentHash>) {
        let lines: String = contents.map(|content| format!("{rate} {content}\n")).collect();
        if let Ok(mut file) = self.file.lock() {
            // Best effort, as above.
            let _ = file.write_all(lines.as_bytes());
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.list);
        let _ = std::fs::remove_file(&self.lock);
    }
}

/// What running jobs use.
#[derive(Default)]
pub(super) struct Leased {
    /// Number of jobs.
    pub(super) jobs: usize,
    copies: HashSet<(u32, ContentHash)>,
}

impl Leased {
    /// The leases of all running jobs but `own`. Those of killed jobs are removed. The caller holds the lock of the
    /// cache if it is going to remove copies.
    pub(super) fn read(folder: &CacheFolder, own: Option<&Lease>) -> Self {
        let mut leased = Self::default();
        for name in names_in(&folder.leases()) {
            let Some(name) = name.strip_suffix(".lock") else { continue };
            let lock = folder.leases().join(format!("{name}.lock"));
            let list = folder.leases().join(format!("{name}.list"));
            if own.is_some_and(|own| own.lock == lock) {
                continue;
            }
            if let Ok(Some(_ended)) = Lock::take(&lock) {
                let _ = std::fs::remove_file(&list);
                let _ = std::fs::remove_file(&lock);
                continue;
            }
            leased.jobs += 1;
            leased.add(&list);
        }
        leased
    }

    fn add(&mut self, list: &Path) {
        let text = std::fs::read_to_string(list).unwrap_or_default();
        let copy = |line: &str| {
            let (rate, content) = line.split_once(' ')?;
            Some((rate.parse().ok()?, ContentHash::parse(content)?))
        };
        self.copies.extend(text.lines().filter_map(copy));
    }

    /// Whether a running job uses copies of `content` at `rate` Hz.
    pub(super) fn uses(&self, rate: u32, content: ContentHash) -> bool {
        self.copies.contains(&(rate, content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_begins_while_others_read_the_leases() {
        let base = tempfile::tempdir().unwrap();
        let folder = CacheFolder::at(base.path()).unwrap();
        folder.make().unwrap();
        let stop = std::sync::atomic::AtomicBool::new(false);
        let begun = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    Leased::read(&folder, None);
                }
            });
            let begun = (0..500).filter(|_| Lease::begin(&folder).is_some()).count();
            stop.store(true, Ordering::Relaxed);
            begun
        });
        assert_eq!(begun, 500);
    }

    #[test]
    fn a_lease_lasts_as_long_as_its_job_and_a_left_one_is_removed() {
        let base = tempfile::tempdir().unwrap();
        let folder = CacheFolder::at(base.path()).unwrap();
        assert!(Lease::begin(&folder).is_none(), "a folder that cannot be written");
        folder.make().unwrap();
        let content = ContentHash::of(b"x");
        let lease = Lease::begin(&folder).unwrap();
        lease.add(8000, std::iter::once(content));
        let others = Leased::read(&folder, None);
        assert!(others.jobs == 1 && others.uses(8000, content) && !others.uses(16_000, content));
        assert_eq!(Leased::read(&folder, Some(&lease)).jobs, 0, "its own");
        drop(lease);
        assert_eq!(std::fs::read_dir(folder.leases()).unwrap().count(), 0);
        // What a killed process leaves: files that nobody locks.
        std::fs::write(folder.leases().join("1-2-3.lock"), "samplecnn lock\n").unwrap();
        std::fs::write(folder.leases().join("1-2-3.list"), format!("8000 {content}\n")).unwrap();
        assert!(!Leased::read(&folder, None).uses(8000, content));
        assert_eq!(std::fs::read_dir(folder.leases()).unwrap().count(), 0);
    }
}
