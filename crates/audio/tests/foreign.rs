//! Files that are not audio, or audio whose codec has no decoder, are reported as an unsupported format with its name,
//! and never as "broken".

#![allow(clippy::unwrap_used)] // The helper functions of the tests are test code too.

#[path = "shared/programs.rs"]
mod programs;

use std::path::{Path, PathBuf};

use audio::{read_clip, Reader};
use error::{Code, Error};

/// Two seconds of stereo.
fn wav(path: &Path) {
    let sound = |i: usize| ((i / 2) as f32 * if i.is_multiple_of(2) { 0.05 } else { 0.07 }).sin() * 0.4;
    programs::write_wav(path, 44_100, 2, &(0..2 * 88_200).map(sound).collect::<Vec<_>>());
}

/// Pseudo-random bytes.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}

fn refused(path: &Path) -> Error {
    match read_clip(path, 22_050) {
        Ok((_, decoded)) => panic!("{} was decoded: {decoded:?}", path.display()),
        Err(error) => error,
    }
}

/// Asserts that `path` is refused as a format named `name`, and not as broken.
fn assert_named(path: &Path, name: &str) {
    let error = refused(path);
    assert_eq!(error.code, Code::UnsupportedFormat, "{error}");
    assert!(error.message.contains(name) && !error.message.contains("broken"), "{name}: {error}");
}

#[test]
fn sound_that_cannot_be_decoded_is_named() {
    let Some(folder) = programs::workplace(&["ffmpeg"]) else { return };
    let source = folder.path().join("source.wav");
    wav(&source);
    for (name, encoding, expected) in [
        ("a.spx", "-c:a libspeex -ar 16000 -ac 1", "Speex"),
        ("a.opus", "-c:a libopus -ar 48000", "Opus"),
        ("opus.webm", "-c:a libopus -ar 48000", "Opus"),
        ("opus.mp4", "-c:a libopus -ar 48000", "Opus"),
        ("a.ac3", "-c:a ac3", "AC-3"),
        ("a.eac3", "-c:a eac3", "AC-3"),
        ("ac3.wav", "-c:a ac3", "AC-3"),
        ("ac3.mka", "-c:a ac3", "AC-3"),
        ("ac3.mp4", "-c:a ac3", "AC-3"),
        ("a.dts", "-c:a dca -strict -2", "DTS"),
        ("dts.wav", "-c:a dca -strict -2", "DTS"),
        ("dts.mka", "-c:a dca -strict -2", "DTS"),
        ("a.thd", "-c:a truehd -strict -2", "TrueHD"),
        ("a.mlp", "-c:a mlp -strict -2", "MLP"),
        ("a.loas", "-c:a aac -f latm", "LOAS"),
        ("a.wma", "-c:a wmav2", "Windows Media"),
        ("a.wv", "-c:a wavpack", "WavPack"),
        ("a.tta", "-c:a tta", "True Audio"),
        ("gsm.wav", "-c:a libgsm_ms -ar 8000 -ac 1", "GSM"),
        ("a.avi", "-c:a libmp3lame", "AVI"),
        ("flv.mp3", "-c:a libmp3lame -f flv", "Flash"),
        ("swf.mp3", "-c:a libmp3lame -f swf", "Flash"),
        ("ps.mp3", "-c:a mp2 -f mpeg", "MPEG-PS"),
        ("ts.mp3", "-c:a mp2 -f mpegts", "MPEG-TS"),
        ("m2ts.mp3", "-c:a mp2 -f mpegts -mpegts_m2ts_mode 1", "MPEG-TS"),
        ("a.voc", "-c:a pcm_u8", "VOC"),
        ("nut.mp3", "-c:a libmp3lame -f nut", "NUT"),
    ] {
        let path = folder.path().join(name);
        let arguments = [&["-i", source.to_str().unwrap()], &*encoding.split(' ').collect::<Vec<_>>()].concat();
        programs::ffmpeg(&[&arguments[..], &[path.to_str().unwrap()]].concat());
        assert_named(&path, expected);
    }
}

#[test]
fn formats_are_known_by_their_marks() {
    let folder = tempfile::tempdir().unwrap();
    let sound = noise(100_000);
    let riff = |kind: &[u8]| [b"RIFF\0\0\0\0", kind].concat();
    for (start, expected) in [
        (b"MAC \x96\x0f".to_vec(), "Monkey's Audio"),
        (b"MPCKSH".to_vec(), "Musepack"),
        (b"MP+\x07".to_vec(), "Musepack"),
        (b"tBaK".to_vec(), "TAK"),
        (b"OFR \x0c\0\0\0".to_vec(), "OptimFROG"),
        (b"#!AMR\n".to_vec(), "AMR"),
        (b"#!AMR-WB\n".to_vec(), "AMR"),
        (b"DSD \x1c".to_vec(), "DSD"),
        (b"FRM8".to_vec(), "DSD"),
        (b"MThd\0\0\0\x06".to_vec(), "MIDI"),
        (riff(b"RMIDdata"), "MIDI"),
        (b"Extended Module: x".to_vec(), "XM"),
        (b"IMPM".to_vec(), "IT"),
        ([&[0; 44][..], b"SCRM"].concat(), "S3M"),
        ([b"a song", &[0; 1074][..], b"M.K."].concat(), "MOD"),
        (b".RMF\0\0\0\x12".to_vec(), "RealMedia"),
        (b"%PDF-1.4\n".to_vec(), "pdf"),
        (b"PK\x03\x04\x14\0\0\0\0\0".to_vec(), "zip"),
        (b"\x1f\x8b\x08\0".to_vec(), "gzip"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0".to_vec(), "jpeg"),
        (b"\x89PNG\r\n\x1a\n".to_vec(), "png"),
    ] {
        // With any suffix, and also after a tag.
        for (name, tag) in [("a.mp3", &b""[..]), ("a.wav", b""), ("a.mp3", b"ID3\x03\0\0\0\0\0\x04\0\0\0\0")] {
            let path = folder.path().join(name);
            std::fs::write(&path, [tag, &start, &sound].concat()).unwrap();
            assert_named(&path, expected);
        }
    }
}

/// Audio inside a file of another kind: the file is not an audio file.
#[test]
fn music_inside_another_file_is_not_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.wav");
    wav(&source);
    let music = std::fs::read(&source).unwrap();
    let program = [&b"\x7fELF\x02\x01\x01"[..], &[0; 9], b"\x02\0>\0", &[0; 80]].concat();
    let frames = [&b"\xff\xfb\x90\x64"[..], &[0x55; 413]].concat();
    let mut archive = vec![0; 512];
    archive[..5].copy_from_slice(b"a.mp3");
    archive[257..265].copy_from_slice(b"ustar\x0000");
    for (name, bytes) in [
        ("header-further-on.bin", [noise(5_000), music.clone()].concat()),
        ("header-further-on.mp3", [noise(300), music.clone()].concat()),
        ("program.wav", [program, noise(2_000), music].concat()),
        ("archive.mp3", [archive, frames.repeat(50)].concat()),
        ("one-frame.mp3", [frames.clone(), noise(20_000)].concat()),
        ("three-frames.mp3", [noise(600), frames.repeat(3), noise(20_000)].concat()),
        ("noise.mp3", noise(2_000_000)),
        ("text.mp3", "What is this text doing here?\n".repeat(1_000).into_bytes()),
        ("zeros.mp3", vec![0; 100_000]),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let error = refused(&path);
        assert_eq!(error.code, Code::UnsupportedFormat, "{error}");
    }
}

#[test]
fn an_mp3_with_something_in_front_is_an_mp3() {
    let Some(folder) = programs::workplace(&["ffmpeg"]) else { return };
    let (source, path) = (folder.path().join("source.wav"), folder.path().join("a.mp3"));
    wav(&source);
    programs::ffmpeg(&["-i", source.to_str().unwrap(), "-id3v2_version", "0", path.to_str().unwrap()]);
    let music = std::fs::read(&path).unwrap();
    for junk in [
        // The rest of a frame, zeros, a tag that is longer than it states, the response of a server.
        music[5_000..5_300].to_vec(),
        vec![0; 10_000],
        noise(300_000),
        b"HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n".to_vec(),
    ] {
        std::fs::write(&path, [junk, music.clone()].concat()).unwrap();
        let (_, decoded) = read_clip(&path, 22_050).unwrap();
        assert_eq!(decoded.source.decoder, "symphonia mp3");
        assert!((decoded.duration - 2.0).abs() < 0.1, "{} s", decoded.duration);
    }
}

/// Encodes `source` as DTS in `folder`, and returns the 16-bit words of the stream.
fn dts_words(folder: &Path, source: &Path) -> Vec<u16> {
    let path = folder.join("a.dts");
    programs::ffmpeg(&["-i", source.to_str().unwrap(), "-c:a", "dca", "-strict", "-2", path.to_str().unwrap()]);
    std::fs::read(path).unwrap().chunks_exact(2).map(|word| u16::from_be_bytes([word[0], word[1]])).collect()
}

/// The same bits, 14 in a word.
fn in_14_bits(words: &[u16]) -> Vec<u16> {
    let bits: Vec<u16> = words.iter().flat_map(|word| (0..16).rev().map(move |bit| word >> bit & 1)).collect();
    let word = |bits: &[u16]| bits.iter().fold(0, |word: u16, bit| word << 1 | bit);
    // The sign bit is repeated before the value.
    bits.chunks_exact(14).map(word).map(|word| if word & 0x2000 != 0 { word | 0xc000 } else { word }).collect()
}

#[test]
fn a_stream_in_the_place_of_samples_is_no_music() {
    let Some(folder) = programs::workplace(&["ffmpeg"]) else { return };
    let source = folder.path().join("source.wav");
    wav(&source);
    let words = dts_words(folder.path(), &source);
    let spdif = folder.path().join("spdif");
    programs::ffmpeg(&["-i", source.to_str().unwrap(), "-c:a", "ac3", "-f", "spdif", spdif.to_str().unwrap()]);
    let bytes = |words: &[u16]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let swapped: Vec<u16> = words.iter().map(|word| word.swap_bytes()).collect();
    let path = folder.path().join("disguise.wav");
    for (name, data, expected) in [
        ("as on a CD", bytes(&words), "DTS"),
        ("bytes swapped", bytes(&swapped), "DTS"),
        ("14 bits", bytes(&in_14_bits(&words)), "DTS"),
        ("behind silence", [vec![0; 400_000], bytes(&words)].concat(), "DTS"),
        ("for a digital output", std::fs::read(&spdif).unwrap(), "IEC 61937"),
    ] {
        programs::write_wav_of(&path, (1, 16), 44_100, 2, &data);
        let error = refused(&path);
        assert!(error.code == Code::UnsupportedFormat && error.message.contains(expected), "{name}: {error}");
    }
    // The same in a lossless codec.
    programs::write_wav_of(&path, (1, 16), 44_100, 2, &bytes(&words));
    for name in ["disguise.flac", "disguise.m4a"] {
        let coded = folder.path().join(name);
        let codec = if name.ends_with("flac") { "flac" } else { "alac" };
        programs::ffmpeg(&["-i", path.to_str().unwrap(), "-c:a", codec, coded.to_str().unwrap()]);
        // ffmpeg itself may have recognised the coded stream.
        let decoded = programs::ffmpeg(&["-i", coded.to_str().unwrap(), "-f", "s16le", "-"]);
        if decoded.starts_with(&bytes(&words[..1_000])) {
            assert_named(&coded, "DTS");
        }
    }
}

#[test]
fn protected_sound_is_called_protected() {
    let Some(folder) = programs::workplace(&["ffmpeg"]) else { return };
    let source = folder.path().join("source.wav");
    wav(&source);
    let path = folder.path().join("a.m4a");
    programs::ffmpeg(&["-i", source.to_str().unwrap(), "-c:a", "aac", path.to_str().unwrap()]);
    let plain = std::fs::read(&path).unwrap();
    let at = plain.windows(4).position(|window| window == b"mp4a").unwrap();
    for code in [b"drms", b"enca"] {
        let mut bytes = plain.clone();
        bytes[at..at + 4].copy_from_slice(code);
        std::fs::write(&path, bytes).unwrap();
        assert_named(&path, "protected");
    }
}

#[test]
fn a_file_without_sound_holds_no_audio() {
    let Some(folder) = programs::workplace(&["ffmpeg"]) else { return };
    let path: PathBuf = folder.path().join("video.ogv");
    programs::ffmpeg(&["-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=5", path.to_str().unwrap()]);
    assert_eq!(Reader::open(&path, 22_050).err().unwrap().code, Code::NoAudio);
    // Tags, and nothing after them.
    let path = folder.path().join("tag.mp3");
    std::fs::write(&path, [b"ID3\x03\0\0\0\0\x01\0", &[0; 128][..]].concat()).unwrap();
    let error = Reader::open(&path, 22_050).err().unwrap();
    assert!(error.code == Code::NoAudio && error.message.contains("tags"), "{error}");
}
