//! The mel front end: the log-mel spectrogram of a waveform, as the first layer of a network (the paper, section 5.3).

use std::f64::consts::PI;
use std::sync::Arc;

use error::{Code, Error, Result};
use net::{Architecture, StemKind};
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// Converts a waveform `[input_length]` to `[frames, bands]` of `ln(1 + 10 A)`, where A is the mel magnitude.
///
/// Frame t is centred on sample `t hop`, with zeros outside the waveform. The periodic Hann window lies in the middle
/// of the FFT's frame. Magnitudes are linear. The mel filters are triangles of height 1, evenly spaced on the HTK mel
/// scale from 0 to half the sampling rate. The network then subtracts the mean of the training set and divides by its
/// standard deviation (`stem.mel.mean`, `stem.mel.deviation`).
pub struct Mel {
    fft: Arc<dyn RealToComplex<f32>>,
    /// The window, which begins at `offset` in the FFT's frame.
    window: Vec<f32>,
    offset: usize,
    hop: usize,
    frames: usize,
    input_length: usize,
    /// The first bin and the weights of every band.
    bands: Vec<(usize, Vec<f32>)>,
}

/// Scratch memory of [`Mel::frame`]; every thread needs its own.
pub struct MelScratch {
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    magnitudes: Vec<f32>,
    work: Vec<Complex<f32>>,
}

impl Mel {
    /// Creates the front end of `architecture`, whose stem must be a mel spectrogram; any other stem is
    /// [`Code::InvalidOption`].
    pub fn new(architecture: &Architecture) -> Result<Self> {
        let stem = architecture.stem.as_ref().filter(|stem| stem.kind == StemKind::Mel);
        let Some(stem) = stem.filter(|s| s.kernel >= 1 && s.fft >= s.kernel && s.stride >= 1 && s.channels >= 1) else {
            return Err(Error::new(
                Code::InvalidOption,
                "expected a mel stem with a window of 1 to fft samples, a hop and at least one band",
            ));
        };
        // Periodic Hann window.
        let turn = |i: usize| 2.0 * PI * i as f64 / stem.kernel as f64;
        Ok(Self {
            fft: RealFftPlanner::new().plan_fft_forward(stem.fft),
            window: (0..stem.kernel).map(|i| (0.5 - 0.5 * turn(i).cos()) as f32).collect(),
            offset: (stem.fft - stem.kernel) / 2,
            hop: stem.stride,
            frames: stem.output_length(architecture.input_length),
            input_length: architecture.input_length,
            bands: triangles(f64::from(architecture.sampling_rate), stem.fft, stem.channels),
        })
    }

    /// Creates the front end of `architecture`, or `None` if it has no mel stem.
    pub fn of(architecture: &Architecture) -> Result<Option<Self>> {
        let on_mel = architecture.stem.as_ref().is_some_and(|stem| stem.kind == StemKind::Mel);
        on_mel.then(|| Self::new(architecture)).transpose()
    }

    /// The number of frames in one segment.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The number of samples in one segment.
    pub fn samples(&self) -> usize {
        self.input_length
    }

    /// The number of mel bands in one frame.
    pub fn bands(&self) -> usize {
        self.bands.len()
    }

    /// The number of bands whose triangle lies between two bins of the FFT, so that they are always 0. A longer FFT or
    /// fewer bands avoid this.
    pub fn empty_bands(&self) -> usize {
        self.bands.iter().filter(|(_, weights)| weights.is_empty()).count()
    }

    /// Allocates the scratch memory for one thread.
    pub fn scratch(&self) -> MelScratch {
        MelScratch {
            frame: self.fft.make_input_vec(),
            spectrum: self.fft.make_output_vec(),
            magnitudes: vec![0.0; self.fft.complex_len()],
            work: self.fft.make_scratch_vec(),
        }
    }

    /// Checks that `mean` and `deviation` can standardise a spectrogram; otherwise [`Code::CheckpointMismatch`].
    pub fn check_statistics(mean: f32, deviation: f32) -> Result<()> {
        if mean.is_finite() && deviation.is_finite() && deviation > 0.0 {
            return Ok(());
        }
        Err(Error::new(
            Code::CheckpointMismatch,
            format!(
                "the mel stem's mean and deviation must be finite and the deviation above 0, received {mean} and \
                 {deviation}; take those of the training data"
            ),
        ))
    }

    /// Computes frame `index` of the segment `samples` into `out` `[bands]`, not yet standardised. Wrong lengths are
    /// [`Code::InvalidOption`].
    pub fn frame(&self, scratch: &mut MelScratch, samples: &[f32], index: usize, out: &mut [f32]) -> Result<()> {
        if samples.len() != self.input_length || out.len() != self.bands.len() || index >= self.frames {
            return Err(Error::new(
                Code::InvalidOption,
                format!(
                    "expected {} samples, a frame below {} and {} bands, received {}, {index} and {}",
                    self.input_length,
                    self.frames,
                    self.bands.len(),
                    samples.len(),
                    out.len()
                ),
            ));
        }
        let MelScratch { frame, spectrum, magnitudes, work } = scratch;
        let size = frame.len();
        frame.fill(0.0);
        // The sample at the first position of the window.
        let start = (index * self.hop + self.offset) as isize - (size / 2) as isize;
        let from = usize::try_from(-start).unwrap_or(0).min(self.window.len());
        let until = usize::try_from(samples.len() as isize - start).unwrap_or(0).min(self.window.len());
        for i in from..until {
            frame[self.offset + i] = samples[(start + i as isize) as usize] * self.window[i];
        }
        self.fft
            .process_with_scratch(frame, spectrum, work)
            .map_err(|e| Error::new(Code::Internal, format!("the FFT of {size} samples failed: {e}")))?;
        for (magnitude, bin) in magnitudes.iter_mut().zip(&*spectrum) {
            *magnitude = bin.norm_sqr().sqrt();
        }
        if magnitudes.iter().any(|magnitude| magnitude.is_infinite()) {
            // `norm` takes longer than the FFT, but its squares do not overflow.
            magnitudes.iter_mut().zip(&*spectrum).for_each(|(magnitude, bin)| *magnitude = bin.norm());
        }
        for (value, (first, weights)) in out.iter_mut().zip(&self.bands) {
            let magnitude: f32 = weights.iter().zip(&magnitudes[*first..]).map(|(w, m)| w * m).sum();
            *value = (1.0 + 10.0 * magnitude).ln();
        }
        Ok(())
    }
}

/// The first bin and the weights of `count` triangular filters over the bins of an FFT of `size` samples.
fn triangles(rate: f64, size: usize, count: usize) -> Vec<(usize, Vec<f32>)> {
    let top = 2595.0 * (1.0 + rate / 2.0 / 700.0).log10();
    let edge = |i: usize| 700.0 * (10f64.powf(top * i as f64 / (count + 1) as f64 / 2595.0) - 1.0);
    (0..count)
        .map(|band| {
            let [low, middle, high] = [edge(band), edge(band + 1), edge(band + 2)];
            let weight = |bin: usize| {
                let hertz = bin as f64 * rate / size as f64;
                ((hertz - low) / (middle - low)).min((high - hertz) / (high - middle)).max(0.0)
            };
            let inside: Vec<usize> = (0..=size / 2).filter(|&bin| weight(bin) > 0.0).collect();
            (inside.first().copied().unwrap_or(0), inside.iter().map(|&bin| weight(bin) as f32).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Philox, Purpose};

    /// The definition computed in f64, bin by bin.
    fn twin(architecture: &Architecture, samples: &[f32], frame: usize, band: usize) -> f64 {
        let stem = architecture.stem.as_ref().unwrap();
        let (size, count) = (stem.fft, stem.channels);
        let mel = |hertz: f64| 2595.0 * (1.0 + hertz / 700.0).log10();
        let step = mel(f64::from(architecture.sampling_rate) / 2.0) / (count + 1) as f64;
        let hertz = |m: f64| 700.0 * (10f64.powf(m / 2595.0) - 1.0);
        let [low, middle, high] = [0, 1, 2].map(|i| hertz(step * (band + i) as f64));
        let mut magnitude = 0.0;
        for bin in 0..=size / 2 {
            let f = bin as f64 * f64::from(architecture.sampling_rate) / size as f64;
            let weight = ((f - low) / (middle - low)).min((high - f) / (high - middle));
            if weight <= 0.0 {
                continue;
            }
            let (mut re, mut im) = (0.0, 0.0);
            for place in 0..size {
                let sample = (frame * stem.stride + place) as isize - (size / 2) as isize;
                let inside = place as isize - ((size - stem.kernel) / 2) as isize;
                if sample < 0 || sample >= samples.len() as isize || inside < 0 || inside >= stem.kernel as isize {
                    continue;
                }
                let hann = 0.5 - 0.5 * (2.0 * PI * inside as f64 / stem.kernel as f64).cos();
                let angle = -2.0 * PI * bin as f64 * place as f64 / size as f64;
                re += f64::from(samples[sample as usize]) * hann * angle.cos();
                im += f64::from(samples[sample as usize]) * hann * angle.sin();
            }
            magnitude += weight * (re * re + im * im).sqrt();
        }
        (1.0 + 10.0 * magnitude).ln()
    }

    #[test]
    fn frames_are_those_of_the_definition() {
        for preset in ["mel:4,729,729", "mel:5,729,243", "mel:6,81,81"] {
            let architecture = Architecture::preset(preset).unwrap();
            let mel = Mel::new(&architecture).unwrap();
            assert_eq!(mel.frames(), architecture.block_input(0).1);
            assert_eq!((mel.bands(), mel.empty_bands()), (128, 0));
            let stream = Philox::new(4, Purpose::Synthesise, 0);
            let samples: Vec<f32> = (0..architecture.input_length as u64).map(|i| stream.uniform(i) - 0.5).collect();
            let (mut scratch, mut out) = (mel.scratch(), vec![0.0; 128]);
            for frame in [0, 1, mel.frames() / 2, mel.frames() - 1] {
                mel.frame(&mut scratch, &samples, frame, &mut out).unwrap();
                for band in [0, 7, 60, 127] {
                    let expected = twin(&architecture, &samples, frame, band);
                    let error = (f64::from(out[band]) - expected).abs() / expected.abs().max(1.0);
                    assert!(error < 1e-5, "{preset}, frame {frame}, band {band}: {} for {expected}", out[band]);
                }
            }
        }
    }

    #[test]
    fn silence_is_zero_and_wrong_sizes_are_refused() {
        let architecture = Architecture::preset("mel:4,729,729").unwrap();
        let mel = Mel::new(&architecture).unwrap();
        let (mut scratch, mut out) = (mel.scratch(), vec![1.0; 128]);
        let silence = vec![0.0; architecture.input_length];
        mel.frame(&mut scratch, &silence, 3, &mut out).unwrap();
        assert!(out.iter().all(|&v| v == 0.0));
        assert!(mel.frame(&mut scratch, &silence[1..], 3, &mut out).is_err());
        assert!(mel.frame(&mut scratch, &silence, mel.frames(), &mut out).is_err());
        assert!(Mel::new(&Architecture::preset("3^9").unwrap()).is_err());
    }
}
