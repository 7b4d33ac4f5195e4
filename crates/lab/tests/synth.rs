//! The synthetic set: deterministic, balanced, and as loud, low and fast as its tags say.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;

use lab::synth::{write_set, Scene, SetSize, TAGS};

const RATE: u32 = 8000;
const LENGTH: usize = 4 * RATE as usize;

fn clips(count: u64) -> Vec<(Vec<&'static str>, Vec<f32>)> {
    (0..count)
        .map(|number| Scene::clip(7, number, LENGTH, RATE))
        .map(|(scene, samples)| (scene.tags(), samples))
        .collect()
}

fn decibels(samples: &[f32]) -> f64 {
    10.0 * (samples.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / samples.len() as f64).log10()
}

#[test]
fn the_same_seed_and_number_give_the_same_clip() {
    assert_eq!(Scene::clip(7, 3, LENGTH, RATE), Scene::clip(7, 3, LENGTH, RATE));
    assert_ne!(Scene::clip(7, 3, LENGTH, RATE).1, Scene::clip(8, 3, LENGTH, RATE).1);
    assert_ne!(Scene::clip(7, 3, LENGTH, RATE).1, Scene::clip(7, 4, LENGTH, RATE).1);
}

#[test]
fn every_tag_is_frequent_and_none_is_the_rule() {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let clips: Vec<Vec<&str>> = (0..400).map(|number| Scene::clip(7, number, 100, RATE).0.tags()).collect();
    clips.iter().flatten().for_each(|tag| *counts.entry(tag).or_default() += 1);
    for tag in TAGS {
        assert!((90..=260).contains(&counts[tag]), "{tag}: {} of 400", counts[tag]);
    }
    let several = clips.iter().filter(|tags| tags.len() >= 3).count();
    assert!(several > 280, "{several} of 400 have several tags");
}

#[test]
fn levels_are_those_of_the_tags_and_do_not_overlap() {
    for (tags, samples) in clips(120) {
        let (level, peak) = (decibels(&samples), samples.iter().fold(0.0_f32, |peak, x| peak.max(x.abs())));
        assert!(peak > 0.01 && peak <= 0.98, "{peak}");
        let expected = match () {
            () if tags.contains(&"loud") => -22.0..-12.0,
            () if tags.contains(&"quiet") => -40.0..-36.0,
            () => -32.0..-25.0,
        };
        assert!(expected.contains(&level), "{tags:?}: {level:.1} dB");
    }
}

#[test]
fn bass_is_low_and_fast_is_dense() {
    // Energy below 90 Hz, measured by a one-pole low-pass filter applied twice; onsets as rises of the short-time
    // level.
    let (mut low, mut onsets) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for (tags, samples) in clips(200) {
        let has = |tag: &str| tags.contains(&tag);
        if !has("drums") && !has("low") && !has("bell") {
            let mut state = [0.0_f32; 2];
            let pole = (-std::f32::consts::TAU * 60.0 / RATE as f32).exp();
            let filtered: Vec<f32> = samples
                .iter()
                .map(|&x| {
                    state[0] = pole * state[0] + (1.0 - pole) * x;
                    state[1] = pole * state[1] + (1.0 - pole) * state[0];
                    state[1]
                })
                .collect();
            low[usize::from(has("bass"))].push(decibels(&filtered) - decibels(&samples));
        }
        if has("fast") || has("slow") {
            let levels: Vec<f64> = samples.chunks(200).map(|frame| decibels(frame).max(-80.0)).collect();
            let rises = levels.windows(2).filter(|pair| pair[1] > pair[0] + 4.0).count();
            onsets[usize::from(has("fast"))].push(rises as f64);
        }
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    assert!(mean(&low[1]) > mean(&low[0]) + 8.0, "{} dB with bass, {} without", mean(&low[1]), mean(&low[0]));
    assert!(
        mean(&onsets[1]) > 2.0 * mean(&onsets[0]),
        "{} rises when fast, {} when slow",
        mean(&onsets[1]),
        mean(&onsets[0])
    );
}

#[test]
fn a_written_set_is_what_its_manifest_says() {
    let folder = tempfile::tempdir().unwrap();
    let size = SetSize { train: 5, valid: 2, test: 3, length: LENGTH, sampling_rate: RATE };
    let mut asked = 0;
    let set = write_set(folder.path(), &size, 7, &mut |written, total| {
        assert_eq!((written, total), (asked, 10));
        asked += 1;
        Ok(())
    })
    .unwrap();
    let manifest = std::fs::read_to_string(&set.manifest).unwrap();
    let rows: Vec<Vec<&str>> = manifest.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!(manifest.lines().next(), Some("path,tags,split"));
    assert_eq!(
        rows.iter().map(|row| row[2]).collect::<Vec<_>>(),
        [["train"; 5].as_slice(), &["valid"; 2], &["test"; 3]].concat()
    );
    for (number, row) in rows.iter().enumerate() {
        let (scene, expected) = Scene::clip(7, number as u64, LENGTH, RATE);
        assert_eq!(row[1], scene.tags().join("|"));
        let (samples, _) = audio::read_clip(&folder.path().join(row[0]), RATE).unwrap();
        assert_eq!(samples.len(), LENGTH);
        assert!(samples.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4));
    }
    let (unseen, _) = audio::read_clip(&set.unseen, RATE).unwrap();
    assert_eq!(unseen.len(), 5 * LENGTH);
    assert!(!set.unseen_tags.is_empty());
}

#[test]
fn stopping_leaves_no_manifest_behind() {
    let folder = tempfile::tempdir().unwrap();
    let size = SetSize { train: 5, valid: 2, test: 3, length: 800, sampling_rate: RATE };
    let stopped = write_set(folder.path(), &size, 7, &mut |written, _| match written {
        4 => Err(error::Error::aborted()),
        _ => Ok(()),
    });
    assert_eq!(stopped.unwrap_err().code, error::Code::Aborted);
    assert!(!folder.path().join("manifest.csv").exists());
}
