//! All forms of a batch hold the same audio, bit for bit.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::AtomicBool;

use audio::SegmentPolicy;

use super::*;
use crate::dataset::{Dataset, DatasetOptions};
use crate::prepare::Preparation;

const RATE: u32 = 8000;
const LENGTH: usize = 729;

/// A 16-bit WAV file of noise.
fn wav(samples: usize, seed: u32) -> Vec<u8> {
    let bytes = 2 * samples as u32;
    let mut file = Vec::new();
    for part in [b"RIFF".as_slice(), &(36 + bytes).to_le_bytes(), b"WAVEfmt ", &16u32.to_le_bytes()] {
        file.extend_from_slice(part);
    }
    for number in [1u16, 1] {
        file.extend_from_slice(&number.to_le_bytes());
    }
    for number in [RATE, 2 * RATE] {
        file.extend_from_slice(&number.to_le_bytes());
    }
    for number in [2u16, 16] {
        file.extend_from_slice(&number.to_le_bytes());
    }
    file.extend_from_slice(b"data");
    file.extend_from_slice(&bytes.to_le_bytes());
    let noise = |i: usize| (i as u32 + 1).wrapping_mul(2_654_435_761).wrapping_add(seed).wrapping_mul(40_503) >> 16;
    (0..samples).for_each(|i| file.extend_from_slice(&(noise(i) as u16).to_le_bytes()));
    file
}

#[test]
fn places_and_16_bit_batches_are_the_samples_of_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = String::from("path,tags,split\n");
    // Clips of other parts lie between those of the training part; one is shorter than a segment.
    for (i, (samples, part)) in
        [(3000, "train"), (2000, "valid"), (801, "train"), (3 * LENGTH, "test"), (5000, "train")].iter().enumerate()
    {
        std::fs::write(folder.path().join(format!("{i}.wav")), wav(*samples, i as u32)).unwrap();
        rows += &format!("{i}.wav,{},{part}\n", ["x", "y"][i % 2]);
    }
    std::fs::write(folder.path().join("list.csv"), rows).unwrap();
    let options = DatasetOptions::manifest(folder.path().join("list.csv"));
    let dataset = Dataset::load(&options, None, 0).unwrap();
    let source = Preparation { options: &options, rate: RATE, clip_seconds: None, retry_failed: false, strict: false };
    let filled =
        source.fill(&dataset, Some(&folder.path().join("cache")), 1, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    for length in [LENGTH, 900] {
        let train = |clip: &crate::dataset::Clip| clip.part == crate::dataset::Part::Train;
        let data = PartData::new(&dataset, train, &filled.cache, length, SegmentPolicy::All);
        assert_eq!(data.clips.len(), 3);
        let order: Vec<u32> = (0..data.segments.len() as u32).rev().collect();
        let segments_of = |index: usize| &order[index * 3..(index * 3 + 3).min(order.len())];
        let batches = |holding: Holding| {
            let mut samples = Vec::new();
            let held: Vec<i16> = data.audio().flat_map(Result::unwrap).collect();
            assert_eq!(held.len() as u64, data.samples());
            let value = |sample: i16| f32::from(sample) / 32768.0;
            let range = 0..order.len().div_ceil(3);
            let feed = Feed { data: &data, segments: &data.segments, task: Task::MultiLabel, holding, changes: None };
            for_each_batch(&feed, range, &segments_of, &mut |_, batch| {
                let before = samples.len();
                match batch.segments() {
                    Segments::Samples(given) => samples.extend_from_slice(given),
                    Segments::Pcm(given) => samples.extend(given.iter().map(|&sample| value(sample))),
                    Segments::Held(places) => {
                        for HeldSegment { start, samples: count } in places {
                            let part = &held[*start as usize..][..*count as usize];
                            samples.extend(part.iter().map(|&sample| value(sample)));
                            samples.extend(std::iter::repeat_n(0.0, length - part.len()));
                        }
                    }
                }
                assert_eq!(samples.len() - before, batch.count * length);
                Ok(())
            })
            .unwrap();
            samples
        };
        let samples = batches(Holding::Samples);
        assert!(samples.iter().any(|&sample| sample != 0.0) && samples.len() == order.len() * length);
        assert!(length == LENGTH || samples.contains(&0.0), "the short clip is padded");
        assert!(batches(Holding::Pcm) == samples && batches(Holding::Resident) == samples);
    }
}
