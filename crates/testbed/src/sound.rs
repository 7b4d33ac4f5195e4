//! Small generated audio files.

use std::f64::consts::TAU;
use std::path::Path;

use hound::{SampleFormat, WavSpec, WavWriter};

/// Returns `seconds` seconds of a sine of `hertz` at `amplitude` (1 is full scale), with `rate` samples per second.
pub fn sine(rate: u32, seconds: f64, hertz: f64, amplitude: f64) -> Vec<f32> {
    let samples = (seconds * f64::from(rate)).round() as usize;
    (0..samples).map(|n| (amplitude * (TAU * hertz * n as f64 / f64::from(rate)).sin()) as f32).collect()
}

/// Returns `seconds` seconds of a sine of `hertz` at half of full scale.
pub fn tone(rate: u32, hertz: f32, seconds: f32) -> Vec<f32> {
    sine(rate, f64::from(seconds), f64::from(hertz), 0.5)
}

/// Writes `samples` (full scale is 1) as a mono 16-bit WAV file, and creates its parent folders.
pub fn write_wav(path: impl AsRef<Path>, rate: u32, samples: &[f32]) {
    write_wav_pcm(path, rate, 1, samples.iter().map(|sample| (sample * 32767.0).round() as i16));
}

/// Writes interleaved 16-bit samples of `channels` channels as a WAV file, and creates its parent folders.
#[allow(clippy::expect_used)] // A test may panic.
pub fn write_wav_pcm(path: impl AsRef<Path>, rate: u32, channels: u16, samples: impl IntoIterator<Item = i16>) {
    let path = path.as_ref();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).expect("the folder of the WAV file can be created");
    }
    let format = WavSpec { channels, sample_rate: rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut file = WavWriter::create(path, format).expect("the WAV file can be created");
    for sample in samples {
        file.write_sample(sample).expect("the WAV file accepts a sample");
    }
    file.finalize().expect("the WAV file can be finished");
}
