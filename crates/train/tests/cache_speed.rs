//! How fast segments are read from the cache, and how long a second preparation takes. It measures, so it is ignored:
//! `cargo test -p samplecnn-train --test cache_speed -- --ignored --nocapture` prints the table of docs/decisions.md.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test helpers: clippy exempts only test functions.

mod shared;

use std::fs;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use shared::{tone, write_wav};
use train::cache::{fill, Filled, Key};
use train::dataset::{Dataset, DatasetOptions};

const RATE: u32 = 16_000;

/// Prints the speed for `clips` clips of `seconds` seconds.
fn measure(clips: usize, seconds: f32) {
    let folder =
        tempfile::tempdir_in(std::env::var_os("SAMPLECNN_SPEED_FOLDER").unwrap_or_else(|| std::env::temp_dir().into()))
            .unwrap();
    let mut text = "path,tags,split\n".to_owned();
    for i in 0..clips {
        write_wav(folder.path().join(format!("{i}.wav")), RATE, &tone(RATE, 100.0 + i as f32 / 3.0, seconds));
        text += &format!("{i}.wav,x,train\n");
    }
    let list = folder.path().join("list.csv");
    fs::write(&list, text).unwrap();
    let options = DatasetOptions::manifest(list);
    let dataset = Dataset::load(&options, None, 0).unwrap();
    let filled = || -> (Filled, f64) {
        let (key, base, started) = (Key::new(&options, RATE, None), folder.path().join("cache"), Instant::now());
        let filled = fill(&dataset, &key, &base, 2, false, &mut |_| {}, &AtomicBool::new(false)).unwrap();
        (filled, started.elapsed().as_secs_f64())
    };
    let (first, decoding) = filled();
    drop(first);
    let (filled, checking) = filled();
    let mut row = format!("| {clips} clips of {seconds} s | {decoding:.2} s | {checking:.2} s |");
    for length in [729, 6561, 59_049] {
        if length as f32 > seconds * RATE as f32 {
            row += " |";
            continue;
        }
        let mut out = vec![0.0; length];
        let mut state = 1_u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let reads = 20_000;
        let best = (0..3).map(|_| {
            let started = Instant::now();
            for _ in 0..reads {
                let clip = filled.cache.clip(&format!("{}.wav", draw(clips as u64))).unwrap();
                filled.cache.read(clip, draw(clip.samples - length as u64 + 1), &mut out).unwrap();
            }
            started.elapsed().as_secs_f64() / f64::from(reads) * 1e6
        });
        row += &format!(" {:.1} µs |", best.fold(f64::INFINITY, f64::min));
    }
    println!("{row}");
}

#[test]
#[ignore = "it measures and checks nothing"]
fn speed() {
    println!("| data | decode | second run | 729 samples | 6,561 samples | 59,049 samples |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for (clips, seconds) in [(200, 4.0), (2000, 4.0), (10_000, 1.0)] {
        measure(clips, seconds);
    }
}
