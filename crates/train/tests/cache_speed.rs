//! How fast segments are read from the cache, compared with one open file that holds all clips, as caches had before.
//! It measures, so it is ignored: `cargo test -p samplecnn-train --test cache_speed -- --ignored --nocapture` prints
//! the table of docs/decisions.md.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test helpers: clippy exempts only test functions.

mod shared;

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use shared::{tone, write_wav};
use train::cache::{fill, Filled, Key};
use train::dataset::{Dataset, DatasetOptions};

const RATE: u32 = 16_000;
/// Segments that are read in a round.
const READS: u32 = 2000;
/// Rounds; the fastest counts, because other programs make rounds slower.
const ROUNDS: usize = 15;

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
    // All clips in one file, in the order of their names.
    let names: Vec<String> = (0..clips).map(|i| format!("{i}.wav")).collect();
    let whole = folder.path().join("pcm.i16");
    let mut file = fs::File::create(&whole).unwrap();
    let mut offsets = HashMap::new();
    let mut end = 0;
    for name in &names {
        let samples = filled.cache.pcm(filled.cache.clip(name).unwrap()).unwrap();
        file.write_all(&samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<u8>>()).unwrap();
        offsets.insert(name.clone(), end);
        end += samples.len() as u64;
    }
    let file = fs::File::open(&whole).unwrap();
    for length in [729, 6561, 59_049] {
        if length as f32 > seconds * RATE as f32 {
            row += " | |";
            continue;
        }
        let mut out = vec![0.0; length];
        let mut state = 1_u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut best = [f64::INFINITY; 2];
        for _ in 0..ROUNDS {
            for (now, best) in best.iter_mut().enumerate() {
                let started = Instant::now();
                for _ in 0..READS {
                    let name = &names[draw(clips as u64) as usize];
                    let clip = filled.cache.clip(name).unwrap();
                    let start = draw(clip.samples - length as u64 + 1);
                    match now {
                        0 => read_before(&file, offsets[name] + start, &mut out),
                        _ => filled.cache.read(clip, start, &mut out).unwrap(),
                    }
                }
                *best = best.min(started.elapsed().as_secs_f64() / f64::from(READS) * 1e6);
            }
        }
        row += &format!(" {:.1} µs | {:.1} µs |", best[0], best[1]);
    }
    println!("{row}");
}

/// Reads samples as the cache did before: from one open file, 4,096 at a time.
fn read_before(file: &fs::File, start: u64, out: &mut [f32]) {
    let mut samples = [0_i16; 4096];
    let mut at = start;
    for piece in out.chunks_mut(4096) {
        let samples = &mut samples[..piece.len()];
        file.read_exact_at(bytemuck::cast_slice_mut(samples), 2 * at).unwrap();
        for (value, &sample) in piece.iter_mut().zip(samples.iter()) {
            *value = f32::from(i16::from_le(sample)) / 32768.0;
        }
        at += piece.len() as u64;
    }
}

#[test]
#[ignore = "it measures and checks nothing"]
fn speed() {
    println!(
        "| data | first run | second run | 729 samples: one file | copies | 6,561: one file | copies | 59,049: one file \
         | copies |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for (clips, seconds) in [(200, 4.0), (2000, 4.0), (10_000, 1.0)] {
        measure(clips, seconds);
    }
}
