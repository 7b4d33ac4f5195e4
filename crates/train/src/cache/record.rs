//! The records of `cache list` and `cache prune`.

use std::path::PathBuf;

use serde::Serialize;
use ts_rs::TS;

use crate::event::Progress;

/// The result of `listCache`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "ListCacheDone")]
#[serde(tag = "type", rename = "done", rename_all = "camelCase")]
pub struct CacheList {
    /// The folder of the cache, absolute; it may not exist yet.
    pub cache: PathBuf,
    /// What the cache holds at each sampling rate, ascending.
    pub rates: Vec<CacheRate>,
    /// Number of clips of all rates.
    pub clips: usize,
    /// Size in bytes of all copies.
    pub bytes: u64,
    /// Number of running jobs that use the cache.
    pub jobs: usize,
    /// Caches of earlier versions in the same folder, which are no longer used.
    pub older: Vec<OlderCache>,
}

/// What the cache holds at one sampling rate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
#[ts(rename = "CacheRate")]
#[serde(rename_all = "camelCase")]
pub struct CacheRate {
    /// Sampling rate in Hz.
    pub sampling_rate: u32,
    /// Number of clips with samples.
    pub clips: usize,
    /// Number of notes about files that cannot be used.
    pub failed: usize,
    /// Number of copies that are cut or whose description is damaged; their samples are not read.
    pub damaged: usize,
    /// Number of copies whose file no longer exists, or has changed, at every path at which it was prepared.
    pub unused: usize,
    /// Seconds of audio.
    pub duration: f64,
    /// Size in bytes.
    pub bytes: u64,
    /// Days since the copy was used that was not used for the longest time.
    pub days_unused: f64,
}

/// A cache of an earlier version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct OlderCache {
    /// Its folder, absolute.
    pub folder: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

/// The events of `pruneCache`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "PruneCacheEvent")]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum PruneEvent {
    /// With `damaged`: the progress of reading all copies.
    Progress(Progress),
    /// The result.
    Done(CachePruned),
}

/// The result of `pruneCache`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "PruneCacheDone")]
#[serde(rename_all = "camelCase")]
pub struct CachePruned {
    /// The folder of the cache, absolute.
    pub cache: PathBuf,
    /// Whether nothing was removed, because `dryRun` is set: the numbers say what would be removed.
    pub dry_run: bool,
    /// Number of copies that were removed.
    pub removed: usize,
    /// Number of damaged copies among them.
    pub damaged: usize,
    /// Number of bytes that were freed, including those of older caches.
    pub freed: u64,
    /// Number of copies that are kept.
    pub kept: usize,
    /// Size in bytes of the copies that are kept.
    pub kept_bytes: u64,
    /// Number of copies among them that the options select, but a running job uses.
    pub in_use: usize,
    /// Caches of earlier versions that were removed.
    pub older: Vec<OlderCache>,
}
