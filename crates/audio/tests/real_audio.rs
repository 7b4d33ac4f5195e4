//! Real recordings: MagnaTagATune, spoken digits, environmental sounds.

#![allow(clippy::unwrap_used)] // The helper functions of the tests are test code too.

use std::path::{Path, PathBuf};

use audio::{read_clip, read_clip_limited, read_segments, Reader, SegmentPolicy};
use error::Code;

fn mtat_clip() -> Option<PathBuf> {
    Some(testbed::shared("data/mtat-clip")?.join("joram-moments_of_clarity-08-solipsism-59-88.mp3"))
}

fn rms(samples: &[f32]) -> f64 {
    (samples.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
}

#[test]
fn a_magnatagatune_clip_has_its_known_length_and_ten_segments() {
    let Some(path) = mtat_clip() else { return };
    let (samples, decoded) = read_clip(&path, 22_050).unwrap();
    assert_eq!(decoded.source.decoder, "symphonia mp3");
    assert_eq!((decoded.source.sampling_rate, decoded.source.channels), (16_000, 1));
    assert_eq!(decoded.damaged_packets, 0);
    // 29.1 s, within one MP3 frame.
    assert!((decoded.duration - 29.1).abs() < 0.08, "{} s", decoded.duration);
    assert_eq!(decoded.samples, samples.len() as u64);
    assert_eq!(samples.len(), (decoded.duration * 22_050.0).round() as usize);
    assert!((0.01..0.5).contains(&rms(&samples)));

    let mut segments: Vec<Vec<f32>> = Vec::new();
    let (_, count) = read_segments(&path, 22_050, 59_049, SegmentPolicy::All, &mut segments).unwrap();
    assert_eq!((count.segments, count.short), (10, false));
    assert_eq!(segments.concat(), samples[..590_490]);
}

#[test]
fn spread_segments_are_those_of_the_whole_clip() {
    let Some(path) = mtat_clip() else { return };
    let (samples, _) = read_clip(&path, 22_050).unwrap();
    let mut segments: Vec<Vec<f32>> = Vec::new();
    let (_, count) = read_segments(&path, 22_050, 59_049, SegmentPolicy::Spread(3), &mut segments).unwrap();
    assert_eq!(count.segments, 3);
    let expected: Vec<_> = samples.chunks_exact(59_049).collect();
    assert_eq!(segments, [expected[1], expected[5], expected[8]]);
}

#[test]
fn a_limited_clip_is_the_start_of_the_whole_one() {
    let Some(path) = mtat_clip() else { return };
    let (samples, _) = read_clip(&path, 22_050).unwrap();
    let (start, decoded) = read_clip_limited(&path, 22_050, 100_000).unwrap();
    assert_eq!(start, samples[..100_000]);
    assert_eq!(decoded.samples, 100_000);
    assert!((decoded.duration - 100_000.0 / 22_050.0).abs() < 1e-9);
}

#[test]
fn spoken_digits_are_read_at_their_own_rate_sample_by_sample() {
    let Some(folder) = testbed::shared("data/fsdd") else { return };
    for path in some_of(&folder.join("recordings"), "wav", 97) {
        let bytes = std::fs::read(&path).unwrap();
        let (samples, decoded) = read_clip(&path, 8_000).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(decoded.source.decoder, "symphonia pcm_s16le");
        assert_eq!((decoded.source.sampling_rate, decoded.source.channels, decoded.source.bits), (8_000, 1, Some(16)));
        // Plain WAV files: the data chunk ends at the end of the file, minus the size of the following chunks.
        let data = bytes.windows(4).position(|tag| tag == b"data").unwrap() + 8;
        let size = u32::from_le_bytes(bytes[data - 4..data].try_into().unwrap()) as usize;
        let expected: Vec<f32> = bytes[data..(data + size).min(bytes.len())]
            .chunks_exact(2)
            .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0)
            .collect();
        assert_eq!(samples, expected, "{}", path.display());
    }
}

#[test]
fn environmental_sounds_last_about_five_seconds() {
    let Some(folder) = testbed::shared("data/esc10") else { return };
    let mut classes: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    classes.retain(|path| path.is_dir());
    assert_eq!(classes.len(), 10);
    for class in classes {
        for path in some_of(&class, "ogg", 13) {
            let (samples, decoded) = read_clip(&path, 8_000).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            assert_eq!(decoded.source.decoder, "symphonia vorbis");
            assert!((4.9..5.2).contains(&decoded.duration), "{}: {} s", path.display(), decoded.duration);
            assert!(samples.iter().all(|s| s.abs() < 2.0) && rms(&samples) > 1e-5, "{}", path.display());
        }
    }
}

#[test]
fn he_aac_is_refused_whether_it_is_signalled_or_not() {
    let Some(folder) = testbed::shared("data/oddities/taglib") else { return };
    let mut bytes = std::fs::read(folder.join("tests__data__zero-length-mdat.m4a")).unwrap();
    // The sync extension of the configuration; without it, only the packets show HE-AAC.
    let signal = [0x13, 0x88, 0x56, 0xe5, 0xa5];
    let at = bytes.windows(signal.len()).position(|window| window == signal).unwrap();
    bytes[at + 2..at + 5].fill(0);
    let unsignalled = tempfile::NamedTempFile::with_suffix(".m4a").unwrap();
    std::fs::write(unsignalled.path(), &bytes).unwrap();
    for path in [&folder.join("tests__data__zero-length-mdat.m4a"), unsignalled.path()] {
        let error = Reader::open(path, 22_050).err().unwrap();
        assert_eq!(error.code, Code::UnsupportedFormat);
        assert!(error.message.contains("HE-AAC") && error.message.contains("22050 Hz"), "{error}");
    }
}

#[test]
#[cfg(unix)]
fn a_named_pipe_is_refused_without_waiting_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.mp3");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_eq!(Reader::open(&pipe, 22_050).err().unwrap().code, Code::UnsupportedFormat);
}

#[test]
fn a_missing_file_and_an_empty_one_have_their_codes() {
    let folder = tempfile::tempdir().unwrap();
    let code = |path: &Path| Reader::open(path, 22_050).err().unwrap().code;
    assert_eq!(code(&folder.path().join("absent.mp3")), Code::FileNotFound);
    let empty = folder.path().join("empty.mp3");
    std::fs::write(&empty, b"").unwrap();
    assert_eq!(code(&empty), Code::NoAudio);
    let text = folder.path().join("text.mp3");
    std::fs::write(&text, "This is a text, whatever its name says. ".repeat(100)).unwrap();
    assert_eq!(code(&text), Code::UnsupportedFormat);
    assert_eq!(code(folder.path()), Code::UnsupportedFormat);
}

/// Every `step`-th file with `extension`, sorted by name.
fn some_of(folder: &Path, extension: &str, step: usize) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files.sort();
    assert!(!files.is_empty(), "no {extension} in {}", folder.display());
    files.into_iter().step_by(step).collect()
}
