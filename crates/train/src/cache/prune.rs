//! `cache prune`: removes copies that are no longer needed.

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;

use error::Result;

use super::copy::is_sound;
use super::copy_name::CopyName;
use super::folder::{names_in, CacheFolder, Variants};
use super::lease::Leased;
use super::list::{stored, used, Stored, DAY};
use super::location::base_folder;
use super::lock::lock;
use super::older;
use super::parallel::for_each;
use super::record::{CachePruned, PruneEvent};
use super::sources::{replace, Sources};
use super::superseded::{remove, superseded};
use crate::event::{Event, Pace, Phase, Progress};
use crate::options::PruneCacheOptions;

/// Bytes of a gigabyte.
const GIGABYTE: f64 = 1e9;

/// Removes from a cache what `options` select, and always caches of earlier versions, copies that a longer copy
/// replaces, and what killed jobs have left. What a running job uses stays. Removed audio is decoded again by the next
/// job that needs it.
///
/// # Errors
/// [`error::Code::InvalidOption`]; [`error::Code::ModelVersion`] for a cache of a newer version;
/// [`error::Code::Output`] if a file cannot be removed; [`error::Code::Io`]; [`error::Code::Aborted`] after `cancel`:
/// then nothing was removed.
pub fn prune(
    options: &PruneCacheOptions,
    on_event: &mut dyn FnMut(PruneEvent),
    cancel: &AtomicBool,
) -> Result<CachePruned> {
    options.validate()?;
    let base = base_folder(options.cache.as_deref())?;
    let folder = CacheFolder::at(&base)?;
    let damaged = match options.damaged {
        true => damaged(&folder, on_event, cancel)?,
        false => HashSet::new(),
    };
    let mut pruned = CachePruned {
        cache: folder.root().to_path_buf(),
        dry_run: options.dry_run,
        removed: 0,
        damaged: 0,
        freed: 0,
        kept: 0,
        kept_bytes: 0,
        in_use: 0,
        older: Vec::new(),
    };
    if folder.root().exists() {
        let mut tell = |event| {
            if let Event::Progress(progress) = event {
                on_event(PruneEvent::Progress(progress));
            }
        };
        // While the lock is held, no job begins to use a copy that exists.
        let _lock = (!options.dry_run).then(|| lock(&folder, &mut tell, cancel)).transpose()?;
        prune_copies(&folder, options, &damaged, &mut pruned)?;
        if !options.dry_run {
            tidy(&folder, options.unused)?;
        }
    }
    for cache in older::older(&base) {
        if options.dry_run || older::remove(&cache)? {
            pruned.freed += cache.bytes;
            pruned.older.push(cache);
        }
    }
    Ok(pruned)
}

fn prune_copies(
    folder: &CacheFolder,
    options: &PruneCacheOptions,
    damaged: &HashSet<CopyName>,
    pruned: &mut CachePruned,
) -> Result<()> {
    let used = if options.unused { Some(used(folder)?) } else { None };
    let mut kept: Vec<Stored> = Vec::new();
    let mut selected: Vec<Stored> = Vec::new();
    for rate in folder.rates() {
        let (copies, littered) = stored(folder, rate);
        let mut sound = Variants::new();
        for Stored { name, .. } in copies.iter().filter(|copy| !damaged.contains(&copy.name)) {
            sound.entry(name.content).or_default().push(name.limit);
        }
        let mut replaced = HashSet::new();
        for (content, limits) in sound {
            replaced.extend(superseded(folder, rate, content, &limits)?);
        }
        for copy in copies {
            let old = options.older_than.is_some_and(|days| copy.age.as_secs_f64() > days * DAY);
            let unused = used.as_ref().is_some_and(|used| !used.contains(&copy.name.content));
            let select = old || unused || replaced.contains(&copy.name) || damaged.contains(&copy.name);
            if select { &mut selected } else { &mut kept }.push(copy);
        }
        if !options.dry_run {
            littered.iter().for_each(|shard| files::sweep(shard));
        }
    }
    if let Some(most) = options.max_size {
        // Those that were not used for the longest time go first.
        kept.sort_by_key(|copy| std::cmp::Reverse((copy.age, copy.name)));
        let mut total: u64 = kept.iter().map(|copy| copy.bytes).sum();
        let first = kept.iter().position(|copy| {
            let fits = total as f64 <= most * GIGABYTE;
            total -= copy.bytes;
            fits
        });
        let rest = kept.split_off(first.unwrap_or(kept.len()));
        selected.extend(std::mem::replace(&mut kept, rest));
    }
    // Leases are read after the copies were listed: a job adds a copy to its lease before it writes it.
    let leased = Leased::read(folder, None);
    for copy in selected {
        if leased.uses(copy.name.rate, copy.name.content) {
            pruned.in_use += 1;
            kept.push(copy);
            continue;
        }
        if damaged.contains(&copy.name) {
            pruned.damaged += 1;
        }
        if !options.dry_run {
            remove(folder, &copy.name)?;
        }
        pruned.removed += 1;
        pruned.freed += copy.bytes;
    }
    pruned.kept = kept.len();
    pruned.kept_bytes = kept.iter().map(|copy| copy.bytes).sum();
    Ok(())
}

/// Removes the locks of killed jobs, and shortens the list of files: with `unused` it keeps only files that exist.
/// Empty folders stay, because a job that is about to write a copy into one holds no lock. The caller holds the lock of
/// the cache.
fn tidy(folder: &CacheFolder, unused: bool) -> Result<()> {
    let claims = folder.root().join("claims");
    for path in names_in(&claims).map(|name| claims.join(name)) {
        if let Ok(Some(_ended)) = files::Lock::take(&path) {
            let _ = std::fs::remove_file(&path);
        }
    }
    let path = folder.sources();
    if !path.exists() {
        return Ok(());
    }
    let sources = Sources::read(&path)?;
    replace(&path, &if unused { sources.existing() } else { sources.all() })
}

/// The copies that do not hold what was written. All copies are read.
fn damaged(
    folder: &CacheFolder,
    on_event: &mut dyn FnMut(PruneEvent),
    cancel: &AtomicBool,
) -> Result<HashSet<CopyName>> {
    let copies: Vec<CopyName> = folder.rates().into_iter().flat_map(|rate| folder.copies(rate).0).collect();
    let (mut damaged, total, mut pace) = (HashSet::new(), copies.len(), Pace::new());
    let take = |done, name, sound| {
        if sound == Some(false) {
            damaged.insert(name);
        }
        if pace.is_due() || done == total {
            on_event(PruneEvent::Progress(Progress::of(Phase::Check, done, total, pace.seconds())));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    for_each(&copies, threads, |name| is_sound(&folder.path(&name), &name), take, cancel)?;
    Ok(damaged)
}
