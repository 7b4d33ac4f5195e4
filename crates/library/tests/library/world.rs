//! A folder with songs, and what is read from it.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use error::{Error, Result};
use library::{Library, LibraryOptions, Song};
use lofty::config::WriteOptions;
use lofty::tag::{ItemKey, ItemValue, Tag, TagExt, TagItem, TagType};

/// A folder that is removed after the test.
pub struct World {
    folder: tempfile::TempDir,
}

impl World {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A short WAV file without metadata.
    pub fn sound(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        testbed::write_wav(&path, 8_000, &testbed::tone(8_000, 440.0, 0.01));
        path
    }

    /// A short WAV file with ID3v2 metadata.
    pub fn song(&self, name: &str, items: &[(ItemKey, &str)]) -> PathBuf {
        let path = self.sound(name);
        write_tag(&path, TagType::Id3v2, items);
        path
    }

    pub fn text(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The folder with usual options.
    pub fn options(&self) -> LibraryOptions {
        LibraryOptions { paths: vec![self.folder.path().to_path_buf()], jobs: 2, ..LibraryOptions::default() }
    }

    pub fn read(&self) -> Library {
        read(&self.options()).unwrap()
    }
}

pub fn read(options: &LibraryOptions) -> Result<Library> {
    library::read(options, &mut |_| {}, &AtomicBool::new(false))
}

pub fn refused(options: &LibraryOptions) -> Error {
    read(options).expect_err("the library was read")
}

/// Writes a metadata block. Several items with one key are several values.
pub fn write_tag(path: &Path, kind: TagType, items: &[(ItemKey, &str)]) {
    let mut tag = Tag::new(kind);
    for (key, text) in items {
        tag.push_unchecked(TagItem::new(*key, ItemValue::Text((*text).to_owned())));
    }
    tag.save_to_path(path, WriteOptions::default()).unwrap();
}

/// The song of the file with this name.
pub fn song<'a>(library: &'a Library, name: &str) -> &'a Song {
    library.songs.iter().find(|song| song.path.ends_with(name)).unwrap_or_else(|| panic!("no song {name}"))
}

/// The tags of the file with this name, sorted.
pub fn tags(library: &Library, name: &str) -> Vec<String> {
    let mut tags: Vec<String> =
        song(library, name).tags.iter().map(|tag| library.tags[*tag as usize].tag.clone()).collect();
    tags.sort();
    tags
}
