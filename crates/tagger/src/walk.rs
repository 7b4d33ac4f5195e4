//! Finds the files behind the paths that a user names.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use audio::{has_audio_suffix, is_system_file, is_system_folder, SUFFIXES};
use error::{is_passing, Code, Error, WarningCode};
use walkdir::{DirEntry, WalkDir};

use crate::cancel::Cancel;
use crate::identity::Identity;
use crate::listing::Listing;
use crate::record::Warning;

/// A folder that contains a file with this name is left out, including all folders below it.
pub const MARKER: &str = ".notmusic";

/// What a walk finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A file.
    File(PathBuf),
    /// A file that occurred before in this walk, under the same or another name.
    Again(PathBuf),
    /// A named path, or a link in a folder, that leads to nothing.
    Missing(PathBuf),
    /// A named path that is neither a file nor a folder.
    Odd(PathBuf),
    /// A folder or list that could not be read completely, and the reason.
    Unreadable(PathBuf, Code, String),
    /// A problem that does not stop the walk.
    Warning(Warning),
}

/// The files behind some paths, found lazily: the paths in the given order, then those of a list; a named playlist
/// stands for its files. A folder is walked depth first, its entries sorted by name (files and subfolders together).
/// System files and folders (`.git`, `@eaDir`, `._song.mp3`) are left out and counted; links are followed; no folder is
/// entered twice, so that loops of links end. Memory: the entries of one folder per depth, and some bytes for each file
/// and folder.
pub struct Walk {
    paths: std::vec::IntoIter<PathBuf>,
    listing: Option<Listing>,
    /// A playlist among the paths, and its name.
    playlist: Option<(PathBuf, Listing)>,
    folder: Option<Folder>,
    /// The folders found so far, and also the files unless they are only counted.
    seen: HashSet<Identity>,
    counts: bool,
    left_out: u64,
    cancel: Cancel,
}

struct Folder {
    root: PathBuf,
    entries: walkdir::IntoIter,
    /// Whether any file in it had a record.
    any: bool,
}

impl Walk {
    /// The files behind `paths`, then those behind the entries of `listing`.
    pub fn new(paths: Vec<PathBuf>, listing: Option<Listing>) -> Self {
        let (seen, cancel) = (HashSet::new(), Cancel::new());
        let paths = paths.into_iter();
        Self { paths, listing, playlist: None, folder: None, seen, counts: false, left_out: 0, cancel }
    }

    /// The same walk for counting: a file that occurs again is also [`Found::File`], and files need no memory.
    #[must_use]
    pub fn to_count(self) -> Self {
        Self { counts: true, ..self }
    }

    /// Number of files and folders left out so far: system files and folders, and folders with a [`MARKER`].
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// `path` as a file, or as a file that occurred before.
    fn file(&mut self, path: PathBuf) -> Found {
        // If the system does not provide identities, two names count as two files.
        match if self.counts { None } else { Identity::of(&path) } {
            Some(identity) if !self.seen.insert(identity) => Found::Again(path),
            _ => Found::File(path),
        }
    }

    /// Whether the folder `path` has not been entered before.
    fn enter(&mut self, path: &Path) -> bool {
        Identity::of(path).is_none_or(|identity| self.seen.insert(identity))
    }

    /// What is found at `path`, which was named by a user or a list.
    fn named(&mut self, path: PathBuf) -> Option<Found> {
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                if self.enter(&path) {
                    self.folder = Some(Folder::new(path));
                }
                None
            }
            Ok(metadata) if metadata.is_file() && Listing::is_playlist(&path) && self.playlist.is_none() => {
                match Listing::open(&path, false, &self.cancel) {
                    Ok(listing) => {
                        self.playlist = Some((path, listing));
                        None
                    }
                    Err(error) => Some(unreadable(path, error)),
                }
            }
            Ok(metadata) if metadata.is_file() => Some(self.file(path)),
            Ok(_) => Some(Found::Odd(path)),
            Err(reason) if is_missing(&reason) => Some(Found::Missing(path)),
            // Any other error (such as missing permissions) is reported when the file is opened.
            Err(_) => Some(Found::File(path)),
        }
    }

    /// The next named path: of the open playlist, the paths, or the list.
    fn next_named(&mut self) -> Option<Result<PathBuf, Found>> {
        if let Some((name, listing)) = &mut self.playlist {
            match listing.next() {
                Some(entry) => return Some(entry.map_err(|error| unreadable(name.clone(), error))),
                None => self.playlist = None,
            }
        }
        if let Some(path) = self.paths.next() {
            return Some(Ok(path));
        }
        let entry = self.listing.as_mut()?.next()?;
        Some(entry.map_err(|error| unreadable(error.file.clone().unwrap_or_default(), error)))
    }

    /// The next file of the folder that is being walked; `None` at its end.
    fn next_of_folder(&mut self) -> Option<Found> {
        loop {
            let folder = self.folder.as_mut()?;
            let Some(entry) = folder.entries.next() else {
                let Folder { root, any, .. } = self.folder.take()?;
                let message = format!("no audio files in {}; known suffixes: {}", root.display(), SUFFIXES.join(" "));
                return (!any).then(|| Found::Warning(Warning::new(WarningCode::FolderWithoutAudio, message)));
            };
            let found = match entry {
                Ok(entry) => self.entry(entry),
                // A link to an ancestor folder: its files are found without it.
                Err(reason) if reason.loop_ancestor().is_some() => None,
                Err(reason) => self.failed(&reason),
            };
            if let Some(found) = found {
                if let Some(folder) = &mut self.folder {
                    folder.any = true;
                }
                return Some(found);
            }
        }
    }

    /// What is found at an entry of the folder; `None` if it has no record.
    fn entry(&mut self, entry: DirEntry) -> Option<Found> {
        if entry.file_type().is_dir() {
            let system = entry.depth() > 0 && is_system_folder(entry.file_name());
            let out = system || entry.path().join(MARKER).exists();
            self.left_out += u64::from(out);
            if out || entry.depth() > 0 && !self.enter(entry.path()) {
                if let Some(folder) = &mut self.folder {
                    folder.entries.skip_current_dir();
                }
            }
            return None;
        }
        if !entry.file_type().is_file() || !has_audio_suffix(entry.path()) {
            return None;
        }
        if is_system_file(entry.file_name()) {
            self.left_out += 1;
            return None;
        }
        Some(self.file(entry.into_path()))
    }

    /// What is found at an entry that could not be examined.
    fn failed(&mut self, reason: &walkdir::Error) -> Option<Found> {
        let path = reason.path().map(Path::to_path_buf).unwrap_or_default();
        match reason.io_error() {
            Some(io) if is_passing(io) => Some(unreadable(path.clone(), Error::input(&path, Code::FileNotFound, io))),
            // A broken link, perhaps to a part of the library: report it if it could be an audio file or a folder, but
            // not if it is another kind of file.
            Some(io) if is_missing(io) && (has_audio_suffix(&path) || path.extension().is_none()) => {
                Some(Found::Missing(path))
            }
            _ => {
                self.left_out += 1;
                None
            }
        }
    }
}

impl Iterator for Walk {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            if self.folder.is_some() {
                match self.next_of_folder() {
                    Some(found) => return Some(found),
                    None => continue,
                }
            }
            match self.next_named()? {
                Err(found) => return Some(found),
                Ok(path) => {
                    if let Some(found) = self.named(path) {
                        return Some(found);
                    }
                }
            }
        }
    }
}

impl Folder {
    fn new(root: PathBuf) -> Self {
        let entries = WalkDir::new(&root).follow_links(true).sort_by_file_name().into_iter();
        Self { root, entries, any: false }
    }
}

fn unreadable(path: PathBuf, error: Error) -> Found {
    Found::Unreadable(path, error.code, error.message)
}

/// Whether nothing exists: no such name, a part of the path is not a folder, or no file can have this name (too long,
/// or with NUL).
fn is_missing(reason: &std::io::Error) -> bool {
    use std::io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    matches!(reason.kind(), NotFound | NotADirectory | InvalidFilename | InvalidInput) && !is_passing(reason)
}
