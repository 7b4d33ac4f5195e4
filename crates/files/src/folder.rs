//! Folders of which some names are ours.

use std::io;
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};

use crate::target::what_is;

/// Makes the folder `path` and those above it, where they are missing. A link to a folder is one.
///
/// # Errors
/// [`Code::Output`] where something that is no folder is in the way, or it cannot be made.
pub fn make_folder(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    std::fs::create_dir_all(path).map_err(|reason| match blocker(path) {
        Some((there, what)) => {
            let message = format!(
                "cannot make the folder {}: {} is {what}; choose another folder",
                path.display(),
                there.display()
            );
            Error::new(Code::Output, message).with_file(path)
        }
        None => Error::output(path, &reason),
    })
}

/// What stands in the way of a folder: the first part of `path` that is there and is no folder.
fn blocker(path: &Path) -> Option<(&Path, &'static str)> {
    path.ancestors().find_map(|part| match std::fs::metadata(part) {
        Ok(facts) => what_is(facts.file_type())
            .filter(|_| !facts.is_dir())
            .or(facts.is_file().then_some("a file"))
            .map(|what| (part, what)),
        Err(_) if part.is_symlink() => Some((part, "a link that leads nowhere")),
        Err(_) => None,
    })
}

/// Those of `names` that are in `folder`: files, folders, links that lead nowhere.
///
/// # Errors
/// [`Code::Output`] where the folder cannot be looked at.
pub fn present<N: AsRef<Path>>(folder: &Path, names: &[N]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for name in names {
        let path = folder.join(name);
        match std::fs::symlink_metadata(&path) {
            Ok(_) => found.push(path),
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => {}
            Err(reason) => return Err(Error::output(&path, &reason)),
        }
    }
    Ok(found)
}

/// Removes the files `names` of `folder`; a link goes, not what it leads to. Those that are missing count as removed.
///
/// # Errors
/// [`Code::Output`], for a folder of such a name too.
pub fn remove_files<N: AsRef<Path>>(folder: &Path, names: &[N]) -> Result<()> {
    for name in names {
        let path = folder.join(name);
        match std::fs::remove_file(&path) {
            Err(reason) if reason.kind() != io::ErrorKind::NotFound => return Err(Error::output(&path, &reason)),
            _ => {}
        }
    }
    Ok(())
}
