//! Files with a missing part: the rest is decoded, and reported as incomplete.

#![allow(clippy::unwrap_used)] // The helper functions of the tests are test code too.

#[path = "shared/tones.rs"]
mod tones;

use std::path::Path;

use audio::{read_clip, Decoded};
use tones::programs::{self, workplace};
use tones::{encode, seconds_by_ffmpeg, text, write, LENGTH};

const RATE: u32 = 44_100;

/// Containers that promise a length, and the ffmpeg options to write them.
const PROMISING: [(&str, &str); 9] = [
    ("s16.wav", "-c:a pcm_s16le"),
    ("s16.aiff", "-c:a pcm_s16be"),
    ("s16.caf", "-c:a pcm_s16be"),
    ("s24.mov", "-c:a pcm_s24be -movflags +faststart"),
    ("tones.flac", "-c:a flac"),
    ("vbr.mp3", "-c:a libmp3lame -q:a 4"),
    ("aac.m4a", "-c:a aac -movflags +faststart"),
    ("flac.mka", "-c:a flac"),
    ("vorbis.webm", "-c:a libvorbis"),
];

fn decode(path: &Path) -> Decoded {
    let (samples, decoded) = read_clip(path, RATE).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(samples.iter().all(|sample| sample.is_finite()));
    decoded
}

#[test]
fn what_is_there_of_a_cut_file_is_decoded_and_the_rest_is_missed() {
    let Some(folder) = workplace(&["ffmpeg", "flac"]) else { return };
    for (name, encoding) in PROMISING {
        let path = encode(folder.path(), name, encoding);
        let bytes = std::fs::read(&path).unwrap();
        let whole = decode(&path);
        assert!(!whole.is_partial(), "{name}: {whole:?}");
        for percent in [60, 97] {
            let path = write(folder.path(), &format!("cut-{name}"), &bytes[..bytes.len() * percent / 100]);
            let (decoded, ffmpeg) = (decode(&path), seconds_by_ffmpeg(&path));
            assert!(decoded.cut && decoded.is_partial(), "{name}, {percent} %: {decoded:?}");
            let promised = decoded.promised.unwrap_or_else(|| panic!("{name}: nothing promised"));
            assert!((promised - LENGTH).abs() < 0.1, "{name}: {promised} s promised");
            assert!(decoded.duration < promised, "{name}: {} of {promised} s", decoded.duration);
            assert!(
                (decoded.duration - ffmpeg).abs() < 0.06,
                "{name}, {percent} %: {} s, ffmpeg {ffmpeg}",
                decoded.duration
            );
        }
    }
}

#[test]
fn a_stream_that_is_not_closed_is_cut() {
    let Some(folder) = workplace(&["ffmpeg", "flac"]) else { return };
    for (name, encoding) in [("tones.ogg", "-c:a libvorbis"), ("tones.oga", "-c:a flac")] {
        let path = encode(folder.path(), name, encoding);
        let bytes = std::fs::read(&path).unwrap();
        assert!(!decode(&path).is_partial(), "{name}");
        // If a file is cut between two pages, the only sign is that no page is the last one.
        let border = bytes.windows(4).rposition(|name| name == b"OggS").unwrap();
        for length in [bytes.len() / 2, border, border + 200] {
            let path = write(folder.path(), &format!("cut-{name}"), &bytes[..length]);
            let decoded = decode(&path);
            assert!(decoded.cut, "{name} to {length}: {decoded:?}");
            assert!((decoded.duration - seconds_by_ffmpeg(&path)).abs() < 0.06, "{name} to {length}");
        }
    }
}

/// A header as an encoder leaves it when it writes to a pipe.
#[test]
fn a_flac_of_unknown_length_is_cut_where_it_ends_in_a_frame() {
    let Some(folder) = workplace(&["ffmpeg", "flac"]) else { return };
    let mut bytes = std::fs::read(encode(folder.path(), "tones.flac", "-c:a flac")).unwrap();
    // The number of samples is in the last 36 bits before the checksum.
    bytes[21] &= 0xf0;
    bytes[22..26].fill(0);
    assert!(!decode(&write(folder.path(), "unknown.flac", &bytes)).is_partial());
    let decoded = decode(&write(folder.path(), "cut.flac", &bytes[..bytes.len() * 6 / 10]));
    assert!(decoded.cut && decoded.promised.is_none(), "{decoded:?}");
}

#[test]
fn sound_behind_a_long_hole_is_heard() {
    let Some(folder) = workplace(&["ffmpeg", "flac"]) else { return };
    let path = folder.path().join("long.m4a");
    let sound = ["-f", "lavfi", "-i", "sine=440:d=120", "-c:a", "aac", "-b:a", "64k", "-movflags", "+faststart"];
    programs::ffmpeg(&[&sound[..], &[text(&path)]].concat());
    let mut bytes = std::fs::read(&path).unwrap();
    let length = bytes.len();
    bytes[length / 5..length * 4 / 5].fill(0);
    let decoded = decode(&write(folder.path(), "hole.m4a", &bytes));
    // More than 2,000 packets of zeros, and a fifth of the audio before and after them.
    assert!(decoded.is_partial() && decoded.duration > 36.0, "{decoded:?}");
}

#[test]
fn zeros_where_sound_was_are_damage() {
    let Some(folder) = workplace(&["ffmpeg", "flac"]) else { return };
    let others = [
        ("tones.ogg", "-c:a libvorbis"),
        ("bare.mp3", "-c:a libmp3lame -b:a 128k -write_xing 0 -id3v2_version 0"),
        ("tones.aac", "-c:a aac -b:a 128k"),
        ("alac.m4a", "-c:a alac -movflags +faststart"),
    ];
    for (name, encoding) in PROMISING.into_iter().chain(others) {
        // In uncompressed audio, zeros are valid samples.
        if encoding.contains("pcm") {
            continue;
        }
        let bytes = std::fs::read(encode(folder.path(), name, encoding)).unwrap();
        for (from, to) in [(40, 70), (80, 100)] {
            let mut holed = bytes.clone();
            holed[bytes.len() * from / 100..bytes.len() * to / 100].fill(0);
            let decoded = decode(&write(folder.path(), &format!("holed-{name}"), &holed));
            assert!(decoded.is_partial(), "{name}, {from} to {to} %: {decoded:?}");
            assert!((0.2 * LENGTH..0.9 * LENGTH).contains(&decoded.duration), "{name}, {from}: {} s", decoded.duration);
        }
    }
}

#[test]
fn joined_files_are_heard_to_the_end_whatever_changes_between_them() {
    let Some(folder) = workplace(&["ffmpeg", "flac"]) else { return };
    let bytes = |name: &str, encoding: &str| std::fs::read(encode(folder.path(), name, encoding)).unwrap();
    let flac = bytes("a.flac", "-c:a flac -sample_fmt s16");
    let mp3 = bytes("a.mp3", "-c:a libmp3lame -b:a 128k -write_xing 0");
    for (name, first, second) in [
        ("same.flac", &flac, flac.clone()),
        ("rate.flac", &flac, bytes("b.flac", "-c:a flac -ar 48000 -sample_fmt s32")),
        ("mono.flac", &flac, bytes("c.flac", "-c:a flac -ac 1 -sample_fmt s16")),
        ("rate.mp3", &mp3, bytes("b.mp3", "-c:a libmp3lame -ar 24000 -write_xing 0")),
        ("mono.mp3", &mp3, bytes("c.mp3", "-c:a libmp3lame -ac 1 -write_xing 0")),
    ] {
        let path = write(folder.path(), name, &[first.as_slice(), &second].concat());
        let decoded = decode(&path);
        assert!(!decoded.is_partial(), "{name}: {decoded:?}");
        assert!((decoded.duration - 2.0 * LENGTH).abs() < 0.15, "{name}: {} s", decoded.duration);
        // A missing part of the second file is also reported.
        if name.ends_with("flac") {
            let path = write(folder.path(), name, &[first, &second[..second.len() / 2]].concat());
            let decoded = decode(&path);
            assert!(decoded.cut, "{name}: {decoded:?}");
            assert!((decoded.promised.unwrap() - 2.0 * LENGTH).abs() < 0.01, "{name}: {decoded:?}");
            assert!((1.2 * LENGTH..1.8 * LENGTH).contains(&decoded.duration), "{name}: {} s", decoded.duration);
        }
    }
}
