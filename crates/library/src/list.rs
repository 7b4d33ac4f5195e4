//! Lists that name files and their tags: what manifests, Rekordbox collections and playlists have in common.

use std::path::{Path, PathBuf};

use error::{shown, Code, Error, WarningCode};
use train::Warning;
use unicode_normalization::UnicodeNormalization;

use crate::source::Source;

/// Number of missing files that a message names.
const NAMED: usize = 3;

/// A list and the files that it names.
pub(crate) struct List {
    /// The file of the list.
    pub(crate) file: PathBuf,
    /// The files that exist, in the order of the list; a file may occur several times.
    pub(crate) entries: Vec<Entry>,
    /// Problems that do not prevent the use of the list.
    pub(crate) warnings: Vec<Warning>,
}

/// A file of a list.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    /// The path of the file, which exists.
    pub(crate) path: PathBuf,
    /// The line of the list, from 1.
    pub(crate) line: u64,
    /// The texts from which its tags are read.
    pub(crate) texts: Vec<(Source, String)>,
    /// What the list says about the song.
    pub(crate) facts: Facts,
}

/// What is known about a song besides its tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) artist: Option<String>,
    pub(crate) album_artist: Option<String>,
    pub(crate) album: Option<String>,
    pub(crate) title: Option<String>,
}

impl Facts {
    /// Takes from `others` what is not known yet.
    pub(crate) fn complete(&mut self, others: Facts) {
        // Of another source, an artist of the album would not belong to the artist here.
        if self.artist.is_none() && self.album_artist.is_none() {
            (self.artist, self.album_artist) = (others.artist, others.album_artist);
        }
        self.album = self.album.take().or(others.album);
        self.title = self.title.take().or(others.title);
    }
}

/// The files of a list that do not exist.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    count: usize,
    /// The first of them, with their lines.
    first: Vec<(u64, String)>,
}

impl Missing {
    pub(crate) fn add(&mut self, line: u64, name: &str) {
        self.count += 1;
        if self.first.len() < Warning::CLIPS {
            self.first.push((line, name.to_owned()));
        }
    }

    /// The warning about the missing files of `list`, which names `total` files.
    pub(crate) fn warning(self, list: &Path, total: usize) -> Option<Warning> {
        let Self { count, first } = self;
        let named: Vec<String> = first.iter().take(NAMED).map(|(line, name)| format!("line {line}: {name}")).collect();
        let more = if count > NAMED { "; ..." } else { "" };
        let message = format!(
            "{}: {count} of {total} files do not exist and are left out: {}{more}; write the list again on this \
             computer if the files were moved",
            list.display(),
            named.join("; ")
        );
        let mut warning = Warning::new(WarningCode::ClipsLeftOut, message).of_count(count);
        warning.clips = first.into_iter().map(|(_, name)| shown(&name)).collect();
        (count > 0).then_some(warning)
    }
}

/// `path` if it is a file; otherwise the same path in another Unicode form, as macOS writes it. `None` if there is
/// none.
pub(crate) fn existing(path: &Path) -> Option<PathBuf> {
    let is_file = |path: &PathBuf| std::fs::metadata(path).is_ok_and(|facts| facts.is_file());
    let path = path.to_path_buf();
    if is_file(&path) {
        return Some(path);
    }
    let text = path.to_str().filter(|text| !text.is_ascii())?;
    [text.nfc().collect::<String>(), text.nfd().collect()].into_iter().map(PathBuf::from).find(is_file)
}

/// An error about a line of `list`.
pub(crate) fn broken(list: &Path, line: u64, message: impl std::fmt::Display) -> Error {
    let text = format!("{}: line {line}: {message}", list.display());
    Error::new(Code::Dataset, shown(&text)).with_file(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artist_is_not_joined_with_the_album_artist_of_another_source() {
        let some = |text: &str| Some(text.to_owned());
        let mut facts = Facts { artist: some("A"), ..Facts::default() };
        facts.complete(Facts { artist: some("B"), album_artist: some("C"), album: some("D"), title: some("E") });
        assert_eq!(facts, Facts { artist: some("A"), album_artist: None, album: some("D"), title: some("E") });
    }

    #[test]
    fn a_name_in_another_unicode_form_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let decomposed = folder.path().join("Cafe\u{301}.mp3");
        std::fs::write(&decomposed, "").unwrap();
        assert!(existing(&folder.path().join("Caf\u{e9}.mp3")).is_some());
        assert_eq!(existing(&folder.path().join("Cafe.mp3")), None);
        assert_eq!(existing(folder.path()), None, "a folder is no song");
    }

    #[test]
    fn missing_files_are_told_with_their_lines() {
        let mut missing = Missing::default();
        (2..7).for_each(|line| missing.add(line, &format!("{line}.mp3")));
        let warning = missing.warning(Path::new("party.m3u"), 9).unwrap();
        assert!(warning.message.starts_with("party.m3u: 5 of 9 files do not exist"), "{}", warning.message);
        assert!(warning.message.contains("line 2: 2.mp3; line 3: 3.mp3; line 4: 4.mp3; ..."), "{}", warning.message);
        assert_eq!((warning.count, warning.clips.len()), (Some(5), 5));
        assert_eq!(Missing::default().warning(Path::new("party.m3u"), 9), None);
    }
}
