//! Copies that a longer copy of the same file replaces.

use error::{Error, Result};

use super::copy::{facts_of, Facts};
use super::copy_name::CopyName;
use super::folder::CacheFolder;
use super::hash::ContentHash;
use super::lease::Leased;
use super::outcome::Outcome;

/// Those of the copies of `content` with the limits `variants` that another one replaces. Samples are not read: the
/// caller leaves out copies that it knows to be damaged.
///
/// # Errors
/// [`error::Code::Io`] if a copy cannot be read this time.
pub(super) fn superseded(
    folder: &CacheFolder,
    rate: u32,
    content: ContentHash,
    variants: &[Option<u64>],
) -> Result<Vec<CopyName>> {
    if variants.len() < 2 {
        return Ok(Vec::new());
    }
    let mut known: Vec<(CopyName, Facts)> = Vec::new();
    for &limit in variants {
        let name = CopyName { rate, content, limit };
        known.extend(facts_of(&folder.path(&name), &name)?.map(|facts| (name, facts)));
    }
    let intact = |facts: &Facts| matches!(&facts.outcome, Outcome::Ready(ready) if ready.is_intact());
    let replaced = |name: &CopyName, facts: &Facts| {
        let by = |(other, theirs): &(CopyName, Facts)| other != name && intact(theirs) && theirs.fits(name.limit);
        name.limit.is_some() && intact(facts) && known.iter().any(by)
    };
    Ok(known.iter().filter(|(name, facts)| replaced(name, facts)).map(|(name, _)| *name).collect())
}

/// Removes the copies of `contents` that others replace and that no running job uses, as `leased` says. A copy that
/// cannot be read or removed stays; it only takes up space. The caller holds the lock of the cache.
pub(super) fn remove_superseded(folder: &CacheFolder, rate: u32, contents: &[ContentHash], leased: &Leased) {
    let variants = folder.variants(rate, contents.iter().copied());
    for &content in contents.iter().filter(|&&content| !leased.uses(rate, content)) {
        let variants = variants.get(&content).map_or(&[][..], Vec::as_slice);
        for name in superseded(folder, rate, content, variants).unwrap_or_default() {
            let _ = remove(folder, &name);
        }
    }
}

/// Removes a copy; one that is gone counts as removed.
///
/// # Errors
/// [`error::Code::Output`].
pub(super) fn remove(folder: &CacheFolder, name: &CopyName) -> Result<()> {
    let path = folder.path(name);
    match std::fs::remove_file(&path) {
        Err(reason) if reason.kind() != std::io::ErrorKind::NotFound => Err(Error::output(&path, &reason)),
        _ => Ok(()),
    }
}
