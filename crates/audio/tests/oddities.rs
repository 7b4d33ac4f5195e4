//! Damaged, tiny and unusual files, each in a child process with little memory and little time: each gives a result or
//! a coded error.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // The helper functions of the tests are test code too.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use audio::{read_segments, SegmentPolicy, SegmentSink};

/// Address space of a child, in KiB: decoding needs about 10 MiB, and the test harness reserves the rest.
const MEMORY: usize = 384 << 10;
const TIMEOUT: Duration = Duration::from_secs(30);
/// The environment variable with the file that a child decodes. The child is this same test program, so that nothing
/// else must be built.
const FILE: &str = "SAMPLECNN_ODDITY";
const OUTCOME: &str = "outcome: ";

/// Files in which only ffmpeg or only samplecnn finds audio, and why samplecnn is right.
const OTHER_THAN_FFMPEG: [(&str, &str); 2] = [
    ("zero__zero.wav", "an empty data chunk, and a tag after it that ffmpeg plays"),
    ("2_IDX_63_RAND_104275228651573584855676.wav", "1,961 samples, and a damaged list after them"),
];

#[test]
fn every_odd_file_ends_in_a_result_or_a_coded_error() {
    let Some(folder) = testbed::shared("data/oddities") else { return };
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
    let other: Vec<_> = outcomes.iter().filter(|(file, outcome)| differs_from_ffmpeg(file, outcome)).collect();
    assert!(other.is_empty(), "other than ffmpeg: {other:#?}");
    // Most files are too short or silent by our rules; the numbers are those of the time when this test was written.
    let of = |code: &str| {
        outcomes.iter().filter(|(_, outcome)| outcome.as_ref().is_ok_and(|text| text.starts_with(code))).count()
    };
    assert!(of("ok") >= 75, "only {} files gave sound", of("ok"));
    assert!(of("ERR_DECODE") <= 55, "{} files could not be decoded", of("ERR_DECODE"));
    let outcome = |name: &str| {
        let found = outcomes.iter().find(|(file, _)| file.ends_with(name));
        found.and_then(|(_, outcome)| outcome.clone().ok()).unwrap_or_else(|| panic!("{name} is missing"))
    };
    assert!(outcome("tests__data__bad-xing.mp3").starts_with("ok"), "a wrong frame count is ignored");
    let he_aac = outcome("tests__data__zero-length-mdat.m4a");
    assert!(he_aac.starts_with("ERR_UNSUPPORTED_FORMAT") && he_aac.contains("HE-AAC"), "{he_aac}");
    let cue_sheet = outcome("taglib/tests__data__silence-44-s.flac");
    assert!(cue_sheet.starts_with("ERR_SILENCE") || cue_sheet.starts_with("ok"), "{cue_sheet}");
}

/// Ten hours at 8 kHz take 1.1 GB as f32, three times the memory of a child.
#[test]
fn a_ten_hour_file_is_read_in_the_memory_of_a_short_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ten-hours.wav");
    let samples = 10 * 3600 * 8_000_u32;
    let mut header = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    header[4..8].copy_from_slice(&(36 + samples).to_le_bytes());
    // 8 kHz, 8,000 bytes per second, 1 byte per frame, 8 bits.
    header.extend(b"\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data");
    header.extend(samples.to_le_bytes());
    std::fs::write(&path, &header).unwrap();
    // The rest of the file is a hole, which is read as the lowest sample value.
    std::fs::File::options().write(true).open(&path).unwrap().set_len(u64::from(samples) + 44).unwrap();
    let outcome = in_a_child(&path).unwrap();
    assert!(outcome.starts_with("ok\t") && outcome.contains("36000.000 s"), "{outcome}");
}

/// Counts segments, and checks that their samples are finite.
#[derive(Default)]
struct Counted {
    segments: usize,
}

impl SegmentSink for Counted {
    fn segment(&mut self, segment: &[f32]) -> error::Result<()> {
        assert!(segment.iter().all(|sample| sample.is_finite()), "a sample is not finite");
        self.segments += 1;
        Ok(())
    }

    fn restart(&mut self) -> error::Result<()> {
        self.segments = 0;
        Ok(())
    }
}

/// Runs in the child process; without the environment variable it does nothing.
#[test]
fn child() {
    let Some(file) = std::env::var_os(FILE) else { return };
    let mut counted = Counted::default();
    // The sampling rate of the long file, which then needs no resampling.
    let rate = if file.to_string_lossy().contains("ten-hours") { 8_000 } else { 22_050 };
    match read_segments(Path::new(&file), rate, 59_049, SegmentPolicy::All, &mut counted) {
        Ok((decoded, _)) => println!(
            "\n{OUTCOME}ok\t{}\t{} Hz\t{:.3} s\t{} segments\t{} damaged",
            decoded.source.decoder,
            decoded.source.sampling_rate,
            decoded.duration,
            counted.segments,
            decoded.damaged_packets
        ),
        Err(error) => println!("\n{OUTCOME}{}\t{error}", error.code.as_str()),
    }
}

/// The output of the child for `file`; Err if the child crashed, ran out of memory or time, or printed nothing.
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

/// Whether only one of samplecnn and ffmpeg finds audio in `file`. False for unsupported files and files that are too
/// short to decide, and false for all files if ffmpeg is not installed.
fn differs_from_ffmpeg(file: &Path, outcome: &Result<String, String>) -> bool {
    let code = outcome.as_ref().map_or("", |text| text.split('\t').next().unwrap_or(text));
    let name = file.to_string_lossy();
    if ["ERR_UNSUPPORTED_FORMAT", "ERR_TOO_SHORT"].contains(&code)
        || OTHER_THAN_FFMPEG.iter().any(|(other, _)| name.ends_with(other))
    {
        return false;
    }
    let arguments = ["-v", "quiet", "-nostdin", "-i", &name, "-map", "0:a:0", "-t", "1", "-f", "s16le", "-"];
    let Ok(output) = Command::new("ffmpeg").args(arguments).output() else { return false };
    ["ok", "ERR_SILENCE"].contains(&code) == output.stdout.is_empty()
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
