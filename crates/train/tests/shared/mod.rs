//! Where the test data lies.

use std::path::{Path, PathBuf};

/// `../shared/NAME`, or None where it is absent; in CI its absence is a failure.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    if !path.exists() {
        assert!(std::env::var("CI").is_err(), "{} is missing", path.display());
        println!("skipped: {} is missing", path.display());
        return None;
    }
    Some(path)
}
