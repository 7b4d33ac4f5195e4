//! Pitch shift: a time stretch, and then playing it faster or slower.

use audio::Resampler;
use error::Result;

use super::stretch::stretch;

/// Shifts the pitch of `samples` at `rate` Hz by `semitones`. The number of samples stays.
///
/// # Errors
/// Those of [`Resampler`].
pub(super) fn shift(samples: &[f32], semitones: f64, rate: u32) -> Result<Vec<f32>> {
    let ratio = 2f64.powf(semitones / 12.0);
    // Played at this rate, the stretched clip has its old duration. Both rates are multiples of `UNIT`, so that the
    // resampler needs short blocks only; the ratio is still exact to 0.03 % (half a cent).
    let whole = |hertz: f64| ((hertz / UNIT).round() * UNIT) as u32;
    let (from, to) = (whole(BASE * ratio), whole(BASE));
    let stretched = stretch(samples, f64::from(from) / f64::from(to), rate)?;
    let mut resampler = Resampler::new(from, to)?;
    let mut shifted = Vec::with_capacity(samples.len() + 1);
    resampler.push(&stretched, &mut shifted)?;
    resampler.finish(&mut shifted)?;
    shifted.resize(samples.len(), 0.0);
    Ok(shifted)
}

/// The rate to which the resampler converts, in Hz: only the ratio of its rates matters.
const BASE: f64 = 32_000.0;
/// The greatest common divisor that the rates have at least, in Hz.
const UNIT: f64 = 16.0;
