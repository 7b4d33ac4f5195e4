//! `cache list`: what a cache holds.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use error::Result;

use super::copy::facts_of;
use super::copy_name::CopyName;
use super::folder::CacheFolder;
use super::hash::ContentHash;
use super::lease::Leased;
use super::location::base_folder;
use super::older::older;
use super::outcome::Outcome;
use super::record::{CacheList, CacheRate};
use super::sources::Sources;
use crate::options::ListCacheOptions;

/// Seconds of a day.
pub(super) const DAY: f64 = 86_400.0;

/// A copy and its file.
pub(super) struct Stored {
    pub(super) name: CopyName,
    pub(super) bytes: u64,
    /// Time since the last use.
    pub(super) age: Duration,
}

/// Lists what the cache of `options` holds. Samples are not read.
///
/// # Errors
/// [`error::Code::ModelVersion`] for a cache of a newer version; [`error::Code::Io`];
/// [`error::Code::InvalidOption`] if no folder is given and this user has no cache folder.
pub fn list(options: &ListCacheOptions) -> Result<CacheList> {
    let base = base_folder(options.cache.as_deref())?;
    let folder = CacheFolder::at(&base)?;
    let used = used(&folder)?;
    let mut rates = Vec::new();
    for rate in folder.rates() {
        let mut listed = CacheRate { sampling_rate: rate, ..CacheRate::default() };
        for Stored { name, bytes, age } in stored(&folder, rate).0 {
            match facts_of(&folder.path(&name), &name)?.map(|facts| facts.outcome) {
                Some(Outcome::Ready(ready)) => {
                    listed.clips += 1;
                    listed.duration += ready.samples as f64 / f64::from(rate);
                }
                Some(Outcome::Failed { .. }) => listed.failed += 1,
                None => listed.damaged += 1,
            }
            listed.unused += usize::from(!used.contains(&name.content));
            listed.bytes += bytes;
            listed.days_unused = listed.days_unused.max(age.as_secs_f64() / DAY);
        }
        // The folders of a rate stay when all of its copies are removed.
        if listed.clips + listed.failed + listed.damaged > 0 {
            rates.push(listed);
        }
    }
    Ok(CacheList {
        cache: folder.root().to_path_buf(),
        clips: rates.iter().map(|rate| rate.clips).sum(),
        bytes: rates.iter().map(|rate| rate.bytes).sum(),
        rates,
        jobs: Leased::read(&folder, None).jobs,
        older: older(&base),
    })
}

/// The copies at `rate` Hz, and the folders that hold files of killed jobs.
pub(super) fn stored(folder: &CacheFolder, rate: u32) -> (Vec<Stored>, Vec<PathBuf>) {
    let now = SystemTime::now();
    let (copies, littered) = folder.copies(rate);
    let one = |name: CopyName| {
        let facts = std::fs::metadata(folder.path(&name)).ok()?;
        let age = facts.modified().ok().and_then(|time| now.duration_since(time).ok()).unwrap_or_default();
        Some(Stored { name, bytes: facts.len(), age })
    };
    (copies.into_iter().filter_map(one).collect(), littered)
}

/// The contents of the files that still exist.
pub(super) fn used(folder: &CacheFolder) -> Result<HashSet<ContentHash>> {
    Ok(Sources::read(&folder.sources())?.existing().into_iter().map(|source| source.content).collect())
}
