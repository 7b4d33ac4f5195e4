//! Time stretch by a phase vocoder: the duration changes, the pitch stays.
//!
//! The method is that of Laroche and Dolson, "Improved phase vocoder time-scale modification of audio" (1999), with
//! identity phase locking. The advance of the phase between two output frames is measured in the input over the same
//! number of samples, so that no phase needs to be unwrapped.

use error::{Code, Error, Result};
use realfft::num_complex::Complex;
use realfft::RealFftPlanner;

/// Seconds of a frame: long enough to separate the partials of a low note.
const FRAME_SECONDS: f64 = 0.09;
/// Output frames per frame length.
const OVERLAP: usize = 4;
/// A peak is larger than this many bins on each side.
const NEIGHBOURS: usize = 2;

/// The duration of `samples` at `rate` Hz times `factor`: `round(samples * factor)` samples.
///
/// # Errors
/// [`Code::Internal`] if a transform is refused, which would be a bug of this crate.
pub(super) fn stretch(samples: &[f32], factor: f64, rate: u32) -> Result<Vec<f32>> {
    let length = ((f64::from(rate) * FRAME_SECONDS) as usize).next_power_of_two().max(64);
    let hop = length / OVERLAP;
    let wanted = (samples.len() as f64 * factor).round() as usize;
    let internal = |reason: realfft::FftError| Error::new(Code::Internal, format!("time stretch: {reason}"));

    let mut planner = RealFftPlanner::<f32>::new();
    let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
    let window: Vec<f32> = (0..length)
        .map(|n| (0.5 - 0.5 * (std::f64::consts::TAU * (n as f64 + 0.5) / length as f64).cos()) as f32)
        .collect();
    let mut frame = forward.make_input_vec();
    let (mut now, mut before) = (forward.make_output_vec(), forward.make_output_vec());
    let mut last: Vec<Complex<f32>> = Vec::new();
    let half = (length / 2) as i64;
    let mut analyse = |centre: i64, spectrum: &mut [Complex<f32>]| {
        for (n, (value, weight)) in frame.iter_mut().zip(&window).enumerate() {
            let place = centre - half + n as i64;
            let sample = usize::try_from(place).ok().and_then(|place| samples.get(place));
            *value = sample.map_or(0.0, |sample| sample * weight);
        }
        forward.process(&mut frame, spectrum)
    };

    // The output begins half a frame before its first sample, and ends half a frame after its last one.
    let frames = wanted.div_ceil(hop) + OVERLAP / 2 + 1;
    let mut sum = vec![0.0f32; (frames - 1) * hop + length];
    let mut weights = vec![0.0f32; sum.len()];
    let mut output = inverse.make_output_vec();
    for index in 0..frames {
        let centre = ((index * hop) as f64 / factor).round() as i64;
        analyse(centre, &mut now).map_err(internal)?;
        if index > 0 {
            analyse(centre - hop as i64, &mut before).map_err(internal)?;
            turn(&mut now, &before, &last);
        }
        last.clone_from(&now);
        // The inverse transform wants real values there.
        now[0].im = 0.0;
        now[length / 2].im = 0.0;
        inverse.process(&mut now, &mut output).map_err(internal)?;
        let place = index * hop..index * hop + length;
        let (sum, weights) = (&mut sum[place.clone()], &mut weights[place]);
        for (n, weight) in window.iter().enumerate() {
            sum[n] += output[n] * weight / length as f32;
            weights[n] += weight * weight;
        }
    }
    let whole = sum.iter().zip(&weights).map(|(value, weight)| value / weight.max(1e-3));
    Ok(whole.skip(length / 2).take(wanted).collect())
}

/// Turns the phases of the frame `now` so that each peak continues the output frame `last` as it continued the frame
/// `before` in the input. The bins around a peak turn with it.
fn turn(now: &mut [Complex<f32>], before: &[Complex<f32>], last: &[Complex<f32>]) {
    let power: Vec<f32> = now.iter().map(Complex::norm_sqr).collect();
    let is_peak = |bin: usize| {
        let around = power[bin.saturating_sub(NEIGHBOURS)..(bin + NEIGHBOURS + 1).min(power.len())].iter();
        power[bin] > 0.0 && around.copied().fold(0.0, f32::max) <= power[bin]
    };
    let peaks: Vec<usize> = (0..power.len()).filter(|&bin| is_peak(bin)).collect();
    let mut first = 0;
    for (index, &peak) in peaks.iter().enumerate() {
        // A region ends in the valley before the next peak.
        let end = peaks.get(index + 1).map_or(power.len(), |&next| {
            let valley = (peak..next).min_by(|a, b| power[*a].total_cmp(&power[*b]));
            valley.map_or(next, |valley| valley + 1)
        });
        let turned = last[peak] * before[peak].conj();
        let size = turned.norm();
        if size > f32::MIN_POSITIVE {
            now[first..end].iter_mut().for_each(|value| *value *= turned / size);
        }
        first = end;
    }
}
