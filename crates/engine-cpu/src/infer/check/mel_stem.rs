//! Checks of the mel stem.

use engine_core::pool::{Disjoint, Pool};

use super::plain::numbers;
use crate::arena::Arena;
use crate::features::CpuLevel;
use crate::infer::map::Maps;
use crate::infer::spectrogram::Spectrogram;
use crate::infer::work::Work;

#[test]
fn a_mel_stem_gives_the_standardised_frames() {
    let architecture = net::Architecture::preset("mel:4,729,729").unwrap();
    let mel = engine_core::Mel::new(&architecture).unwrap();
    let (frames, bands, length, n) = (mel.frames(), mel.bands(), architecture.input_length, 2);
    let mut maps = Maps::default();
    let input = maps.add_rows(0, 1, length);
    let output = maps.add(1, bands, frames);
    maps.read(input, 1, 0, 0);
    let mut stem = Spectrogram { mel, input, output, mean: 0.7, deviation: 1.3, scratch: Vec::new() };
    let pool = Pool::new(2).unwrap();
    stem.prepare(2);
    let mut arena = Arena::zeroed("a test", maps.place(n)).unwrap();
    let samples: Vec<Vec<f32>> = (0..n as u64).map(|seed| numbers(length, 40 + seed)).collect();
    for (segment, samples) in samples.iter().enumerate() {
        let at = maps.maps[input].at(segment, 0);
        arena[at..at + length].copy_from_slice(samples);
    }
    let work = Work { pool: &pool, level: CpuLevel::Portable, arena: Disjoint::new(&mut arena), scratch: Vec::new() };
    stem.run(&maps, n, &work).unwrap();
    let (mut scratch, mut expected) = (stem.mel.scratch(), vec![0.0; bands]);
    for (segment, samples) in samples.iter().enumerate() {
        for frame in 0..frames {
            stem.mel.frame(&mut scratch, samples, frame, &mut expected).unwrap();
            let at = maps.maps[output].at(segment, frame as isize);
            assert!((0..bands).all(|band| arena[at + band] == (expected[band] - 0.7) / 1.3));
        }
    }
}
