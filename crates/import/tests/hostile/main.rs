//! Damaged, false and hostile checkpoints give a coded error that says where the problem is.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod any_bytes;
mod budgets;
mod files;
mod forge;
mod mismatches;
mod pickles;
mod tensors;

use std::path::{Path, PathBuf};

use error::{Code, Error};
use import::{convert, Checkpoint, ImportOptions};

fn data(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(file)
}

fn read(bytes: Vec<u8>) -> Result<(), Error> {
    let checkpoint = Checkpoint::from_bytes(bytes)?;
    convert(&checkpoint, Path::new("x"), &ImportOptions::default()).map(|_| ())
}

fn refused(bytes: Vec<u8>, code: Code, part: &str) {
    let failure = read(bytes).expect_err(part);
    assert_eq!(failure.code, code, "{failure}");
    assert!(failure.message.contains(part), "expected \"{part}\" in: {failure}");
}
