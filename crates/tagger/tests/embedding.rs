//! Embeddings of files: the values, tags from the same pass, and the output files, from which a job continues.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use audio::SegmentPolicy;
use engine::{Embedding, Inference, Initialisation, Options, Reduction};
use error::{Code, Error, Result};
use net::{Architecture, Model, Task};
use serde_json::Value;
use tagger::{Embedded, EmbeddingChoice, Event, Record, TagOptions, Tagger};

mod wav;

const RATE: u32 = 8000;

fn model() -> Model {
    let architecture = Architecture::parse("3^4@8000").unwrap();
    let tags = vec!["a".to_string(), "b".to_string()];
    engine::untrained(architecture, tags, Task::MultiLabel, Initialisation::He, 3).unwrap()
}

struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    /// A model, and a folder `music` with `files` files of different lengths and pitches.
    fn new(files: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        model().save(folder.path().join("m.safetensors")).unwrap();
        std::fs::create_dir(folder.path().join("music")).unwrap();
        let bench = Self { folder };
        (0..files).for_each(|index| bench.add(index));
        bench
    }

    fn add(&self, index: usize) {
        let (seconds, pitch) = (0.4 + 0.2 * index as f64, 200.0 + 90.0 * index as f64);
        wav::sine(&self.path(&format!("music/{index}.wav")), RATE, seconds, pitch, 0.5);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn options(&self, embedding: Embedding) -> TagOptions {
        TagOptions {
            paths: vec![self.path("music")],
            model: self.path("m.safetensors"),
            device: "cpu".into(),
            threads: 1,
            embedding: Some(EmbeddingChoice { embedding, tags: false }),
            ..TagOptions::default()
        }
    }
}

/// The records of a job, and what it says about itself.
fn run(options: TagOptions) -> Result<(Vec<Record>, Vec<Value>)> {
    let events = Arc::new(Mutex::new(Vec::new()));
    let kept = events.clone();
    let keep = move |event: Event| kept.lock().unwrap().push(serde_json::to_value(&event).unwrap());
    let tagger = Tagger::start(options, Arc::new(keep))?;
    let mut records = Vec::new();
    while let Some(record) = tagger.next()? {
        records.push(record);
    }
    let events = events.lock().unwrap().clone();
    Ok((records, events))
}

fn embeddings(records: &[Record]) -> Vec<&Embedded> {
    records.iter().filter_map(|r| if let Record::Embedding(result) = r { Some(result) } else { None }).collect()
}

fn refusal(options: TagOptions) -> Error {
    run(options).map(drop).unwrap_err()
}

/// The rows of an array file.
fn array(path: &Path) -> (String, Vec<Vec<f32>>) {
    let bytes = std::fs::read(path).unwrap();
    let text = String::from_utf8_lossy(&bytes[10..128]).into_owned();
    let (_, shape) = text.split_once("'shape': (").unwrap();
    let width: usize = shape.split_once(", ").unwrap().1.split_once(')').unwrap().0.parse().unwrap();
    let values: Vec<f32> = bytes[128..].chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    (text, values.chunks(width).map(<[f32]>::to_vec).collect())
}

fn lines(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_embedding_is_the_mean_of_its_segments_in_the_order_of_the_levels() {
    let bench = Bench::new(3);
    let embedding = Embedding { levels: vec![-1, -3], ..Embedding::default() };
    let (records, events) = run(bench.options(embedding.clone())).unwrap();
    let model = model();
    let taps = embedding.taps(&model.architecture, 2).unwrap();
    let options = Options::default();
    let mut plan = Inference::with_taps(&model.architecture, 2, &model.parameters, 1, &taps, &options).unwrap();
    assert_eq!(events[0]["embedding"]["width"], plan.width());
    for (index, found) in embeddings(&records).into_iter().enumerate() {
        let mut segments: Vec<Vec<f32>> = Vec::new();
        let (file, length) = (bench.path(&format!("music/{index}.wav")), model.architecture.input_length);
        audio::read_segments(&file, RATE, length, SegmentPolicy::All, &mut segments).unwrap();
        let mut sums = vec![0.0f64; plan.width()];
        for segment in &segments {
            plan.logits(segment).unwrap();
            sums.iter_mut().zip(plan.tapped()).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        let count = found.clip.segments as f64;
        let mean: Vec<f32> = sums.into_iter().map(|sum| (sum / count) as f32).collect();
        assert_eq!((found.width, &found.levels, &found.values), (mean.len(), &embedding.levels, &mean), "{index}");
        assert_eq!(found.tags, None);
    }
    assert_eq!(embeddings(&records).len(), 3);
}

#[test]
fn tags_from_the_same_pass_are_those_of_tag() {
    let bench = Bench::new(2);
    let options = bench.options(Embedding::default());
    let both = EmbeddingChoice { embedding: Embedding::default(), tags: true };
    let (records, _) = run(TagOptions { embedding: Some(both), ..options.clone() }).unwrap();
    let (tagged, _) = run(TagOptions { embedding: None, ..options }).unwrap();
    for (embedded, record) in embeddings(&records).into_iter().zip(&tagged) {
        let Record::Result(result) = record else { panic!("{record:?}") };
        assert_eq!((embedded.tags.as_ref(), &embedded.clip), (Some(&result.tags), &result.clip));
    }
}

#[test]
fn an_array_has_a_row_for_every_line_and_continues_after_a_crash() {
    let bench = Bench::new(3);
    let out = bench.path("music.npy");
    let options = TagOptions { out: Some(out.clone()), ..bench.options(Embedding::default()) };
    let (records, _) = run(options.clone()).unwrap();
    let (header, rows) = array(&out);
    assert!(header.contains("'shape': (3, "), "{header}");
    let said = lines(&bench.path("music.jsonl"));
    assert_eq!(said[0]["type"], "start");
    for (index, (line, record)) in said[1..].iter().zip(embeddings(&records)).enumerate() {
        assert_eq!((&line["type"], &line["row"], &line["values"]), (&"embedding".into(), &index.into(), &Value::Null));
        assert_eq!(rows[index], record.values);
    }
    // The machine crashed: the array lost its last row and a half, the list kept its lines.
    let whole = std::fs::read(&out).unwrap();
    let row = (whole.len() - 128) / 3;
    std::fs::write(&out, &whole[..whole.len() - row - row / 2]).unwrap();
    bench.add(3);
    let (records, _) = run(options.clone()).unwrap();
    assert_eq!(embeddings(&records).len(), 3, "two lost, one new");
    let (_, again) = array(&out);
    assert_eq!((again.len(), &again[..3]), (4, &rows[..]));
    // The job was killed between the array and the list.
    let list = std::fs::read_to_string(bench.path("music.jsonl")).unwrap();
    let cut = list.trim_end().rfind('\n').unwrap() + 20;
    std::fs::write(bench.path("music.jsonl"), &list[..cut]).unwrap();
    assert_eq!(embeddings(&run(options.clone()).unwrap().0).len(), 1);
    assert_eq!(array(&out).1, again);
    assert_eq!(std::fs::read_to_string(bench.path("music.jsonl")).unwrap(), list);
    assert!(embeddings(&run(options).unwrap().0).is_empty());
}

#[test]
fn an_output_of_another_embedding_or_of_tag_is_refused() {
    let bench = Bench::new(1);
    for name in ["a.jsonl", "a.csv", "a.npy"] {
        let options = TagOptions { out: Some(bench.path(name)), ..bench.options(Embedding::default()) };
        run(options.clone()).unwrap();
        let across = Embedding { across_segments: Reduction::Max, ..Embedding::default() };
        let other = EmbeddingChoice { embedding: across, tags: false };
        let failure = refusal(TagOptions { embedding: Some(other), ..options.clone() });
        assert!(failure.code == Code::Output && failure.message.contains("embedding"), "{failure}");
        if name != "a.npy" {
            assert_eq!(refusal(TagOptions { embedding: None, ..options }).code, Code::Output);
        }
    }
}

#[test]
fn a_level_that_the_model_lacks_is_refused_before_anything_is_written() {
    let bench = Bench::new(1);
    let embedding = Embedding { levels: vec![-9], ..Embedding::default() };
    let out = bench.path("a.npy");
    let failure = refusal(TagOptions { out: Some(out.clone()), ..bench.options(embedding) });
    assert!(failure.code == Code::InvalidOption && failure.message.contains("-9"), "{failure}");
    assert!(!out.exists());
}
