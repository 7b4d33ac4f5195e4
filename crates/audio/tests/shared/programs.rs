//! Runs the programs that make test files.

#![allow(clippy::unwrap_used, dead_code)] // Not every test needs all of it.

use std::path::Path;
use std::process::Command;

/// A temporary folder, or None if one of `programs` is not installed.
pub fn workplace(programs: &[&str]) -> Option<tempfile::TempDir> {
    programs.iter().all(|program| testbed::program(program)).then(|| tempfile::tempdir().unwrap())
}

/// The standard output of `program`.
pub fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Runs ffmpeg without prompts and without log output.
pub fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    run("ffmpeg", &[&["-v", "error", "-nostdin", "-y"], arguments].concat())
}

/// All channels of `path` as ffmpeg decodes them, averaged.
pub fn reference(path: &Path, channels: usize) -> Vec<f32> {
    let bytes = ffmpeg(&["-i", path.to_str().unwrap(), "-f", "f32le", "-"]);
    let samples: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect()
}

/// A WAV file with one 16-bit sample for each number in -1..1; the numbers of the channels are interleaved.
pub fn write_wav(path: &Path, rate: u32, channels: u16, samples: &[f32]) {
    testbed::write_wav_pcm(path, rate, channels, samples.iter().map(|s| (s * 32_767.0).round() as i16));
}

/// A WAV file with `data`, whose format tag and bits per sample are `coding`.
pub fn write_wav_of(path: &Path, coding: (u16, u16), rate: u32, channels: u16, data: &[u8]) {
    let frame = channels * coding.1 / 8;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0");
    bytes.extend(coding.0.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * u32::from(frame)).to_le_bytes());
    bytes.extend(frame.to_le_bytes());
    bytes.extend(coding.1.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    std::fs::write(path, bytes).unwrap();
}
