//! Tests that cannot run on this machine.

use std::fs::OpenOptions;
use std::io::Write;

/// The environment variable with the file of `scripts/test.mjs`: each skipped test adds a line to it, so that it is not
/// counted as passed.
const FILE: &str = "SAMPLECNN_SKIPPED";

/// Records that the calling test cannot run on this machine, with the reason: `../shared/data/fsdd does not exist`. The
/// test returns directly afterwards.
// The message is for the person who runs the tests, and a test may panic.
#[allow(clippy::print_stderr, clippy::expect_used)]
pub fn skip(reason: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    eprintln!("skipped: {test}: {reason}");
    let Some(file) = std::env::var_os(FILE) else { return };
    let program = std::env::current_exe().unwrap_or_default();
    let program = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let line = format!("{program} {test}: {reason}\n");
    let mut list =
        OpenOptions::new().append(true).create(true).open(&file).expect("the list of skipped tests can be opened");
    list.write_all(line.as_bytes()).expect("the list of skipped tests accepts a line");
}
