//! `cache prune`: removes copies that are no longer needed.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use error::{Error, Result};

use super::copy::is_sound;
use super::copy_name::CopyName;
use super::folder::{names_in, CacheFolder};
use super::lease::Leased;
use super::list::{limits, stored, used, Stored, DAY};
use super::location::base_folder;
use super::lock::lock;
use super::older;
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
/// [`error::Code::InvalidOption`]; [`error::Code::ModelVersion`] for a cache of a newer version; [`error::Code::Output`]
/// if a file cannot be removed; [`error::Code::Io`]; [`error::Code::Aborted`] after `cancel`: then nothing was removed.
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
        let mut replaced = HashSet::new();
        let sound = copies.iter().filter(|copy| !damaged.contains(&copy.name));
        for (content, limits) in limits(sound) {
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

/// Removes the locks of killed jobs, and shortens the list of files: with `unused` it keeps only files that exist. Empty
/// folders stay, because a job that is about to write a copy into one holds no lock. The caller holds the lock of the
/// cache.
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
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, receiver) = channel::<(CopyName, Result<Option<bool>>)>();
    let (all, total) = (&copies, copies.len());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut damaged = HashSet::new();
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, total.max(1)) {
            let (sender, next, stop) = (sender.clone(), &next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) && !cancel.load(Ordering::Relaxed) {
                    let Some(&name) = all.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    if sender.send((name, is_sound(&folder.path(&name), &name))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut pace = Pace::new();
        for (done, (name, sound)) in (1..).zip(receiver) {
            if sound.inspect_err(|_| stop.store(true, Ordering::Relaxed))? == Some(false) {
                damaged.insert(name);
            }
            if pace.is_due() || done == total {
                on_event(PruneEvent::Progress(Progress::of(Phase::Check, done, total, pace.seconds())));
            }
        }
        Ok::<(), Error>(())
    })?;
    if cancel.load(Ordering::Relaxed) {
        return Err(Error::aborted());
    }
    Ok(damaged)
}
