//! Hostile and very large input, in a child process with a memory limit and a timeout.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod network;
mod wav;

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use error::Code;
use network::{options, run, RATE};
use tagger::Record;

/// Limit of the child's address space. Threads reserve much more address space than they use.
const CAP_KIB: u64 = 2 << 20;

/// The child: tags `SAMPLECNN_TEST_PATH` and prints the records, then its peak memory in KiB.
#[test]
#[ignore = "runs in a child process of the other tests here"]
fn child() {
    let path = PathBuf::from(std::env::var_os("SAMPLECNN_TEST_PATH").unwrap());
    let said = run(options(&[&path]));
    let mut out = std::io::stdout().lock();
    for record in &said.records {
        writeln!(out, "\n{}", serde_json::to_string(record).unwrap()).unwrap();
    }
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    writeln!(out, "\npeak {}", peak.trim().trim_end_matches(" kB")).unwrap();
}

/// Runs the child on `path`; returns its records and its peak memory in KiB.
fn tag_in_child(path: &Path, timeout: Duration) -> (Vec<serde_json::Value>, u64) {
    let folder = tempfile::tempdir().unwrap();
    let (out, err) = (folder.path().join("out"), folder.path().join("err"));
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -v {CAP_KIB}; exec \"$0\" --ignored --exact child --nocapture")])
        .arg(std::env::current_exe().unwrap())
        .env("SAMPLECNN_TEST_PATH", path)
        .stdout(Stdio::from(fs::File::create(&out).unwrap()))
        .stderr(Stdio::from(fs::File::create(&err).unwrap()))
        .spawn()
        .unwrap();
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > timeout {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("still running after {timeout:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let (out, err) = (fs::read_to_string(&out).unwrap(), fs::read_to_string(&err).unwrap());
    assert!(status.success(), "{status}\n{out}\n{err}");
    assert!(!err.contains("panicked"), "{err}");
    let records = out.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap());
    let peak = out.lines().find_map(|line| line.strip_prefix("peak ")).unwrap().parse().unwrap();
    (records.collect(), peak)
}

#[test]
fn every_odd_file_ends_in_a_result_or_a_coded_error() {
    let Some(oddities) = testbed::shared("data/oddities") else { return };
    let files =
        walkdir::WalkDir::new(&oddities).into_iter().filter(|e| e.as_ref().unwrap().file_type().is_file()).count();
    let (records, peak) = tag_in_child(&oddities, Duration::from_secs(240));
    assert_eq!(records.len(), files);
    let codes: HashSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let mut ok = 0;
    for record in &records {
        match record["type"].as_str().unwrap() {
            "result" => {
                ok += 1;
                let tags = record["tags"].as_array().unwrap();
                assert!(tags.iter().all(|tag| tag["score"].as_f64().is_some_and(f64::is_finite)), "{record}");
            }
            "failed" => {
                let code = record["error"]["code"].as_str().unwrap();
                assert!(codes.contains(code) && code != "ERR_INTERNAL" && code != "ERR_ABORTED", "{record}");
                assert!(!record["error"]["message"].as_str().unwrap().is_empty());
            }
            other => panic!("{other}"),
        }
    }
    println!("{ok} of {files} odd files have a result; peak memory {} MiB", peak >> 10);
    // Most of them are short fragments of a few frames, or have formats without a decoder.
    assert!(ok > files / 10, "{ok} of {files}");
}

#[test]
fn memory_does_not_grow_with_the_length_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (short, long) = (folder.path().join("short.wav"), folder.path().join("long.wav"));
    wav::sine(&short, RATE, 60.0, 440.0, 0.5);
    // Three hours, mostly a hole in the file: silence after the first minute.
    let mut bytes = fs::read(&short).unwrap();
    let data = 3 * 3600 * 2 * RATE;
    bytes[4..8].copy_from_slice(&(36 + data).to_le_bytes());
    bytes[40..44].copy_from_slice(&data.to_le_bytes());
    fs::write(&long, bytes).unwrap();
    fs::OpenOptions::new().write(true).open(&long).unwrap().set_len(44 + u64::from(data)).unwrap();
    let (_, peak_short) = tag_in_child(&short, Duration::from_secs(60));
    let (records, peak_long) = tag_in_child(&long, Duration::from_secs(240));
    assert_eq!(records[0]["segments"], 3 * 3600 * 2);
    assert!(peak_long < peak_short + (16 << 10), "{peak_short} KiB for a minute, {peak_long} KiB for three hours");
}

#[test]
fn a_real_song_excerpt_is_heard_to_its_end() {
    let Some(clip) = testbed::shared("data/mtat-clip") else { return };
    let said = run(options(&[&clip]));
    let Record::Result(result) = &said.records[0] else { panic!("{:?}", said.records) };
    assert!((result.clip.duration - 29.1).abs() < 0.1, "{}", result.clip.duration);
    assert_eq!(result.clip.segments, 58);
    assert_eq!(result.clip.decoder, "symphonia mp3");
}
