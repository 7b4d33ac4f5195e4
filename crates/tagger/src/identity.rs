//! What a file or folder is, whichever name leads to it.

use std::path::Path;

/// Equal for two names of one file or folder (a link, another way to it), different for different ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    device: u64,
    number: u64,
    /// Some network and user-space file systems number all their files alike; size and time tell those apart.
    size: u64,
    modified: i128,
}

impl Identity {
    /// That of what `path` leads to, links followed. None where the system does not say.
    #[cfg(unix)]
    pub fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let metadata = std::fs::metadata(path).ok().filter(|metadata| metadata.ino() != 0)?;
        let size = if metadata.is_dir() { 0 } else { metadata.len() };
        let modified = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
        Some(Self { device: metadata.dev(), number: metadata.ino(), size, modified })
    }

    /// That of what `path` leads to, links followed. None where the system does not say.
    #[cfg(not(unix))]
    pub fn of(path: &Path) -> Option<Self> {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let metadata = std::fs::metadata(path).ok()?;
        let modified = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?.as_nanos() as i128;
        let size = if metadata.is_dir() { 0 } else { metadata.len() };
        let mut hasher = DefaultHasher::new();
        std::fs::canonicalize(path).ok()?.hash(&mut hasher);
        Some(Self { device: 0, number: hasher.finish(), size, modified })
    }
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
