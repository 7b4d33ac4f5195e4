//! Checks whether two names, or a name and an open file, are the same file, including links and hard links.

use std::fs::File;
use std::path::Path;

/// Whether both paths lead to the same file. False if one of them cannot be examined.
#[cfg(unix)]
pub(crate) fn same(a: &Path, b: &Path) -> bool {
    match (std::fs::metadata(a), std::fs::metadata(b)) {
        (Ok(a), Ok(b)) => number(&a) == number(&b),
        _ => false,
    }
}

/// Whether `path` still leads to `file`.
#[cfg(unix)]
pub(crate) fn leads_to(path: &Path, file: &File) -> bool {
    match (std::fs::metadata(path), file.metadata()) {
        (Ok(a), Ok(b)) => number(&a) == number(&b),
        _ => false,
    }
}

/// Device and inode.
#[cfg(unix)]
fn number(facts: &std::fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (facts.dev(), facts.ino())
}

/// Whether both paths lead to the same file. False if one of them cannot be examined.
#[cfg(not(unix))]
pub(crate) fn same(a: &Path, b: &Path) -> bool {
    same_file::is_same_file(a, b).unwrap_or(false)
}

/// Whether `path` still leads to `file`.
#[cfg(not(unix))]
pub(crate) fn leads_to(path: &Path, file: &File) -> bool {
    let open = file.try_clone().and_then(same_file::Handle::from_file);
    match (open, same_file::Handle::from_path(path)) {
        (Ok(open), Ok(named)) => open == named,
        _ => false,
    }
}
