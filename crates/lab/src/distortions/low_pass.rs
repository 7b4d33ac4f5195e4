//! Low-pass filter without phase shift.

use error::{Code, Error, Result};
use realfft::RealFftPlanner;

/// The transition from pass band to stop band, as a share of the cutoff frequency.
const TRANSITION: f64 = 0.1;
/// Silence after the clip, in periods of the width of the transition: the filter rings there instead of at the start.
const PERIODS: f64 = 8.0;

/// Removes the frequencies of `samples` at `rate` Hz above `cutoff` Hz. The gain is 1 up to 0.95 of the cutoff, 1/2 at
/// the cutoff, and 0 from 1.05 of it on, with the shape of a cosine between.
///
/// # Errors
/// [`Code::Internal`] if a transform is refused, which would be a bug of this crate.
pub(super) fn filter(mut samples: Vec<f32>, cutoff: f64, rate: u32) -> Result<Vec<f32>> {
    let count = samples.len();
    let silence = (PERIODS * f64::from(rate) / (TRANSITION * cutoff)).ceil() as usize;
    let length = (count + silence).next_power_of_two();
    samples.resize(length, 0.0);
    let internal = |reason: realfft::FftError| Error::new(Code::Internal, format!("low-pass: {reason}"));
    let mut planner = RealFftPlanner::<f32>::new();
    let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
    let mut spectrum = forward.make_output_vec();
    forward.process(&mut samples, &mut spectrum).map_err(internal)?;
    for (bin, value) in spectrum.iter_mut().enumerate() {
        let hertz = bin as f64 * f64::from(rate) / length as f64;
        let place = ((hertz / cutoff - 1.0) / TRANSITION + 0.5).clamp(0.0, 1.0);
        let gain = 0.5 + 0.5 * (std::f64::consts::PI * place).cos();
        *value *= (gain / length as f64) as f32;
    }
    inverse.process(&mut spectrum, &mut samples).map_err(internal)?;
    samples.truncate(count);
    Ok(samples)
}
