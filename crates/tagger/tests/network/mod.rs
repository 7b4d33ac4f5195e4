//! A network without the engine: its scores depend on its input.
#![allow(dead_code)] // Not every test needs all of it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use audio::SegmentPolicy;
use engine::ClipScore;
use error::Result;
use tagger::{Analysis, Event, ReadyModel, Record, Start, TagOptions, Tagger};

pub const RATE: u32 = 8000;
/// Half a second.
pub const LENGTH: usize = 4000;
pub const BATCH: usize = 4;

/// Scores `[mean square, mean of the segment numbers / 100, 0.5, 0.5]` over the segments of a clip, in batches.
#[derive(Default)]
pub struct Meter {
    open: HashMap<u64, Clip>,
    waiting: usize,
    finished: Vec<ClipScore>,
}

#[derive(Default)]
struct Clip {
    segments: usize,
    square: f64,
    numbers: usize,
    ended: bool,
}

impl Analysis for Meter {
    fn begin(&mut self, clip: u64) {
        self.open.insert(clip, Clip::default());
    }

    fn push(&mut self, clip: u64, segment: &[f32]) -> Result<()> {
        assert_eq!(segment.len(), LENGTH);
        let clip = self.open.get_mut(&clip).unwrap();
        clip.square += segment.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / LENGTH as f64;
        clip.numbers += clip.segments;
        clip.segments += 1;
        self.waiting += 1;
        if self.waiting == BATCH {
            self.flush()?;
        }
        Ok(())
    }

    fn end(&mut self, clip: u64) {
        self.open.get_mut(&clip).unwrap().ended = true;
        if self.waiting == 0 {
            self.flush().unwrap();
        }
    }

    fn cancel(&mut self, clip: u64) {
        self.open.remove(&clip);
    }

    fn flush(&mut self) -> Result<()> {
        self.waiting = 0;
        let mut ended: Vec<u64> = self.open.iter().filter(|(_, clip)| clip.ended).map(|(&number, _)| number).collect();
        ended.sort_unstable();
        for number in ended {
            let clip = self.open.remove(&number).unwrap();
            let count = clip.segments as f64;
            let scores = vec![(clip.square / count) as f32, (clip.numbers as f64 / count / 100.0) as f32, 0.5, 0.5];
            self.finished.push(ClipScore {
                clip: number,
                segments: clip.segments,
                scores,
                timeline: Vec::new(),
                embedding: Vec::new(),
            });
        }
        Ok(())
    }

    fn finished(&mut self) -> Vec<ClipScore> {
        std::mem::take(&mut self.finished)
    }
}

/// The records and events of a job.
pub struct Said {
    pub records: Vec<Record>,
    pub events: Vec<Event>,
}

pub fn network(hash: &str, analysis: Box<dyn Analysis>) -> ReadyModel {
    let start = Start {
        schema: tagger::SCHEMA,
        version: "0".into(),
        model: Some("/model".into()),
        model_hash: hash.into(),
        device: "cpu".into(),
        precision: engine::Precision::F32,
        sampling_rate: RATE,
        tags: 4,
        segments: SegmentPolicy::All,
        all: false,
        top: None,
        threshold: None,
        thresholds: false,
        timeline: false,
        calibrated: false,
        embedding: None,
    };
    let tags = ["power", "middle", "left", "right"].map(String::from).to_vec();
    ReadyModel { start, tags, input_length: LENGTH, batch: BATCH, analysis }
}

pub fn options(paths: &[&Path]) -> TagOptions {
    TagOptions { paths: paths.iter().map(PathBuf::from).collect(), ..TagOptions::default() }
}

/// Starts a job whose events are added to the returned list.
pub fn start(options: TagOptions, hash: &str) -> Result<(Tagger, Arc<Mutex<Vec<Event>>>)> {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = events.clone();
    let on_event = Arc::new(move |event| sink.lock().unwrap().push(event));
    Ok((Tagger::start_with(options, network(hash, Box::<Meter>::default()), on_event)?, events))
}

/// Runs a job to its end.
pub fn run(options: TagOptions) -> Said {
    let (tagger, events) = start(options, "hash").unwrap();
    let records = std::iter::from_fn(|| tagger.next().unwrap()).collect();
    drop(tagger);
    let events = events.lock().unwrap().clone();
    Said { records, events }
}

impl Said {
    /// Each record as `NAME: kind`, the kind with a code where it has one.
    pub fn lines(&self) -> Vec<String> {
        let name = |file: &tagger::FileFacts| file.path.file_name().unwrap().to_string_lossy().into_owned();
        let line = |record: &Record| match record {
            Record::Result(result) => format!("{}: {}", name(&result.file), result.clip.status.as_str()),
            Record::Embedding(result) => format!("{}: {}", name(&result.file), result.clip.status.as_str()),
            Record::Failed(failed) => format!("{}: {}", name(&failed.file), failed.error.code),
            Record::Skipped(skipped) => format!("{}: skipped", name(&skipped.file)),
        };
        self.records.iter().map(line).collect()
    }
}
