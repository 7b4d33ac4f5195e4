//! Where test data lies, and which programs there are.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::skip;

/// `testdata/NAME` in the repository: fixtures and sounds of our own. It is always there.
pub fn testdata(name: &str) -> PathBuf {
    repository().join("testdata").join(name)
}

/// `../shared/NAME` beside the repository: other people's audio, which the repository may not hold. Where it is absent the calling
/// test is counted as skipped, and must return.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = repository().parent()?.join("shared").join(name);
    if path.exists() {
        return Some(path);
    }
    skip(&format!("../shared/{name} is absent"));
    None
}

/// Whether the program `name`, such as `ffmpeg`, can be started. Where it cannot, the calling test is counted as skipped, and must
/// return.
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
