//! Caches of earlier versions, which had one folder for each dataset, sampling rate and length of clips. They are no
//! longer read; they are reported and can be removed.

use std::fs::File;
use std::path::{Path, PathBuf};

use error::{Error, Result};
use files::Lock;

use super::folder::names_in;
use super::record::OlderCache;

/// The folder of the caches of version 1.
const FOLDER: &str = "prepared-1";

/// The caches of earlier versions below `base`, in the order of their names.
pub(crate) fn older(base: &Path) -> Vec<OlderCache> {
    let folder = base.join(FOLDER);
    let mut names: Vec<String> = names_in(&folder).collect();
    names.sort_unstable();
    let cache = |name: String| {
        let folder = folder.join(name);
        // A link is not followed: it leads to files of others.
        let is_folder = std::fs::symlink_metadata(&folder).is_ok_and(|facts| facts.is_dir());
        is_folder.then(|| OlderCache { bytes: files_of(&folder).iter().map(|path| size(path)).sum(), folder })
    };
    names.into_iter().filter_map(cache).collect()
}

/// Removes the files of a cache of an earlier version. Returns false if a job of that version uses it.
///
/// # Errors
/// [`error::Code::Output`] if a file cannot be removed.
pub(super) fn remove(cache: &OlderCache) -> Result<bool> {
    let lock = cache.folder.join("lock");
    // A job that fills the cache holds its lock; one that reads it holds shared locks on the files of samples.
    let Some(held) = Lock::take(&lock)? else { return Ok(false) };
    let paths = files_of(&cache.folder);
    let mut samples = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|suffix| suffix == "i16")) {
        let file = File::open(path).map_err(|reason| Error::output(path, &reason))?;
        if file.try_lock().is_err() {
            return Ok(false);
        }
        samples.push(file);
    }
    for path in paths.iter().filter(|path| **path != lock) {
        std::fs::remove_file(path).map_err(|reason| Error::output(path, &reason))?;
    }
    std::fs::remove_file(&lock).map_err(|reason| Error::output(&lock, &reason))?;
    drop((held, samples));
    // Best effort: a folder in which others have put files stays.
    let _ = std::fs::remove_dir(&cache.folder);
    if let Some(parent) = cache.folder.parent() {
        let _ = std::fs::remove_dir(parent);
    }
    Ok(true)
}

/// The files of a cache that version 1 wrote.
fn files_of(folder: &Path) -> Vec<PathBuf> {
    let ours = |name: &String| {
        let samples = name.strip_prefix("pcm").and_then(|rest| rest.strip_suffix(".i16"));
        let numbered = |rest: &str| rest.strip_prefix('-').is_some_and(|number| number.parse::<u32>().is_ok());
        samples.is_some_and(|rest| rest.is_empty() || numbered(rest))
            || ["index.jsonl", "bad-files.json", "measurements.jsonl", "lock"].contains(&name.as_str())
    };
    names_in(folder).filter(ours).map(|name| folder.join(name)).collect()
}

fn size(path: &Path) -> u64 {
    std::fs::symlink_metadata(path).map_or(0, |facts| facts.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_cache_is_found_and_removed_unless_it_is_used_and_other_files_stay() {
        let base = tempfile::tempdir().unwrap();
        assert!(older(base.path()).is_empty());
        let folder = base.path().join("prepared-1/manifest-0123456789ab-8000hz");
        std::fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in [("pcm.i16", 100), ("pcm-2.i16", 50), ("index.jsonl", 7), ("mine.txt", 1000)] {
            std::fs::write(folder.join(name), vec![b'x'; bytes]).unwrap();
        }
        let found = older(base.path());
        assert_eq!(found, [OlderCache { folder: folder.clone(), bytes: 157 }]);
        let reader = File::open(folder.join("pcm-2.i16")).unwrap();
        reader.try_lock_shared().unwrap();
        assert!(!remove(&found[0]).unwrap() && folder.join("pcm.i16").exists(), "somebody reads it");
        drop(reader);
        let filler = Lock::take(folder.join("lock")).unwrap().unwrap();
        assert!(!remove(&found[0]).unwrap() && folder.join("pcm.i16").exists(), "somebody fills it");
        drop(filler);
        assert!(remove(&found[0]).unwrap());
        let left: Vec<_> = names_in(&folder).collect();
        assert_eq!(left, ["mine.txt"]);
        std::fs::remove_file(folder.join("mine.txt")).unwrap();
        assert!(remove(&older(base.path())[0]).unwrap() && !base.path().join("prepared-1").exists());
    }
}
