//! Paths of test data, and whether a program is installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::skip;

/// The path of `testdata/NAME` in the repository: fixtures and our own audio files. It always exists.
pub fn testdata(name: &str) -> PathBuf {
    repository().join("testdata").join(name)
}

/// The path of `../shared/NAME` next to the repository: third-party audio, which the repository may not contain. If it
/// does not exist, the calling test is counted as skipped and must return.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = repository().parent()?.join("shared").join(name);
    if path.exists() {
        return Some(path);
    }
    skip(&format!("../shared/{name} does not exist"));
    None
}

/// Whether the program `name`, such as `ffmpeg`, can be started. If not, the calling test is counted as skipped and
/// must return.
pub fn program(name: &str) -> bool {
    let quiet = Command::new(name).arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if quiet.is_err() {
        skip(&format!("{name} is not installed"));
    }
    quiet.is_ok()
}

fn repository() -> &'static Path {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR"));
    crates.parent().and_then(Path::parent).unwrap_or(crates)
}
