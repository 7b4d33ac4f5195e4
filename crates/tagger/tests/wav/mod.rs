//! Writes 16-bit mono WAV files for tests.

use std::path::Path;

/// A sine of `hertz` at `amplitude` for `seconds`.
pub fn sine(path: &Path, rate: u32, seconds: f64, hertz: f64, amplitude: f64) {
    testbed::write_wav(path, rate, &testbed::sine(rate, seconds, hertz, amplitude));
}

/// Samples as they are.
#[allow(dead_code)] // Not every test needs it.
pub fn write(path: &Path, rate: u32, samples: impl Iterator<Item = i16>) {
    testbed::write_wav_pcm(path, rate, 1, samples);
}
