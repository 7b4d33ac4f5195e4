//! From the paths a user names to the files there are.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use audio::{has_audio_suffix, SUFFIXES};
use error::Code;
use walkdir::{DirEntry, WalkDir};

use crate::listing::Listing;
use crate::record::Warning;

/// A folder with a file of this name is left out, with everything below it.
pub const MARKER: &str = ".notmusic";

/// What a walk comes across.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A file.
    File(PathBuf),
    /// A named path that does not exist.
    Missing(PathBuf),
    /// A named path that is neither a file nor a folder.
    Odd(PathBuf),
    /// Something that could not be looked into.
    Warning(Warning),
}

/// The files behind some paths, lazily: paths in the order given, then those of a list. A folder is walked depth first, its
/// entries by name (files and subfolders together); names that begin with a dot are left out, links are followed, and no folder
/// is entered twice, so loops of links end. Memory: one folder's entries for each depth.
pub struct Walk {
    paths: std::vec::IntoIter<PathBuf>,
    listing: Option<Listing>,
    folder: Option<Folder>,
}

struct Folder {
    root: PathBuf,
    entries: Box<dyn Iterator<Item = walkdir::Result<DirEntry>> + Send>,
    files: u64,
}

impl Walk {
    /// The files behind `paths`, then those behind the entries of `listing`.
    pub fn new(paths: Vec<PathBuf>, listing: Option<Listing>) -> Self {
        Self { paths: paths.into_iter(), listing, folder: None }
    }

    fn named(&mut self, path: PathBuf) -> Option<Found> {
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                self.folder = Some(Folder::new(path));
                None
            }
            Ok(metadata) if metadata.is_file() => Some(Found::File(path)),
            Ok(_) => Some(Found::Odd(path)),
            // Any other failure (a folder that may not be entered) appears when the file is opened, with its reason.
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => Some(Found::Missing(path)),
            Err(_) => Some(Found::File(path)),
        }
    }
}

impl Iterator for Walk {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            if let Some(folder) = &mut self.folder {
                match folder.next() {
                    Some(found) => return Some(found),
                    None => self.folder = None,
                }
                continue;
            }
            let path = match self.paths.next() {
                Some(path) => path,
                None => match self.listing.as_mut()?.next()? {
                    Ok(path) => path,
                    Err(error) => return Some(Found::Warning(Warning::new(error.code, error.message))),
                },
            };
            if let Some(found) = self.named(path) {
                return Some(found);
            }
        }
    }
}

impl Folder {
    fn new(root: PathBuf) -> Self {
        let mut entered = HashSet::new();
        let entries =
            WalkDir::new(&root).follow_links(true).sort_by_file_name().into_iter().filter_entry(move |entry| {
                wanted(entry) && (!entry.file_type().is_dir() || entered.insert(identity(entry.path())))
            });
        Self { root, entries: Box::new(entries), files: 0 }
    }

    fn next(&mut self) -> Option<Found> {
        for entry in self.entries.by_ref() {
            match entry {
                Ok(entry) if entry.file_type().is_file() && has_audio_suffix(entry.path()) => {
                    self.files += 1;
                    return Some(Found::File(entry.into_path()));
                }
                Ok(_) => {}
                // A link to an ancestor: its files are found anyway.
                Err(reason) if reason.loop_ancestor().is_some() => {}
                Err(reason) => {
                    let message = format!("left out: {reason}");
                    return Some(Found::Warning(Warning::new(Code::FileNotFound, message)));
                }
            }
        }
        if self.files > 0 {
            return None;
        }
        self.files = 1;
        let message = format!("no audio files in {}; known suffixes: {}", self.root.display(), SUFFIXES.join(" "));
        Some(Found::Warning(Warning::new(Code::NoAudio, message)))
    }
}

fn wanted(entry: &DirEntry) -> bool {
    let hidden = entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
    let marked = entry.file_type().is_dir() && entry.path().join(MARKER).exists();
    !hidden && !marked
}

/// What a folder is, whichever way leads to it.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// What a folder is, whichever way leads to it.
#[cfg(not(unix))]
fn identity(path: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(path).ok()
}
