//! Damaged, tiny and odd files, each in a child process with little memory and little time: all end in a result or a
//! coded error.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // The functions beside the tests are tests too.

mod shared;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use samplecnn_audio::{read_segments, SegmentPolicy};

/// Address space of a child, in KiB: decoding takes about 10 MiB, the runtime of the test harness reserves the rest.
const MEMORY: usize = 384 << 10;
const TIMEOUT: Duration = Duration::from_secs(30);
/// The file that a child is to decode. The child is this very test program, so that nothing else needs to be built.
const FILE: &str = "SAMPLECNN_ODDITY";
const OUTCOME: &str = "outcome: ";

#[test]
fn every_odd_file_ends_in_a_result_or_a_coded_error() {
    let Some(folder) = shared::data("oddities") else { return };
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    assert!(files.len() >= 600, "{} files", files.len());

    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = in_a_child(file);
                    outcomes.lock().unwrap().push((file.clone(), outcome));
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    let bad: Vec<_> = outcomes.iter().filter_map(|(file, outcome)| Some((file, outcome.as_ref().err()?))).collect();
    assert!(bad.is_empty(), "{} of {} files: {bad:#?}", bad.len(), outcomes.len());
    if let Ok(path) = std::env::var("SAMPLECNN_ODDITIES_REPORT") {
        let mut lines: Vec<_> = outcomes
            .iter()
            .map(|(file, outcome)| format!("{}\t{}\n", file.display(), outcome.as_ref().unwrap()))
            .collect();
        lines.sort();
        std::fs::write(path, lines.concat()).unwrap();
    }
    // Most of them hold sound that can be decoded; far fewer would be a fault too.
    let decoded =
        outcomes.iter().filter(|(_, outcome)| outcome.as_ref().is_ok_and(|text| text.starts_with("ok"))).count();
    assert!(decoded > 350, "only {decoded} of {} files gave sound", outcomes.len());
}

/// The work of the child; without the environment variable there is nothing to do.
#[test]
fn child() {
    let Some(file) = std::env::var_os(FILE) else { return };
    let mut segments = 0;
    let result = read_segments(Path::new(&file), 22_050, 59_049, SegmentPolicy::All, &mut |segment| {
        assert!(segment.iter().all(|sample| sample.is_finite()), "a sample is not finite");
        segments += 1;
        Ok(())
    });
    match result {
        Ok((decoded, _)) => println!(
            "\n{OUTCOME}ok\t{}\t{} Hz\t{:.3} s\t{segments} segments\t{} damaged",
            decoded.source.decoder, decoded.source.sampling_rate, decoded.duration, decoded.damaged_packets
        ),
        Err(error) => println!("\n{OUTCOME}{}\t{error}", error.code.as_str()),
    }
}

/// What the child said of `file`; Err if it crashed, ran out of memory or time, or said nothing.
fn in_a_child(file: &Path) -> Result<String, String> {
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(FILE, file)
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > TIMEOUT {
            child.kill().unwrap();
            child.wait().unwrap();
            return Err(format!("still running after {TIMEOUT:?}"));
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let (mut output, mut errors) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    let outcome = output.lines().find_map(|line| line.strip_prefix(OUTCOME));
    match outcome {
        Some(outcome) if status.success() => Ok(outcome.to_string()),
        _ => Err(format!("{status}: {output} {errors}")),
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
