//! Reads the input as the output of an interrupted tagging job, which a new job continues: JSON lines, or CSV. For CSV,
//! the input can contain the file in the same folder that records the job (`out.csv.start.json`), then a NUL byte, then
//! the output.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use audio::SegmentPolicy;
use engine::{ClipScore, Precision};
use error::{Code, Error, Result};
use tagger::{Analysis, Event, ReadyModel, Start, TagOptions, Tagger, SCHEMA};
use tempfile::TempDir;

use crate::failure;

/// Sampling rate in Hz, and number of samples of a segment.
const RATE: u32 = 8000;
const LENGTH: usize = 800;

/// An analysis that gives every tag the score 0.5.
#[derive(Default)]
struct Even(Vec<ClipScore>);

impl Analysis for Even {
    fn begin(&mut self, _clip: u64) {}

    fn push(&mut self, _clip: u64, _segment: &[f32]) -> Result<()> {
        Ok(())
    }

    fn end(&mut self, clip: u64) {
        self.0.push(ClipScore { clip, segments: 1, scores: vec![0.5; 2], timeline: Vec::new(), embedding: Vec::new() });
    }

    fn cancel(&mut self, _clip: u64) {}

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    fn finished(&mut self) -> Vec<ClipScore> {
        std::mem::take(&mut self.0)
    }
}

/// Continues the output `data` in both formats, CSV and JSON lines.
pub fn run(data: &[u8]) {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(folder).path();
    let (owner, table) = match data.iter().position(|&byte| byte == 0) {
        Some(end) => (data[..end].to_vec(), &data[end + 1..]),
        None => (serde_json::to_vec(&Event::Start(start())).expect("a start can be written"), data),
    };
    fs::write(folder.join("out.csv.start.json"), owner).expect("the file beside the table can be written");
    continued(folder, "out.csv", table);
    continued(folder, "out.jsonl", data);
}

/// A folder with an audio file of 0.2 s.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let samples: Vec<u8> = (0..1600i16).flat_map(|n| (n % 40 * 400).to_le_bytes()).collect();
    let length = samples.len() as u32;
    let parts: [&[u8]; 7] = [
        b"RIFF",
        &(36 + length).to_le_bytes(),
        b"WAVEfmt \x10\0\0\0\x01\0\x01\0",
        &RATE.to_le_bytes(),
        &(2 * RATE).to_le_bytes(),
        b"\x02\0\x10\0data",
        &length.to_le_bytes(),
    ];
    fs::write(folder.path().join("a.wav"), [&parts.concat()[..], &samples].concat()).expect("a sound can be written");
    folder
}

fn start() -> Start {
    Start {
        schema: SCHEMA,
        version: "0".into(),
        model: None,
        model_hash: "hash".into(),
        device: "cpu".into(),
        precision: Precision::F32,
        sampling_rate: RATE,
        tags: 2,
        segments: SegmentPolicy::All,
        all: false,
        top: None,
        threshold: None,
        thresholds: false,
        timeline: false,
        calibrated: false,
        embedding: None,
    }
}

/// Runs a job on the output `content` until the job ends. Either the job refuses `content` and leaves it unchanged, or
/// it continues `content`, which then must be an output of this program. A second job must not change the output again.
fn continued(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    fs::write(&path, content).expect("an output can be written");
    if let Err(reason) = job(folder, &path) {
        failure::check(&reason, &[Code::Output]);
        assert!(fs::read(&path).expect("it is there") == content, "{name} is refused and changed: {reason}");
        return;
    }
    assert!(is_ours(name, content), "{name} was somebody's text, and went on as a job's output");
    let written = fs::read(&path).expect("it is there");
    assert!(written.ends_with(b"\n"), "{name} has a cut row");
    job(folder, &path).unwrap_or_else(|reason| panic!("{name} cannot be continued any more: {reason}"));
    assert!(fs::read(&path).expect("it is there") == written, "{name} changes when nothing is to be done");
}

/// Whether `content` can be the beginning of an output. Another program can have saved the output again with more
/// quotes, a byte order mark and empty rows.
fn is_ours(name: &str, content: &[u8]) -> bool {
    let beginning: &[u8] = if name.ends_with("csv") { b"file,status,duration," } else { b"" };
    let plain: Vec<u8> = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content).to_vec();
    let plain: Vec<u8> = plain.into_iter().filter(|byte| !b"\"\r\n".contains(byte)).collect();
    plain.starts_with(beginning) || beginning.starts_with(&plain)
}

fn job(folder: &Path, out: &Path) -> Result<(), Error> {
    let options = TagOptions {
        paths: vec![folder.join("a.wav")],
        out: Some(PathBuf::from(out)),
        jobs: 1,
        ..TagOptions::default()
    };
    let tags = ["a", "b|c"].map(String::from).to_vec();
    let model = ReadyModel {
        start: start(),
        tags,
        input_length: LENGTH,
        batch: options.batch_size,
        analysis: Box::<Even>::default(),
    };
    let tagger = Tagger::start_with(options, model, Arc::new(drop))?;
    while tagger.next()?.is_some() {}
    Ok(())
}
