//! The mel stem as convolutions, for runtimes without a spectrogram operation.

use std::f64::consts::PI;

use net::graph::{MelSpectrogram, Shape};

/// Filters that compute the real and imaginary parts of the windowed Fourier transform, and the mel triangles.
pub struct Spectrogram {
    /// Shape `[bins, 1, window]`.
    pub cosines: Vec<f32>,
    /// As `cosines`.
    pub sines: Vec<f32>,
    /// Shape `[bands, bins, 1]`, ten times the triangles.
    pub triangles: Vec<f32>,
    /// Frequency bins.
    pub bins: usize,
    /// Zeros before and after the segment.
    pub padding: [usize; 2],
}

impl Spectrogram {
    /// The filters of `mel`, whose output `[frames, bands]` has the shape `output`, for a segment of `length` samples
    /// at `rate` Hz. Magnitudes do not depend on the position of the window in the frame of the FFT, so the filters are
    /// as long as the window.
    pub fn new(mel: &MelSpectrogram, output: Shape, length: usize, rate: u32) -> Self {
        let (window, size, bins) = (mel.window, mel.fft, mel.fft / 2 + 1);
        let hann = |i: usize| 0.5 - 0.5 * (2.0 * PI * i as f64 / window as f64).cos();
        let taps = |wave: fn(f64) -> f64| {
            let tap = |bin: usize, i: usize| hann(i) * wave(2.0 * PI * ((bin * i) % size) as f64 / size as f64);
            (0..bins * window).map(|at| tap(at / window, at % window) as f32).collect()
        };
        let before = size / 2 - (size - window) / 2;
        let after = (output.length.saturating_sub(1) * mel.hop + window).saturating_sub(length + before);
        Self {
            cosines: taps(f64::cos),
            sines: taps(f64::sin),
            triangles: triangles(output.channels, size, f64::from(rate)),
            bins,
            padding: [before, after],
        }
    }
}

/// Triangles of height 10 (the factor of the compression), evenly spaced on the HTK mel scale from 0 to half the rate.
fn triangles(bands: usize, fft: usize, rate: f64) -> Vec<f32> {
    let bins = fft / 2 + 1;
    let top = 2595.0 * (1.0 + rate / 2.0 / 700.0).log10();
    let edge = |i: usize| 700.0 * (10f64.powf(top * i as f64 / (bands + 1) as f64 / 2595.0) - 1.0);
    let weight = |band: usize, bin: usize| {
        let hertz = bin as f64 * rate / fft as f64;
        let [low, middle, high] = [edge(band), edge(band + 1), edge(band + 2)];
        ((hertz - low) / (middle - low)).min((high - hertz) / (high - middle)).max(0.0)
    };
    (0..bands * bins).map(|at| (10.0 * weight(at / bins, at % bins)) as f32).collect()
}
