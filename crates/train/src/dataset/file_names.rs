//! Finds files whose names differ from the names in a list: by the suffix after a conversion, the Unicode form, or
//! hyphens.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use audio::{has_audio_suffix, is_system_file};
use error::WarningCode;
use unicode_normalization::UnicodeNormalization;

use crate::event::Warning;

/// If several files share a stem, the first suffix of this list is preferred: lossless formats come before lossy ones.
const LOSSLESS_FIRST: [&str; 9] = ["wav", "wave", "bwf", "flac", "aiff", "aif", "aifc", "au", "caf"];

/// How similar two names must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Equal except for the suffix and the Unicode form.
    Stem,
    /// Differences of case, spaces, `-` and `_` are ignored as well.
    Letters,
}

/// The audio files of folders, by their names without suffix.
pub(super) struct FileNames {
    likeness: Likeness,
    folders: HashMap<PathBuf, HashMap<String, Vec<PathBuf>>>,
    /// Number of listed names for which a file with another suffix was found; and the first of them.
    replaced: usize,
    first: Option<(PathBuf, PathBuf)>,
}

impl FileNames {
    pub(super) fn new(likeness: Likeness) -> Self {
        Self { likeness, folders: HashMap::new(), replaced: 0, first: None }
    }

    /// The file that a list refers to by `path`: `path` itself if it exists or no file is similar, else a similar audio
    /// file of the same folder that is not in `taken`. With [`Likeness::Stem`] there must be only one similar file.
    pub(super) fn find(&mut self, path: PathBuf, taken: &HashSet<PathBuf>) -> PathBuf {
        if path.exists() {
            return path;
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
            return path;
        };
        let likeness = self.likeness;
        let files = self.folders.entry(folder.to_path_buf()).or_insert_with(|| listing(folder, likeness));
        let free: Vec<&PathBuf> =
            files.get(&key(name, likeness)).into_iter().flatten().filter(|file| !taken.contains(*file)).collect();
        let found = match (free.as_slice(), likeness) {
            ([], _) | ([_, _, ..], Likeness::Stem) => return path,
            ([only], _) => (*only).clone(),
            ([first, ..], Likeness::Letters) => (*first).clone(),
        };
        if suffix(&found) != suffix(&path) {
            self.replaced += 1;
            self.first.get_or_insert_with(|| (path, found.clone()));
        }
        found
    }

    /// The absolute path of the file that a list refers to by `path`, by [`FileNames::find`].
    pub(super) fn file(&mut self, path: PathBuf) -> PathBuf {
        let found = self.find(path, &HashSet::new());
        std::path::absolute(&found).unwrap_or(found)
    }

    /// The warning about listed names for which files with other suffixes were found.
    pub(super) fn warning(&self) -> Option<Warning> {
        let (listed, found) = self.first.as_ref()?;
        let message = format!(
            "{} files of the list were found with another suffix and are used, the first: {} for {}",
            self.replaced,
            found.display(),
            listed.file_name().unwrap_or_default().to_string_lossy()
        );
        Some(Warning::new(WarningCode::OtherSuffix, message).of_count(self.replaced))
    }
}

/// The audio files in `folder` by their keys, the preferred file first; empty if the folder cannot be read, so that its
/// files count as missing.
fn listing(folder: &Path, likeness: Likeness) -> HashMap<String, Vec<PathBuf>> {
    let mut files: HashMap<String, Vec<PathBuf>> = HashMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if !is_system_file(name.as_ref()) && has_audio_suffix(&path) {
            files.entry(key(name, likeness)).or_default().push(path);
        }
    }
    let rank = |path: &Path| {
        let suffix = suffix(path);
        LOSSLESS_FIRST.iter().position(|known| *known == suffix).unwrap_or(LOSSLESS_FIRST.len())
    };
    files.values_mut().for_each(|alike| alike.sort_by_cached_key(|path| (rank(path), path.clone())));
    files
}

/// The part of a name that similar names have in common.
fn key(name: &str, likeness: Likeness) -> String {
    let path = Path::new(name);
    let stem =
        if has_audio_suffix(path) { path.file_stem().and_then(|stem| stem.to_str()).unwrap_or(name) } else { name };
    match likeness {
        Likeness::Stem => stem.nfc().collect(),
        Likeness::Letters => letters(stem),
    }
}

/// `text` in lower case, without spaces, `-` and `_`.
pub(super) fn letters(text: &str) -> String {
    text.nfc().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// The suffix of `path` in lower case.
pub(super) fn suffix(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_its_stem() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["a.flac", "b.mp3", "b.ogg", "c.wav", "c.mp3", "d.00001.au", "e\u{301}.wav", "Hip-Hop.1.mp3"] {
            std::fs::write(at(name), b"").unwrap();
        }
        let nobody = HashSet::new();
        let mut names = FileNames::new(Likeness::Stem);
        let mut find = |name: &str| names.find(at(name), &nobody);
        assert_eq!(find("a.wav"), at("a.flac"));
        assert_eq!(find("b.wav"), at("b.wav"), "ambiguous: either file could be meant");
        assert_eq!(find("c.mp3"), at("c.mp3"), "an existing file is preferred");
        assert_eq!(find("d.00001.wav"), at("d.00001.au"));
        assert_eq!(find("\u{e9}.wav"), at("e\u{301}.wav"));
        assert_eq!(find("hiphop.1.wav"), at("hiphop.1.wav"));
        assert_eq!(find("no.wav"), at("no.wav"));
        let warning = names.warning().unwrap();
        assert_eq!((warning.code, warning.count), (WarningCode::OtherSuffix, Some(2)));
        assert!(warning.message.contains("a.flac for a.wav"), "{}", warning.message);

        let mut names = FileNames::new(Likeness::Letters);
        assert_eq!(names.find(at("hiphop.1.wav"), &nobody), at("Hip-Hop.1.mp3"));
        assert_eq!(names.find(at("b.wav"), &nobody), at("b.mp3"), "the same file every time");
        let taken = HashSet::from([at("a.flac")]);
        assert_eq!(names.find(at("a.wav"), &taken), at("a.wav"));
    }
}
