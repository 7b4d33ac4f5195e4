//! Which sources of tags are read, and how their texts become tags.

use std::path::PathBuf;

use error::{shown, Code, Error, Result};
use serde::{Deserialize, Serialize};

/// The separators between several tags in one text, if the options do not name others.
const SEPARATORS: &str = ";,/|";
/// Largest number of folder levels, and the deepest level.
const DEEPEST: i32 = 100;

/// A field in the metadata of a file from which tags are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetadataField {
    /// The genre.
    Genre,
    /// The mood.
    Mood,
    /// The grouping (content group).
    Grouping,
    /// The comment.
    Comment,
    /// The rating, as a tag from `rating 1` to `rating 5`.
    Rating,
}

/// Which sources of tags are read, and how their texts become tags. The songs are the audio files behind `paths` and
/// those that the lists name. The JSON form uses the same names in camelCase; unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LibraryOptions {
    /// Files and folders; a folder is walked recursively (see [`tagger::Walk`]). Default: none.
    pub paths: Vec<PathBuf>,
    /// The fields of the files' metadata that give tags. Artist, album and title are read in any case. Default: genre,
    /// mood, grouping, rating.
    pub metadata: Vec<MetadataField>,
    /// Whether every word of a comment is a tag. Otherwise a comment gives its parts between separators. Only used with
    /// comments, of metadata or of Rekordbox. Default: false.
    pub comment_words: bool,
    /// The folders whose names are tags: 1 is the folder directly in the named path, 2 the folder in that folder; -1 is
    /// the folder that contains the file, -2 the folder around it. Default: none.
    pub folder_levels: Vec<i32>,
    /// CSV and JSONL manifests with paths and tags, and optionally `artist` and `album`. Default: none.
    pub manifests: Vec<PathBuf>,
    /// Collections that Rekordbox exported as XML. Default: none.
    pub rekordbox: Vec<PathBuf>,
    /// Whether the playlists of `rekordbox` are tags too. Default: false.
    pub rekordbox_playlists: bool,
    /// M3U and M3U8 playlists, and folders that contain such playlists: the name of a playlist is a tag of its files.
    /// Default: none.
    pub playlists: Vec<PathBuf>,
    /// Rules for tags with the same meaning, such as `hip hop = rap = hip-hop`: the first name stays. Default: none.
    pub aliases: Vec<String>,
    /// A file with such rules, one per line. Default: none.
    pub aliases_file: Option<PathBuf>,
    /// Further texts that are not tags, besides placeholders such as `Other` and `Unknown`. Default: none.
    pub ignore: Vec<String>,
    /// The characters that separate several tags in one text. Default: `;,/|`.
    pub separators: String,
    /// Number of files read at the same time; 0: one per core. Default: 0.
    pub jobs: usize,
}

impl Default for LibraryOptions {
    fn default() -> Self {
        use MetadataField::{Genre, Grouping, Mood, Rating};
        Self {
            paths: Vec::new(),
            metadata: vec![Genre, Mood, Grouping, Rating],
            comment_words: false,
            folder_levels: Vec::new(),
            manifests: Vec::new(),
            rekordbox: Vec::new(),
            rekordbox_playlists: false,
            playlists: Vec::new(),
            aliases: Vec::new(),
            aliases_file: None,
            ignore: Vec::new(),
            separators: SEPARATORS.to_owned(),
            jobs: 0,
        }
    }
}

impl LibraryOptions {
    /// Checks the options without reading a file.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] if there is nothing to read, for a folder level of 0 or beyond 100, for a level without
    /// `paths`, and for a separator that is a letter, a digit or a space.
    pub fn validate(&self) -> Result<()> {
        let wrong = |message: String| Err(Error::new(Code::InvalidOption, shown(&message)));
        let lists = [&self.manifests, &self.rekordbox, &self.playlists];
        if self.paths.is_empty() && lists.iter().all(|list| list.is_empty()) {
            return wrong("nothing to read: name a folder, a manifest, a Rekordbox collection or a playlist".into());
        }
        if let Some(level) = self.folder_levels.iter().find(|level| **level == 0 || level.abs() > DEEPEST) {
            return wrong(format!(
                "folderLevels must be whole numbers from 1 to {DEEPEST}, or negative for folders counted from the \
                 file; received {level}"
            ));
        }
        if !self.folder_levels.is_empty() && self.paths.is_empty() {
            return wrong("folderLevels needs paths: levels are counted from a named folder".into());
        }
        if self.rekordbox_playlists && self.rekordbox.is_empty() {
            return wrong("rekordboxPlaylists needs rekordbox: name the exported collection".into());
        }
        if let Some(letter) = self.separators.chars().find(|c| c.is_alphanumeric() || c.is_whitespace()) {
            return wrong(format!(
                "separators must be punctuation such as \"{SEPARATORS}\", received \"{letter}\" in \"{}\"",
                self.separators
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_cannot_be_meant_is_refused_with_its_value() {
        let paths = vec![PathBuf::from("music")];
        let refused = |options: LibraryOptions| options.validate().unwrap_err();
        let base = || LibraryOptions { paths: paths.clone(), ..LibraryOptions::default() };
        assert!(base().validate().is_ok());
        for (options, part) in [
            (LibraryOptions::default(), "nothing to read"),
            (LibraryOptions { folder_levels: vec![1, 0], ..base() }, "received 0"),
            (LibraryOptions { folder_levels: vec![-101], ..base() }, "received -101"),
            (
                LibraryOptions { manifests: paths.clone(), folder_levels: vec![1], ..LibraryOptions::default() },
                "needs paths",
            ),
            (LibraryOptions { rekordbox_playlists: true, ..base() }, "needs rekordbox"),
            (LibraryOptions { separators: ";x".into(), ..base() }, "received \"x\""),
        ] {
            let error = refused(options);
            assert!(error.code == Code::InvalidOption && error.message.contains(part), "{error}");
        }
    }

    #[test]
    fn the_json_form_has_defaults_and_refuses_unknown_keys() {
        assert_eq!(serde_json::from_str::<LibraryOptions>("{}").unwrap(), LibraryOptions::default());
        assert!(serde_json::from_str::<LibraryOptions>("{\"folder\": 1}").is_err());
    }
}
