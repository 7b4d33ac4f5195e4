//! The spectrum of a signal, and its peak.

use std::sync::Arc;

use error::{Code, Error, Result};
use realfft::{RealFftPlanner, RealToComplex};
use serde::{Deserialize, Serialize};

/// The part of a signal that its spectrum shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "lowercase")]
pub enum SpectrumKind {
    /// One frame over the whole signal.
    #[default]
    Whole,
    /// As in the published script: the frame is centred on the first sample, with reflected samples before it, so it
    /// shows only the first half of the signal and its mirror image.
    Published,
}

/// Computes spectra of signals of one length.
pub(crate) struct Spectra {
    fft: Arc<dyn RealToComplex<f64>>,
    /// Periodic Hann window.
    window: Vec<f64>,
    kind: SpectrumKind,
}

impl Spectra {
    /// For signals of `length` samples, which is also the length of window and FFT.
    pub fn new(length: usize, kind: SpectrumKind) -> Self {
        let turn = |i: usize| std::f64::consts::TAU * i as f64 / length as f64;
        let window = (0..length).map(|i| 0.5 - 0.5 * turn(i).cos()).collect();
        Self { fft: RealFftPlanner::new().plan_fft_forward(length), window, kind }
    }

    /// `log10(1 + 10 |S|^2)` of every bin.
    ///
    /// # Errors
    /// [`Code::Internal`] if the signal has another length.
    pub fn of(&self, signal: &[f32]) -> Result<Vec<f32>> {
        let length = self.window.len();
        let middle = length / 2;
        let sample = |i: usize| match self.kind {
            SpectrumKind::Whole => signal.get(i),
            SpectrumKind::Published => signal.get(i.abs_diff(middle)),
        };
        let mut frame: Vec<f64> =
            (0..length).map(|i| self.window[i] * sample(i).map_or(0.0, |v| f64::from(*v))).collect();
        let mut bins = self.fft.make_output_vec();
        self.fft
            .process(&mut frame, &mut bins)
            .map_err(|why| Error::new(Code::Internal, format!("the FFT of {length} samples failed: {why}")))?;
        Ok(bins.iter().map(|bin| (1.0 + 10.0 * bin.norm_sqr()).log10() as f32).collect())
    }
}

/// The index of the largest value; of equal ones the first.
pub(crate) fn peak(spectrum: &[f32]) -> usize {
    let mut best = 0;
    for (index, value) in spectrum.iter().enumerate() {
        if *value > spectrum[best] {
            best = index;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(length: usize, cycles: f64) -> Vec<f32> {
        (0..length).map(|i| (std::f64::consts::TAU * cycles * i as f64 / length as f64).sin() as f32).collect()
    }

    fn cosine(length: usize, cycles: f64) -> Vec<f32> {
        (0..length).map(|i| (std::f64::consts::TAU * cycles * i as f64 / length as f64).cos() as f32).collect()
    }

    #[test]
    fn a_tone_peaks_in_its_bin_with_the_height_of_the_formula() {
        let spectra = Spectra::new(729, SpectrumKind::Whole);
        let spectrum = spectra.of(&tone(729, 40.0)).unwrap();
        assert_eq!((spectrum.len(), peak(&spectrum)), (365, 40));
        // A Hann window halves the amplitude: |S| = 729 / 4.
        assert!((f64::from(spectrum[40]) - (1.0 + 10.0 * (729.0f64 / 4.0).powi(2)).log10()).abs() < 1e-6);
    }

    #[test]
    fn the_published_frame_sees_only_the_first_half() {
        // Cosines: their mirror image continues them, while that of a sine has a kink, which moves the peak.
        let mut signal = cosine(729, 40.0);
        signal[365..].copy_from_slice(&cosine(729, 100.0)[365..]);
        let published = Spectra::new(729, SpectrumKind::Published).of(&signal).unwrap();
        assert_eq!(peak(&published), 40);
        assert!(published[100] < 0.5 * published[40], "{} {}", published[100], published[40]);
        let whole = Spectra::new(729, SpectrumKind::Whole).of(&signal).unwrap();
        assert!(whole[100] > 0.9 * whole[40]);
    }
}
