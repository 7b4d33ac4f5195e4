//! Folders in which samplecnn owns some of the names.

use std::io;
use std::path::{Path, PathBuf};

use error::{shown_path, Code, Error, Result};

use crate::target::what_is;

/// Creates the folder `path` and its parent folders if they are missing. A link to a folder counts as a folder.
///
/// # Errors
/// [`Code::Output`] if something else than a folder is in the way, or if the folder cannot be created.
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

/// The obstacle for a folder: the first part of `path` that exists and is not a folder.
fn blocker(path: &Path) -> Option<(&Path, &'static str)> {
    path.ancestors().find_map(|part| match std::fs::metadata(part) {
        Ok(facts) => what_is(facts.file_type())
            .filter(|_| !facts.is_dir())
            .or(facts.is_file().then_some("a file"))
            .map(|what| (part, what)),
        Err(_) if part.is_symlink() => Some((part, "a broken link")),
        Err(_) => None,
    })
}

/// Returns those of `names` that exist in `folder`: files, folders, and also broken links.
///
/// # Errors
/// [`Code::Output`] if the folder cannot be read.
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

/// Refuses a folder that holds files with one of `names`, which `writer` ("a probe") would replace.
///
/// # Errors
/// [`Code::Output`], also if the folder cannot be read.
pub fn refuse_others<N: AsRef<Path>>(folder: &Path, names: &[N], writer: &str) -> Result<()> {
    match present(folder, names)?.first() {
        None => Ok(()),
        Some(there) => Err(not_written_by(writer, there)),
    }
}

/// The error for a file that `writer` ("a probe") would replace, but did not write.
pub fn not_written_by(writer: &str, file: &Path) -> Error {
    let message = format!(
        "{} exists and was not written by {writer}: choose another folder, or move the file away",
        shown_path(file)
    );
    Error::new(Code::Output, message).with_file(file)
}

/// Removes the files `names` of `folder`. Of a link, only the link is removed, not its target. Missing files count as
/// removed.
///
/// # Errors
/// [`Code::Output`], also if a folder has one of these names.
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
