//! Reads the input as a list of paths, and as a playlist of each kind.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use error::Code;
use tagger::{Cancel, Listing};
use tempfile::TempDir;

use crate::failure;

/// File names of the list. The suffix selects the kind of list.
const NAMES: [&str; 5] = ["list.txt", "list.m3u", "list.pls", "list.cue", "list.xspf"];

/// Reads `data` as a list of each kind.
pub fn run(data: &[u8]) {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a folder can be made")).path();
    for name in NAMES {
        let path = folder.join(name);
        fs::write(&path, data).expect("a list can be written");
        read(&path, false, data.len());
    }
    read(&folder.join(NAMES[0]), true, data.len());
}

fn read(path: &Path, null: bool, bytes: usize) {
    let codes = [Code::InvalidOption];
    let mut list = match Listing::open(path, null, &Cancel::default()) {
        Ok(list) => list,
        Err(reason) => return failure::check(&reason, &codes),
    };
    let mut count = 0;
    for entry in list.by_ref() {
        count += 1;
        assert!(count <= bytes, "more entries than bytes");
        match entry {
            Ok(path) => assert!(!path.as_os_str().is_empty(), "an entry without a name"),
            Err(reason) => {
                failure::check(&reason, &codes);
                break;
            }
        }
    }
    assert!(list.next().is_none(), "a list goes on behind its end");
}
