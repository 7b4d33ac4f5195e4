//! Measures how well decoding and inference overlap, for `bench/cpu/pipeline.mjs`.
//!
//! `pipeline [--architecture 3^9] [--segments all|N] [--batch 16] [--threads 0] [--jobs 0] [--rounds 3] PATH...`
//!
//! Each round measures three things on the same cores: decoding alone (all files, `jobs` at a time), the engine alone
//! (as many segments as the files have, in full batches), and the whole tagger. Prints one JSON line per round. An
//! ideal pipeline takes as long as the first two together, because both use all cores.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Instant;

use audio::{SegmentPolicy, SegmentSink};
use engine::{initialise, Inference, Initialisation};
use net::{Architecture, Model, Task};
use tagger::{Found, TagOptions, Tagger, Walk};

/// Wall and CPU seconds of `work`.
fn measure(work: impl FnOnce()) -> (f64, f64) {
    let (began, cpu) = (Instant::now(), cpu_seconds());
    work();
    (began.elapsed().as_secs_f64(), cpu_seconds() - cpu)
}

/// CPU seconds of this process, all threads including finished ones; 0 if the system does not report it.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Peak resident memory in MB; 0 if the system does not report it.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<f64>().ok());
    peak.unwrap_or_default() * 1024.0 / 1e6
}

/// Copies and counts segments, as the tagger does when it passes them on.
struct Copying<'a> {
    copy: Vec<f32>,
    segments: &'a AtomicUsize,
}

impl SegmentSink for Copying<'_> {
    fn segment(&mut self, segment: &[f32]) -> error::Result<()> {
        self.copy.clear();
        self.copy.extend_from_slice(segment);
        self.segments.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn restart(&mut self) -> error::Result<()> {
        Ok(())
    }
}

/// Decodes all files, `jobs` at a time, as the tagger does; returns the number of segments.
fn decode(files: &[PathBuf], architecture: &Architecture, policy: SegmentPolicy, jobs: usize) -> usize {
    let (next, segments) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                let mut sink = Copying { copy: Vec::new(), segments: &segments };
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (rate, length) = (architecture.sampling_rate, architecture.input_length);
                    // A bad file takes the same time in the tagger.
                    let _ = audio::read_segments(file, rate, length, policy, &mut sink);
                }
            });
        }
    });
    segments.into_inner()
}

fn main() {
    let mut flags = std::collections::HashMap::new();
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix("--") {
            Some(name) => drop(flags.insert(name.to_owned(), arguments.next().expect("a value"))),
            None => paths.push(argument.into()),
        }
    }
    let number = |name: &str, default: usize| flags.get(name).map_or(default, |text| text.parse().expect("a number"));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (batch_size, threads, rounds) = (number("batch", 16), number("threads", 0), number("rounds", 3));
    let jobs = Some(number("jobs", 0)).filter(|&jobs| jobs > 0).unwrap_or(cores);
    let policy = match flags.get("segments").map(String::as_str) {
        None | Some("all") => SegmentPolicy::All,
        Some(_) => SegmentPolicy::Spread(number("segments", 0)),
    };
    let architecture = Architecture::parse(flags.get("architecture").map_or("3^9", String::as_str)).unwrap();
    let parameters = initialise(&architecture, 50, Initialisation::default(), 1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.safetensors");
    let tags = (0..50).map(|tag| format!("tag {tag}")).collect();
    let options = engine::Options { threads, ..engine::Options::default() };
    let mut network = Inference::new(&architecture, 50, &parameters, batch_size, &options).unwrap();
    let saved = Model::new(architecture, tags, Task::MultiLabel, parameters);
    saved.save(&model).unwrap();
    let files: Vec<PathBuf> = Walk::new(paths, None)
        .filter_map(|found| if let Found::File(path) = found { Some(path) } else { None })
        .collect();
    let length = saved.architecture.input_length;
    let noise: Vec<f32> = (0..batch_size * length).map(|n| ((n * 7919 % 1000) as f32 - 500.0) / 1000.0).collect();
    for _ in 0..rounds {
        let mut count = 0;
        let decoding = measure(|| count = decode(&files, &saved.architecture, policy, jobs));
        let engine = measure(|| {
            for first in (0..count).step_by(batch_size) {
                network.logits(&noise[..(count - first).min(batch_size) * length]).unwrap();
            }
        });
        let tagging = measure(|| {
            tag(&files, &model, TagOptions { segments: policy, batch_size, threads, jobs, ..TagOptions::default() })
        });
        let line = serde_json::json!({
            "files": files.len(),
            "segments": count,
            "decode": { "wall": decoding.0, "cpu": decoding.1 },
            "engine": { "wall": engine.0, "cpu": engine.1 },
            "tag": { "wall": tagging.0, "cpu": tagging.1 },
            "efficiency": (decoding.0 + engine.0) / tagging.0,
            "cpuRatio": tagging.1 / (decoding.1 + engine.1),
            "peakMegabytes": peak_memory(),
        });
        println!("{line}");
    }
}

fn tag(files: &[PathBuf], model: &Path, options: TagOptions) {
    let options = TagOptions { paths: files.to_vec(), model: model.to_path_buf(), ..options };
    let tagger = Tagger::start(options, Arc::new(|_| {})).unwrap();
    while tagger.next().unwrap().is_some() {}
}
