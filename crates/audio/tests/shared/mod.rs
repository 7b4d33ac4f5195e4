//! The test data beside the repository.

#![allow(clippy::print_stderr)]

use std::path::PathBuf;

/// The folder `name` of `../shared/data`; None, with a plain message, where it is absent. With CI=true that is a failure.
pub fn data(name: &str) -> Option<PathBuf> {
    // A worktree lies beside `shared`, as the repository does.
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var("CI").map_or(true, |ci| ci != "true"), "{} is missing, and CI=true", folder.display());
    eprintln!("skipped: {} is missing", folder.display());
    None
}
