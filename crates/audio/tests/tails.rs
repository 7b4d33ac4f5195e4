//! Tags and junk around the audio, and unusual FLAC metadata: all audio is decoded, and nothing is reported as damaged.

#![allow(clippy::unwrap_used)] // The helper functions of the tests are test code too.

#[path = "shared/tones.rs"]
mod tones;

use audio::read_clip;
use tones::programs::{run, workplace};
use tones::{encode, seconds_by_ffmpeg, text, write, LENGTH};

const RATE: u32 = 44_100;

/// Pseudo-random bytes, which contain many apparent beginnings of frames.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 12_345_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}

fn id3v1() -> Vec<u8> {
    [b"TAG".as_slice(), &[b'x'; 125]].concat()
}

/// An ID3v2 tag with a picture of noise; with `footer` as it is written at the end of a file.
fn id3v2(footer: bool) -> Vec<u8> {
    let picture = noise(150_000);
    let size = [21, 14, 7, 0].map(|shift| (picture.len() >> shift) as u8 & 0x7f);
    let mark = |name: &[u8]| [name, &[4, 0, if footer { 0x10 } else { 0 }], &size[..]].concat();
    let end = if footer { mark(b"3DI") } else { Vec::new() };
    [mark(b"ID3"), picture, end].concat()
}

/// An APEv2 tag with a picture of noise.
fn ape() -> Vec<u8> {
    let picture = noise(150_000);
    let head = [&(picture.len() as u32 + 6).to_le_bytes()[..], &[2, 0, 0, 0], b"Cover Art (Front)\0c.png\0"].concat();
    let item = [head, picture].concat();
    let mark = |flags: u32| {
        let fields = [2_000, item.len() as u32 + 32, 1, flags].map(u32::to_le_bytes).concat();
        [b"APETAGEX", fields.as_slice(), &[0; 8]].concat()
    };
    [mark(0xa000_0000), item.clone(), mark(0x8000_0000)].concat()
}

#[test]
fn what_lies_around_the_sound_is_no_part_of_it() {
    let Some(folder) = workplace(&["ffmpeg", "flac"]) else { return };
    let lyrics = b"LYRICSBEGININD0000200LYR00005words000034LYRICS200".to_vec();
    let tails = [
        ("ID3v1", id3v1()),
        ("APE", ape()),
        ("APE, Lyrics3, ID3v1", [ape(), lyrics, id3v1()].concat()),
        ("ID3v2 with footer", id3v2(true)),
        ("noise", noise(100_000)),
        ("zeros", vec![0; 70_000]),
    ];
    for (name, encoding) in [
        ("s16.wav", "-c:a pcm_s16le"),
        ("s16.aiff", "-c:a pcm_s16be"),
        ("tones.flac", "-c:a flac"),
        ("tones.ogg", "-c:a libvorbis"),
        ("tones.oga", "-c:a flac"),
        ("tones.mp3", "-c:a libmp3lame -q:a 4"),
        ("last.m4a", "-c:a aac"),
        ("first.m4a", "-c:a aac -movflags +faststart"),
        ("flac.mka", "-c:a flac"),
    ] {
        let path = encode(folder.path(), name, encoding);
        let bytes = std::fs::read(&path).unwrap();
        let (alone, _) = read_clip(&path, RATE).unwrap();
        for (tail, junk) in &tails {
            let path = write(folder.path(), &format!("tail-{name}"), &[bytes.as_slice(), junk].concat());
            let (samples, decoded) = read_clip(&path, RATE).unwrap_or_else(|error| panic!("{name}, {tail}: {error}"));
            assert!(!decoded.is_partial(), "{name}, {tail}: {decoded:?}");
            assert!(samples == alone, "{name}, {tail}: {} samples, {} without", samples.len(), alone.len());
        }
    }
}

#[test]
fn tags_in_front_of_and_between_mpeg_frames_are_no_packets() {
    let Some(folder) = workplace(&["ffmpeg", "flac"]) else { return };
    let path = encode(folder.path(), "tones.mp3", "-c:a libmp3lame -b:a 128k -write_xing 0 -id3v2_version 0");
    let sound = std::fs::read(&path).unwrap();
    let alone = seconds_by_ffmpeg(&path);
    let riff = {
        let size = (sound.len() as u32).to_le_bytes();
        let fields: [&[u8]; 4] = [&[0x55, 0, 2, 0], &RATE.to_le_bytes(), &16_000_u32.to_le_bytes(), &[1, 0, 0, 0]];
        let format =
            [b"WAVEfmt \x1e\0\0\0", fields.concat().as_slice(), b"\x0c\0\x01\0\x02\0\0\0\xa1\x01\x01\0\x71\x05"]
                .concat();
        [b"RIFF", &(sound.len() as u32 + 50).to_le_bytes()[..], &format, b"data", &size, &sound].concat()
    };
    for (name, bytes, times) in [
        ("ID3v2 twice", [id3v2(false), id3v2(false), sound.clone()].concat(), 1.0),
        ("ID3v2 behind, without a footer", [sound.clone(), id3v2(false)].concat(), 1.0),
        (
            "joined, with all tags",
            [id3v2(false), sound.clone(), ape(), id3v1(), id3v2(false), sound.clone()].concat(),
            2.0,
        ),
        ("in a WAV", riff, 1.0),
    ] {
        let path = write(folder.path(), "tagged.mp3", &bytes);
        let (_, decoded) = read_clip(&path, RATE).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!decoded.is_partial(), "{name}: {decoded:?}");
        assert!((decoded.duration - times * alone).abs() < 0.03, "{name}: {} s, ffmpeg {alone}", decoded.duration);
    }
}

/// A tag as the FLAC reference encoder and editors of Vorbis comments write it.
#[test]
fn padding_in_the_headers_of_ogg_is_no_damage() {
    let Some(folder) = workplace(&["ffmpeg", "flac"]) else { return };
    let sound = encode(folder.path(), "s16.wav", "-c:a pcm_s16le");
    let path = folder.path().join("padded.oga");
    run("flac", &["-s", "-f", "--ogg", "--padding=9000", "-o", text(&path), text(&sound)]);
    let (_, decoded) = read_clip(&path, RATE).unwrap();
    assert!(!decoded.is_partial(), "{decoded:?}");
}

/// The reference decoder ignores the block and frame sizes in the stream information.
#[test]
fn flac_is_decoded_as_the_reference_decoder_does() {
    let Some(folder) = workplace(&["ffmpeg", "flac"]) else { return };
    let path = encode(folder.path(), "tones.flac", "-c:a flac -sample_fmt s16");
    let bytes = std::fs::read(&path).unwrap();
    let (expected, _) = read_clip(&path, RATE).unwrap();
    assert_eq!(expected.len(), (LENGTH * f64::from(RATE)) as usize);
    // Minimum and maximum samples per block, minimum and maximum bytes per frame.
    for (name, at, fields) in [
        ("least 576", 8, &b"\x02\x40"[..]),
        ("least 0", 8, b"\0\0"),
        ("least 16", 8, b"\0\x10"),
        ("both 0", 8, b"\0\0\0\0"),
        ("most too small", 8, b"\0\x10\0\x20"),
        ("frame sizes the wrong way round", 12, b"\x00\x30\x00\x00\x00\x20"),
        ("no frame sizes", 12, b"\0\0\0\0\0\0"),
        ("no checksum of the samples", 26, &[0; 16]),
    ] {
        let mut changed = bytes.clone();
        changed[at..at + fields.len()].copy_from_slice(fields);
        let path = write(folder.path(), "changed.flac", &changed);
        let (samples, decoded) = read_clip(&path, RATE).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!decoded.is_partial() && samples == expected, "{name}: {} samples, {decoded:?}", samples.len());
    }
    // 32 bits, and channels whose difference needs 33.
    let sound: Vec<u8> = (0..3 * RATE)
        .flat_map(|i| {
            let left = (f64::from(i) * 0.043).sin() * 2.147e9;
            [left as i32, (left * -0.5) as i32].map(i32::to_le_bytes).concat()
        })
        .collect();
    let raw = write(folder.path(), "wide.raw", &sound);
    let path = folder.path().join("wide.flac");
    let form = ["--endian=little", "--sign=signed", "--channels=2", "--bps=32", "--sample-rate=44100"];
    run("flac", &[&["-s", "-f", "-o", text(&path), "--force-raw-format"], &form[..], &[text(&raw)]].concat());
    run("flac", &["-s", "-t", text(&path)]);
    let (samples, decoded) = read_clip(&path, RATE).unwrap();
    assert_eq!((decoded.is_partial(), decoded.source.bits), (false, Some(32)));
    assert_eq!(samples.len(), 3 * RATE as usize);
    let number = |bytes: &[u8]| f64::from(i32::from_le_bytes(bytes.try_into().unwrap())) / 2_147_483_648.0;
    for (frame, &sample) in sound.chunks(8).zip(&samples) {
        let mean = (number(&frame[..4]) + number(&frame[4..])) / 2.0;
        // The precision of 32-bit samples in f32.
        assert!((mean - f64::from(sample)).abs() < 1e-7, "{sample} instead of {mean}");
    }
}
