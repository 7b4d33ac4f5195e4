//! Tests that cannot run on this machine.

use std::fs::OpenOptions;
use std::io::Write;

/// The file that `scripts/test.mjs` names: each skipped test adds a line, so that it is not counted as passed.
const FILE: &str = "SAMPLECNN_SKIPPED";

/// Says that the test that calls this cannot run here, and why: `../shared/data/fsdd is absent`. The test returns right afterwards.
#[allow(clippy::print_stderr, clippy::expect_used)] // It speaks to whoever runs the tests, and a test may fail.
pub fn skip(reason: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    eprintln!("skipped: {test}: {reason}");
    let Some(file) = std::env::var_os(FILE) else { return };
    let program = std::env::current_exe().unwrap_or_default();
    let program = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let line = format!("{program} {test}: {reason}\n");
    let mut list = OpenOptions::new().append(true).create(true).open(&file).expect("the list of skipped tests opens");
    list.write_all(line.as_bytes()).expect("the list of skipped tests takes a line");
}
