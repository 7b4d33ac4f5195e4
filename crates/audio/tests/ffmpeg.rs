//! Compares intact files of every format with ffmpeg: the same length, the same audio.

#![allow(clippy::unwrap_used, clippy::print_stderr)] // The helper functions of the tests are test code too.

use std::path::{Path, PathBuf};
use std::process::Command;

use audio::{read_clip, read_segments, Reader, SegmentPolicy};
use error::Code;

/// Seconds of every file.
const LENGTH: f64 = 2.0;
/// The sampling rate of the model.
const RATE: u32 = 22_050;

/// One test file: its name, encoding, channels and sampling rate, and the tolerances of the comparison.
struct Case {
    name: &'static str,
    encoding: &'static str,
    channels: usize,
    rate: u32,
    /// The number of samples by which the length may differ, and the largest lag that is tried for the best match.
    frame: usize,
    lag: usize,
}

const fn case(
    name: &'static str,
    encoding: &'static str,
    channels: usize,
    rate: u32,
    frame: usize,
    lag: usize,
) -> Case {
    Case { name, encoding, channels, rate, frame, lag }
}

/// Lossless formats match sample by sample; lossy ones within a frame. AAC's priming is not trimmed by symphonia.
const CASES: &[Case] = &[
    case("u8.wav", "-c:a pcm_u8", 2, 44_100, 0, 0),
    case("s16.wav", "-c:a pcm_s16le", 2, 44_100, 0, 0),
    case("s24.wav", "-c:a pcm_s24le", 2, 48_000, 0, 0),
    case("s32.wav", "-c:a pcm_s32le", 1, 96_000, 0, 0),
    case("f32.wav", "-c:a pcm_f32le", 2, 44_100, 0, 0),
    case("f64.wav", "-c:a pcm_f64le", 2, 22_050, 0, 0),
    case("surround.wav", "-c:a pcm_s16le", 6, 48_000, 0, 0),
    case("8k.wav", "-c:a pcm_s16le", 1, 8_000, 0, 0),
    case("768k.wav", "-c:a pcm_s16le", 1, 768_000, 0, 0),
    case("rf64.wav", "-c:a pcm_s16le -rf64 always", 2, 44_100, 0, 0),
    case("mulaw.wav", "-c:a pcm_mulaw", 1, 8_000, 0, 0),
    case("ima.wav", "-c:a adpcm_ima_wav", 2, 44_100, 2048, 0),
    case("ms.wav", "-c:a adpcm_ms", 2, 44_100, 2048, 0),
    case("s16.aiff", "-c:a pcm_s16be", 2, 44_100, 0, 0),
    case("s24.aiff", "-c:a pcm_s24be", 1, 48_000, 0, 0),
    case("s16.caf", "-c:a pcm_s16be", 2, 44_100, 0, 0),
    case("alac.caf", "-c:a alac", 2, 44_100, 0, 0),
    case("s16.flac", "-c:a flac -sample_fmt s16", 2, 44_100, 0, 0),
    case("s24.flac", "-c:a flac -sample_fmt s32", 2, 96_000, 0, 0),
    case("surround.flac", "-c:a flac -sample_fmt s16", 6, 48_000, 0, 0),
    case("flac.ogg", "-c:a flac -sample_fmt s16", 2, 44_100, 0, 0),
    case("flac.mka", "-c:a flac -sample_fmt s16", 2, 44_100, 0, 0),
    case("s16.mkv", "-c:a pcm_s16le", 2, 44_100, 0, 0),
    case("cbr.mp3", "-c:a libmp3lame -b:a 192k", 2, 44_100, 1152, 0),
    case("vbr.mp3", "-c:a libmp3lame -q:a 4", 2, 48_000, 1152, 0),
    case("mono.mp3", "-c:a libmp3lame -b:a 32k", 1, 16_000, 1152, 0),
    case("bare.mp3", "-c:a libmp3lame -b:a 128k -write_xing 0 -id3v2_version 0", 2, 44_100, 2304, 2304),
    case("layer2.mp2", "-c:a mp2 -b:a 256k", 2, 44_100, 1152, 0),
    case("vorbis.ogg", "-c:a libvorbis -q:a 5", 2, 44_100, 1024, 0),
    case("surround.ogg", "-c:a libvorbis -q:a 5", 6, 48_000, 1024, 0),
    case("vorbis.webm", "-c:a libvorbis -q:a 5", 2, 32_000, 1024, 1024),
    case("alac.m4a", "-c:a alac", 2, 44_100, 0, 0),
    case("surround-alac.m4a", "-c:a alac", 6, 48_000, 0, 0),
    case("aac.m4a", "-c:a aac -b:a 192k", 2, 44_100, 2048, 2048),
    case("mono-aac.m4a", "-c:a aac -b:a 96k", 1, 24_000, 2048, 2048),
    case("aac.aac", "-c:a aac -b:a 192k", 2, 44_100, 2048, 2048),
];

#[test]
fn clean_files_sound_and_last_as_ffmpeg_says() {
    let Some(folder) = workplace() else { return };
    let mut wrong = Vec::new();
    for case in CASES {
        let path = encode(folder.path(), case);
        for rate in [case.rate, RATE] {
            if let Err(difference) = compare(&path, case, rate) {
                wrong.push(format!("{} at {rate} Hz: {difference}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_symphonia_cannot_decode_is_an_unsupported_format() {
    let Some(folder) = workplace() else { return };
    for case in [
        case("opus.ogg", "-c:a libopus", 2, 48_000, 0, 0),
        case("surround-aac.m4a", "-c:a aac", 6, 48_000, 0, 0),
        case("windows.wma", "-c:a wmav2", 2, 44_100, 0, 0),
        case("wavpack.wv", "-c:a wavpack", 2, 44_100, 0, 0),
        case("dolby.mkv", "-c:a ac3", 2, 44_100, 0, 0),
    ] {
        let path = encode(folder.path(), &case);
        let error = Reader::open(&path, RATE).err().unwrap_or_else(|| panic!("{} was opened", case.name));
        assert_eq!(error.code, Code::UnsupportedFormat, "{error}");
    }
}

#[test]
fn a_container_without_sound_holds_no_audio() {
    let Some(folder) = workplace() else { return };
    let path = folder.path().join("picture.mp4");
    ffmpeg(&["-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=5", path.to_str().unwrap()]);
    assert_eq!(Reader::open(&path, RATE).err().unwrap().code, Code::NoAudio);
}

#[test]
fn files_joined_end_to_end_are_read_to_the_end() {
    let Some(folder) = workplace() else { return };
    for (name, encoding) in [("joined.mp3", "-c:a libmp3lame -b:a 128k"), ("joined.ogg", "-c:a libvorbis")] {
        let [first, second] = [44_100, 48_000].map(|rate| {
            let case = Case { name, encoding, channels: 2, rate, frame: 0, lag: 0 };
            std::fs::read(encode(folder.path(), &case)).unwrap()
        });
        let path = folder.path().join(name);
        // The tag of the first part states only the length of this part.
        std::fs::write(&path, [first.clone(), first.clone()].concat()).unwrap();
        let (_, decoded) = read_clip(&path, RATE).unwrap();
        assert!((decoded.duration - 2.0 * LENGTH).abs() < 0.1, "{name}: {} s", decoded.duration);
        // The sampling rate may change within the file.
        std::fs::write(&path, [first, second].concat()).unwrap();
        let (samples, decoded) = read_clip(&path, RATE).unwrap();
        assert!((decoded.duration - 2.0 * LENGTH).abs() < 0.1, "{name}, two rates: {} s", decoded.duration);
        assert!((samples.len() as f64 / f64::from(RATE) - decoded.duration).abs() < 1e-3);
        // Even if the stated length is wrong, segments are spread over the whole audio.
        let length = samples.len() / 11;
        let mut spread: Vec<Vec<f32>> = Vec::new();
        let (_, count) = read_segments(&path, RATE, length, SegmentPolicy::Spread(2), &mut spread).unwrap();
        assert!(count.exact);
        assert_eq!(spread, [&samples[2 * length..3 * length], &samples[8 * length..9 * length]], "{name}");
    }
}

#[test]
fn damage_in_the_middle_costs_only_what_it_hit() {
    let Some(folder) = workplace() else { return };
    for (name, encoding) in [
        ("d.mp3", "-c:a libmp3lame"),
        ("d.flac", "-c:a flac"),
        ("d.aac", "-c:a aac"),
        ("d.ogg", "-c:a libvorbis -page_duration 100000"),
    ] {
        let path = encode(folder.path(), &Case { name, encoding, channels: 2, rate: 44_100, frame: 0, lag: 0 });
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        // Noise that no decoder accepts as audio, over about a twentieth of the file.
        for (i, byte) in bytes[middle..middle + middle / 10].iter_mut().enumerate() {
            *byte = ((i * 7919) >> 3) as u8;
        }
        std::fs::write(&path, &bytes).unwrap();
        let (samples, decoded) = read_clip(&path, RATE).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(decoded.duration > 0.7 * LENGTH && decoded.duration < 1.1 * LENGTH, "{name}: {} s", decoded.duration);
        assert!(samples.iter().all(|sample| sample.is_finite()), "{name}");
        // Cut in the middle: the first half is decoded.
        std::fs::write(&path, &bytes[..middle]).unwrap();
        let (_, decoded) = read_clip(&path, RATE).unwrap_or_else(|error| panic!("{name}, cut: {error}"));
        assert!((0.3 * LENGTH..0.7 * LENGTH).contains(&decoded.duration), "{name}, cut: {} s", decoded.duration);
    }
}

/// A temporary folder, or None if ffmpeg is not installed.
fn workplace() -> Option<tempfile::TempDir> {
    testbed::program("ffmpeg").then(|| tempfile::tempdir().unwrap())
}

/// Audio similar to music: chords of decaying tones and quiet noise, different in every channel.
fn encode(folder: &Path, case: &Case) -> PathBuf {
    let path = folder.join(case.name);
    let channel = |c: usize| {
        let tone = |k: usize| {
            let frequency = 110.0 * [1.0, 1.26, 1.5, 2.0, 3.0, 4.0][k] * (1.0 + c as f64 * 0.37);
            format!("{}*sin(2*PI*{frequency}*t)*exp(-2*mod(t,{}))", 0.15 / (k + 1) as f64, 0.31 + 0.07 * k as f64)
        };
        let tones: Vec<_> = (0..6).map(tone).collect();
        format!("{}+0.01*(random({c})-0.5)", tones.join("+"))
    };
    let channels: Vec<_> = (0..case.channels).map(channel).collect();
    let layout = ["", "mono", "stereo", "", "", "", "5.1"][case.channels];
    let source = format!("aevalsrc={}:s={}:c={layout}:d={LENGTH}", channels.join("|").replace(',', "\\,"), case.rate);
    let mut arguments = vec!["-f", "lavfi", "-i", &source];
    arguments.extend(case.encoding.split(' '));
    arguments.push(path.to_str().unwrap());
    ffmpeg(&arguments);
    path
}

fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("ffmpeg").args(["-v", "error", "-nostdin", "-y"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "ffmpeg {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// All channels as ffmpeg decodes and resamples them, averaged.
fn reference(path: &Path, channels: usize, rate: u32) -> Vec<f32> {
    let bytes = ffmpeg(&["-i", path.to_str().unwrap(), "-ar", &rate.to_string(), "-f", "f32le", "-"]);
    let samples: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect()
}

fn compare(path: &Path, case: &Case, rate: u32) -> Result<(), String> {
    let (ours, decoded) = read_clip(path, rate).map_err(|error| error.to_string())?;
    let theirs = reference(path, case.channels, rate);
    if (decoded.source.channels, decoded.source.sampling_rate) != (case.channels, case.rate) {
        return Err(format!("{:?}", decoded.source));
    }
    // The frame and the lag are in samples of the file; a resampler may round the length.
    let scaled = |samples: usize| (samples as f64 * f64::from(rate) / f64::from(case.rate)).ceil() as usize;
    let rounding = usize::from(rate != case.rate) * 2;
    let difference = ours.len().abs_diff(theirs.len());
    if difference > scaled(case.frame) + rounding {
        return Err(format!("{} samples, ffmpeg {}", ours.len(), theirs.len()));
    }
    let lag = scaled(case.lag) as isize;
    // The lag is found on a piece from the middle, the correlation is computed over the whole audio.
    let middle = ours.len() / 2..ours.len() / 2 + 4096;
    let (_, at) = (-lag..=lag)
        .map(|lag| (correlation(&ours[middle.clone()], &theirs[middle.start.wrapping_add_signed(-lag)..], 0), lag))
        .fold((-1.0, 0), |best, next| if next.0 > best.0 { next } else { best });
    let best = correlation(&ours, &theirs, at);
    if best < 0.999 {
        return Err(format!("correlation {best:.6} at a lag of {at}"));
    }
    eprintln!("{:18} {rate:6} Hz: {difference:5} samples, {best:.7} at {at}", case.name);
    Ok(())
}

/// The correlation of `a[i + lag]` and `b[i]`.
fn correlation(a: &[f32], b: &[f32], lag: isize) -> f64 {
    let (a, b) = if lag >= 0 { (&a[lag as usize..], b) } else { (a, &b[-lag as usize..]) };
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (&a, &b) in a.iter().zip(b) {
        aa += f64::from(a) * f64::from(a);
        bb += f64::from(b) * f64::from(b);
        ab += f64::from(a) * f64::from(b);
    }
    ab / (aa * bb).sqrt()
}
