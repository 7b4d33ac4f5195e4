//! The identity of a file or folder, independent of its name.

use std::fs::Metadata;
use std::path::Path;

use sha2::{Digest, Sha256};

/// Equal for two names of one file or folder (such as a link), different for different files. Only a hash is stored,
/// because a walk keeps the identity of every file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity(u128);

impl Identity {
    /// The identity of the file or folder at `path`; links are followed. None if the system does not provide one.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        let mut hasher = Sha256::new();
        hasher.update(place(path, &metadata)?);
        // Some network and user-space file systems give all files the same number; size and time distinguish them.
        hasher.update(if metadata.is_dir() { 0 } else { metadata.len() }.to_le_bytes());
        if let Some(time) = metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok()) {
            hasher.update(time.as_nanos().to_le_bytes());
        }
        Some(Self(hasher.finalize().iter().take(16).fold(0, |number, &byte| number << 8 | u128::from(byte))))
    }
}

/// The location of the file: its device and number.
#[cfg(unix)]
fn place(_path: &Path, metadata: &Metadata) -> Option<Vec<u8>> {
    use std::os::unix::fs::MetadataExt;
    let number = Some(metadata.ino()).filter(|&number| number != 0)?;
    Some([metadata.dev().to_le_bytes(), number.to_le_bytes()].concat())
}

/// The location of the file: its path without links.
#[cfg(not(unix))]
fn place(path: &Path, _metadata: &Metadata) -> Option<Vec<u8>> {
    Some(std::fs::canonicalize(path).ok()?.into_os_string().into_encoded_bytes())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn two_names_of_one_file_are_one_and_two_files_are_two() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "x").unwrap();
        fs::write(path("b"), "x").unwrap();
        fs::hard_link(path("a"), path("hard")).unwrap();
        std::os::unix::fs::symlink("a", path("soft")).unwrap();
        let of = |name: &str| Identity::of(&path(name));
        assert_eq!(of("a"), of("hard"));
        assert_eq!(of("a"), of("soft"));
        assert_ne!(of("a"), of("b"));
        assert_eq!(of("none"), None);
    }
}
