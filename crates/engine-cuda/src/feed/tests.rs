//! Audio that is held or staged is the same audio, to the bit.
#![allow(clippy::unwrap_used)]

use engine_core::{
    initialise, HeldSegment, Holding, Initialisation, Philox, Precision, Purpose, Segments, Targets, Update,
};
use net::{Architecture, Task};

use crate::emulated::Emulated;
use crate::memory::packet::LOSSES;
use crate::tests::{batch as batch_of, inference, small_networks, training, training_in, UPDATE};

/// Clips of 16-bit audio, one shorter than a segment, and the places of segments in them.
fn audio(architecture: &Architecture) -> (Vec<Vec<i16>>, Vec<HeldSegment>) {
    let length = architecture.input_length;
    let stream = Philox::new(8, Purpose::Synthesise, 0);
    let sizes = [3 * length + 5, length / 2, 2 * length];
    let (mut at, mut places) = (0, Vec::new());
    let clips = sizes.map(|size| {
        let starts = (0..(size / length).max(1)).map(|k| k * length);
        let place = |start: usize| HeldSegment { start: (at + start) as u64, samples: length.min(size - start) as u64 };
        places.extend(starts.map(place));
        let clip = (0..size).map(|i| stream.block((at + i) as u64)[0] as i16).collect();
        at += size;
        clip
    });
    (clips.to_vec(), places)
}

/// A segment whole.
fn cut(clips: &[Vec<i16>], place: HeldSegment, length: usize) -> Vec<i16> {
    let mut samples = clips.concat()[place.start as usize..][..place.samples as usize].to_vec();
    samples.resize(length, 0);
    samples
}

/// Batches of the audio's segments: short ones, and one in which a segment shorter than a segment comes after a whole one.
const BATCHES: [&[usize]; 6] = [&[0, 1, 2], &[3, 4], &[3, 0, 5], &[4], &[5, 4, 3], &[1, 2, 0]];

/// Losses, parameters and velocity after those batches, in the form that `form` gives each of them.
fn fed(precision: Precision, form: impl Fn(usize) -> Holding) -> Option<(Vec<u64>, net::Parameters, Vec<f32>)> {
    let architecture = small_networks().swap_remove(0);
    let (clips, places) = audio(&architecture);
    let (tags, length) = (4, architecture.input_length);
    let mut plan = training_in(precision, &architecture, tags, Task::MultiLabel, 3)?;
    plan.load(&initialise(&architecture, tags, Initialisation::He, 1).unwrap()).unwrap();
    let total = clips.iter().map(|clip| clip.len() as u64).sum();
    assert_eq!(plan.hold(total, clips.iter().map(Vec::as_slice)).unwrap(), Holding::Resident);
    for (step, batch) in BATCHES.iter().enumerate() {
        let places: Vec<_> = batch.iter().map(|&segment| places[segment]).collect();
        let pcm: Vec<i16> = places.iter().flat_map(|&place| cut(&clips, place, length)).collect();
        let samples: Vec<f32> = pcm.iter().map(|&sample| f32::from(sample) / 32768.0).collect();
        let segments = match form(step) {
            Holding::Samples => Segments::Samples(&samples),
            Holding::Pcm => Segments::Pcm(&pcm),
            Holding::Resident => Segments::Held(&places),
        };
        let (_, targets) = batch_of(&architecture, tags, batch.len(), step as u64);
        let update = Update { learning_rate: 0.01 / (1 + step) as f32, ..UPDATE };
        plan.queue(segments, Targets::Tags(&targets), &update, Some((1, step as u64))).unwrap();
    }
    let losses = plan.losses().unwrap().into_iter().map(f64::to_bits).collect();
    Some((losses, plan.parameters().unwrap(), plan.velocity().unwrap()))
}

#[test]
fn audio_that_is_held_or_staged_gives_the_bits_of_samples() {
    use Holding::{Pcm, Resident, Samples};
    for precision in [Precision::F32, Precision::Bf16] {
        let Some(samples) = fed(precision, |_| Samples) else { return };
        assert_eq!(samples.0.len(), BATCHES.len());
        assert!(fed(precision, |_| Resident).unwrap() == samples, "held, {precision}");
        assert!(fed(precision, |_| Pcm).unwrap() == samples, "staged, {precision}");
        let mixed = [Pcm, Pcm, Samples, Pcm, Resident, Pcm];
        assert!(fed(precision, |step| mixed[step]).unwrap() == samples, "one after the other, {precision}");
    }
}

#[test]
fn inference_of_16_bit_audio_gives_the_bits_of_samples() {
    let architecture = small_networks().swap_remove(0);
    let (clips, places) = audio(&architecture);
    let parameters = initialise(&architecture, 4, Initialisation::He, 1).unwrap();
    if Emulated::new().is_none() {
        return;
    }
    let mut plan = inference(&architecture, 4, &parameters, 3);
    for batch in BATCHES {
        let pcm: Vec<i16> =
            batch.iter().flat_map(|&segment| cut(&clips, places[segment], architecture.input_length)).collect();
        let samples: Vec<f32> = pcm.iter().map(|&sample| f32::from(sample) / 32768.0).collect();
        let expected = plan.logits(&samples).unwrap().to_vec();
        for _ in 0..3 {
            assert_eq!(plan.logits(pcm.as_slice()).unwrap(), expected);
        }
    }
}

#[test]
fn losses_wait_on_the_gpu_until_they_are_asked_for() {
    let architecture = small_networks().swap_remove(1);
    let (input, targets) = batch_of(&architecture, 4, 1, 3);
    let Some(mut one) = training(&architecture, 4, Task::MultiLabel, 1) else { return };
    let mut other = training(&architecture, 4, Task::MultiLabel, 1).unwrap();
    let first = initialise(&architecture, 4, Initialisation::He, 1).unwrap();
    one.load(&first).unwrap();
    other.load(&first).unwrap();
    // More than the GPU keeps.
    let steps = LOSSES + 6;
    let each: Vec<f64> =
        (0..steps).map(|_| one.step(&input, Targets::Tags(&targets), &UPDATE, None).unwrap()).collect();
    for _ in 0..steps - 1 {
        other.queue(&input, Targets::Tags(&targets), &UPDATE, None).unwrap();
    }
    // A step that returns its loss leaves those before it.
    assert_eq!(
        other.step(&input, Targets::Tags(&targets), &UPDATE, None).unwrap().to_bits(),
        each[steps - 1].to_bits()
    );
    assert_eq!(other.losses().unwrap(), each[..steps - 1]);
    assert!(other.losses().unwrap().is_empty());
}
