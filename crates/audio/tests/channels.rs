//! Channels that cancel each other, and samples beyond any plausible level.

#![allow(clippy::unwrap_used)] // The helper functions of the tests are test code too.

#[path = "shared/programs.rs"]
mod programs;

use std::f32::consts::TAU;
use std::path::Path;

use audio::{read_clip, read_clip_limited, read_segments, Downmix, SegmentPolicy};
use error::Code;

const RATE: u32 = 22_050;
const FRAMES: usize = 3 * RATE as usize;

/// A chord with a beat, at half scale: sample `i`.
fn music(i: usize) -> f32 {
    let t = i as f32 / RATE as f32;
    let chord: f32 = [220.0, 277.0, 330.0].iter().map(|hertz| (t * TAU * hertz).sin()).sum();
    0.15 * chord * (1.0 - (t * 2.0).fract())
}

/// Noise between -1 and 1: sample `i`.
fn noise(i: usize) -> f32 {
    ((i as u32).wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0
}

/// A WAV file whose frame `i` is `frame(i)`.
fn wav<const N: usize>(path: &Path, frame: impl Fn(usize) -> [f32; N]) {
    programs::write_wav(path, RATE, N as u16, &(0..FRAMES).flat_map(frame).collect::<Vec<_>>());
}

/// The 16-bit samples of the channel `channel` of the frames `frame`.
fn channel<const N: usize>(channel: usize, frame: impl Fn(usize) -> [f32; N]) -> Vec<f32> {
    (0..FRAMES).map(|i| (frame(i)[channel] * 32_767.0).round() / 32_768.0).collect()
}

/// Returns the two channels of the frame with the given number.
type Frame = fn(usize) -> [f32; 2];

/// Stereo whose channels cancel each other: exactly, nearly, with noise, after silence.
const CANCELLING: [(&str, Frame); 4] = [
    ("inverted", |i| [music(i), -music(i)]),
    ("nearly", |i| [0.8 * music(i), -music(i)]),
    ("noisy", |i| [music(i), 0.01 * noise(i) - music(i)]),
    ("late", |i| if i < FRAMES / 2 { [0.0, 0.0] } else { [music(i), -music(i)] }),
];

#[test]
fn clipped_sound_and_its_complement_are_no_coded_stream() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    // The peaks are the two words at the start of a DTS stream.
    wav(&path, |i| {
        let left = (4.0 * 32_767.0 * music(i)).round().clamp(-32_767.0, 32_766.0);
        [left / 32_767.0, (-1.0 - left) / 32_767.0]
    });
    let (_, decoded) = read_clip(&path, RATE).unwrap();
    assert!(matches!(decoded.downmix, Downmix::Loudest(_)), "{:?}", decoded.downmix);
}

#[test]
fn channels_that_cancel_are_heard_by_the_loudest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    for (name, frame) in CANCELLING {
        wav(&path, frame);
        let loudest = usize::from(name == "nearly" || name == "noisy");
        let (samples, decoded) = read_clip(&path, RATE).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(decoded.downmix, Downmix::Loudest(loudest), "{name}");
        assert_eq!(samples, channel(loudest, frame), "{name}");
        // The same for segments, with every policy.
        let length = 1_000;
        let cut: Vec<_> = samples.chunks_exact(length).collect();
        for (policy, expected) in
            [(SegmentPolicy::All, cut.clone()), (SegmentPolicy::Spread(2), vec![cut[16], cut[49]])]
        {
            let mut segments: Vec<Vec<f32>> = Vec::new();
            let (decoded, _) = read_segments(&path, RATE, length, policy, &mut segments).unwrap();
            assert_eq!(decoded.downmix, Downmix::Loudest(loudest), "{name}");
            assert_eq!(segments, expected, "{name}");
        }
    }
}

#[test]
fn four_channels_that_cancel_are_heard_by_the_loudest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let frame = |i| [0.5 * music(i), -music(i), music(i), -0.5 * music(i)];
    wav(&path, frame);
    let (samples, decoded) = read_clip(&path, RATE).unwrap();
    assert_eq!((decoded.downmix, samples), (Downmix::Loudest(1), channel(1, frame)));
}

#[test]
fn other_channels_are_heard_by_their_mean() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let frames: [(&str, Frame); 5] = [
        ("the same", |i| [music(i), music(i)]),
        ("unrelated", |i| [music(i), 0.3 * noise(i)]),
        ("one alone", |i| [0.0, music(i)]),
        ("half inverted", |i| [music(i), -0.5 * music(i)]),
        ("inverted in the end", |i| [music(i), if i < FRAMES / 2 { music(i) } else { -music(i) }]),
    ];
    for (name, frame) in frames {
        wav(&path, frame);
        let (samples, decoded) = read_clip(&path, RATE).unwrap();
        assert_eq!(decoded.downmix, Downmix::Mean, "{name}");
        let (left, right) = (channel(0, frame), channel(1, frame));
        let mean: Vec<_> = left.iter().zip(&right).map(|(l, r)| (l + r) / 2.0).collect();
        assert_eq!(samples, mean, "{name}");
    }
}

#[test]
fn a_cancelling_file_of_any_format_is_never_silent() {
    let Some(folder) = programs::workplace(&["ffmpeg"]) else { return };
    let first = folder.path().join("first.wav");
    wav(&first, CANCELLING[0].1);
    for name in ["a.flac", "a.mp3", "a.ogg", "a.m4a", "a.mka"] {
        let path = folder.path().join(name);
        programs::ffmpeg(&["-i", first.to_str().unwrap(), path.to_str().unwrap()]);
        let (samples, decoded) = read_clip(&path, RATE).unwrap();
        assert!(matches!(decoded.downmix, Downmix::Loudest(_)), "{name}");
        let energy = |samples: &[f32]| samples.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>();
        let ratio = energy(&samples) / energy(&channel(0, CANCELLING[0].1));
        assert!((0.9..1.1).contains(&ratio), "{name}: {ratio} of the energy");
        assert_eq!(read_clip_limited(&path, RATE, 20_000).unwrap().0, samples[..20_000], "{name}");
    }
}

#[test]
fn real_silence_is_silent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    wav(&path, |_| [0.0, 0.0]);
    assert_eq!(read_clip(&path, RATE).unwrap_err().code, Code::Silence);
}

/// A WAV file of 32-bit floats.
fn floats(path: &Path, samples: impl Iterator<Item = f32>) {
    let data: Vec<u8> = samples.flat_map(f32::to_le_bytes).collect();
    programs::write_wav_of(path, (3, 32), RATE, 1, &data);
}

#[test]
fn samples_beyond_any_plausible_level_make_a_clip_suspect() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let with = |odd: f32| (0..FRAMES).map(move |i| if i == 30_000 { odd } else { music(i) });
    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -f32::MAX, 11.0] {
        floats(&path, with(odd));
        let (samples, decoded) = read_clip(&path, RATE).unwrap();
        assert!(decoded.doubt.is_some(), "{odd}");
        assert!(samples.iter().all(|sample| sample.is_finite()), "{odd}");
    }
    // As loud as today's masters, and louder.
    for level in [1.0, 2.5, 9.9] {
        floats(&path, with(level));
        assert_eq!(read_clip(&path, RATE).unwrap().1.doubt, None, "{level}");
    }
    // Floats with the scale of 16-bit integers.
    floats(&path, (0..FRAMES).map(|i| 32_768.0 * music(i)));
    let doubt = read_clip(&path, RATE).unwrap().1.doubt.unwrap();
    assert!(doubt.contains("times full scale (+8"), "{doubt}");
}

#[test]
fn a_file_of_nothing_but_no_numbers_is_broken_and_not_silent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    floats(&path, (0..FRAMES).map(|_| f32::NAN));
    let error = read_clip(&path, RATE).unwrap_err();
    assert!(error.code == Code::Decode && error.message.contains("not finite"), "{error}");
}
