//! Recognises files and folders that operating systems, synchronisers and file servers leave behind, and that contain
//! no music of the user. A leading dot alone does not identify them: `...And Justice for All` and `.38 Special` are
//! albums.

use std::ffi::OsStr;

/// Whole names of such folders, in lower case.
const FOLDERS: [&str; 53] = [
    // Version control and development.
    ".git",
    ".hg",
    ".svn",
    ".bzr",
    ".venv",
    ".tox",
    ".vscode",
    ".idea",
    ".ipynb_checkpoints",
    // Home folders.
    ".cache",
    ".config",
    ".local",
    ".npm",
    ".cargo",
    ".rustup",
    ".mozilla",
    ".thunderbird",
    ".steam",
    ".wine",
    ".var",
    // macOS.
    ".ds_store",
    ".appledouble",
    ".appledb",
    ".appledesktop",
    ".spotlight-v100",
    ".fseventsd",
    ".temporaryitems",
    ".documentrevisions-v100",
    ".mobilebackups",
    "network trash folder",
    "temporary items",
    "__macosx",
    // Windows.
    "$recycle.bin",
    "recycler",
    "system volume information",
    "found.000",
    // Linux.
    "lost+found",
    ".thumbnails",
    ".snapshots",
    ".snapshot",
    ".zfs",
    // File servers and synchronisers.
    "@eadir",
    "#recycle",
    "@recycle",
    "#snapshot",
    "@recently-snapshot",
    "@tmp",
    ".@__thumb",
    ".stversions",
    ".stfolder",
    ".sync",
    ".dropbox.cache",
    ".rsync-partial",
];

/// Beginnings of the names of such folders, in lower case.
const FOLDER_BEGINNINGS: [&str; 1] = [".trash"];

/// Whether a folder of this name belongs to a system.
pub fn is_system_folder(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    FOLDERS.contains(&name.as_str()) || FOLDER_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// Whether a file of this name belongs to a system: macOS stores metadata of `song.mp3` in `._song.mp3` on other file
/// systems.
pub fn is_system_file(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"._")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn albums_with_a_leading_dot_are_music() {
        for name in
            ["...And Justice for All", ".38 Special", "...Baby One More Time", ".hack", "..", "Trash", "@", "#1 Record"]
        {
            assert!(!is_system_folder(OsStr::new(name)), "{name}");
        }
        for name in [".hidden.mp3", "...x.flac", "_.mp3"] {
            assert!(!is_system_file(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn folders_and_files_of_systems_are_not() {
        for name in [".Trash", ".Trash-1000", ".Trashes", ".git", "@eaDir", "#recycle", "$RECYCLE.BIN", ".AppleDouble"]
        {
            assert!(is_system_folder(OsStr::new(name)), "{name}");
        }
        for name in [".Spotlight-V100", "System Volume Information", "lost+found", "__MACOSX"] {
            assert!(is_system_folder(OsStr::new(name)), "{name}");
        }
        assert!(is_system_file(OsStr::new("._song.mp3")));
    }
}
