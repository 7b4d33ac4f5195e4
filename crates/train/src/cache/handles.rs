//! Open copies. They are read piece by piece and never mapped: whatever other programs do to the files, a read returns
//! samples or an error. A large dataset has more copies than a process may have open files: only some stay open.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use error::Result;

use super::failure::unread;

/// Most files that are kept open if the limit of the system is not known.
const FEW: usize = 64;
/// Most files that are kept open.
const MOST: usize = 4096;

/// The copies of a dataset.
pub(super) struct Handles {
    paths: Vec<PathBuf>,
    kept: Mutex<Kept>,
    most: usize,
}

#[derive(Default)]
struct Kept {
    files: HashMap<u32, Arc<File>>,
    /// The files in the order in which they were opened.
    order: VecDeque<u32>,
}

impl Handles {
    pub(super) fn new(paths: Vec<PathBuf>) -> Self {
        Self { paths, kept: Mutex::default(), most: capacity() }
    }

    /// Reads `bytes.len()` bytes at `at` of the copy with the number `copy`.
    ///
    /// # Errors
    /// [`error::Code::Io`].
    pub(super) fn read(&self, copy: u32, at: u64, bytes: &mut [u8]) -> Result<()> {
        let unknown = || unread(Path::new("a copy"), &io::ErrorKind::NotFound.into());
        let path = self.paths.get(copy as usize).ok_or_else(unknown)?;
        let read = self.file(copy, path).and_then(|file| read_exact_at(&file, bytes, at));
        read.map_err(|reason| unread(path, &reason))
    }

    fn file(&self, copy: u32, path: &Path) -> io::Result<Arc<File>> {
        if let Some(file) = self.kept().files.get(&copy) {
            return Ok(file.clone());
        }
        let opened = File::open(path).or_else(|reason| {
            if reason.kind() == io::ErrorKind::NotFound {
                return Err(reason);
            }
            // The process may have too many open files.
            *self.kept() = Kept::default();
            File::open(path)
        });
        let file = Arc::new(opened?);
        let mut kept = self.kept();
        if kept.files.insert(copy, file.clone()).is_none() {
            kept.order.push_back(copy);
        }
        if kept.order.len() > self.most {
            if let Some(oldest) = kept.order.pop_front() {
                kept.files.remove(&oldest);
            }
        }
        Ok(file)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A quarter of the open files that the process may have: the rest is for others.
fn capacity() -> usize {
    // Linux tells the limit in a file; elsewhere a small number is safe.
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let limit = limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next());
    match limit {
        Some("unlimited") => MOST,
        limit => limit.and_then(|limit| limit.parse().ok()).map_or(FEW, |limit: usize| (limit / 4).clamp(1, MOST)),
    }
}

#[cfg(unix)]
pub(super) fn read_exact_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(windows)]
pub(super) fn read_exact_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => (bytes, at) = (&mut bytes[count..], at + count as u64),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_copies_than_may_be_open_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (0..50u8).map(|i| folder.path().join(i.to_string())).collect();
        for (i, path) in paths.iter().enumerate() {
            std::fs::write(path, [i as u8; 8]).unwrap();
        }
        let handles = Handles { paths, kept: Mutex::default(), most: 7 };
        let mut read = [0; 4];
        for copy in (0..50).chain((0..50).rev()).chain([3, 3, 49, 3]) {
            handles.read(copy, 4, &mut read).unwrap();
            assert_eq!(read, [copy as u8; 4]);
            let kept = handles.kept();
            assert!(kept.files.len() <= 7 && kept.order.len() == kept.files.len());
        }
        assert_eq!(handles.read(50, 0, &mut read).unwrap_err().code, error::Code::Io);
        assert_eq!(handles.read(1, 5, &mut read).unwrap_err().code, error::Code::Io);
        assert!((1..=MOST).contains(&capacity()));
    }
}
