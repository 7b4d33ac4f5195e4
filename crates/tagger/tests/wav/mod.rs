//! Writes 16-bit mono WAV files for tests.

use std::path::Path;

/// A sine of `hertz` at `amplitude` for `seconds`.
pub fn sine(path: &Path, rate: u32, seconds: f64, hertz: f64, amplitude: f64) {
    let samples = (seconds * f64::from(rate)).round() as usize;
    let wave = |n: usize| amplitude * (std::f64::consts::TAU * hertz * n as f64 / f64::from(rate)).sin();
    write(path, rate, (0..samples).map(|n| (wave(n) * 32767.0).round() as i16));
}

/// Samples as they are.
pub fn write(path: &Path, rate: u32, samples: impl Iterator<Item = i16>) {
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let mut file = Vec::with_capacity(44 + data.len());
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + data.len() as u32).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend_from_slice(&rate.to_le_bytes());
    file.extend_from_slice(&(2 * rate).to_le_bytes());
    file.extend_from_slice(b"\x02\0\x10\0data");
    file.extend_from_slice(&(data.len() as u32).to_le_bytes());
    file.extend_from_slice(&data);
    std::fs::write(path, file).unwrap();
}
