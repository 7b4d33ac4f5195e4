//! Gain, with clipping at full scale.

/// Multiplies `samples` by `decibels`, and clips them at -1 and 1. Returns also how many samples were clipped.
pub(super) fn amplify(mut samples: Vec<f32>, decibels: f64) -> (Vec<f32>, usize) {
    let factor = amplitude(decibels) as f32;
    let mut clipped = 0;
    for sample in &mut samples {
        *sample *= factor;
        if sample.abs() > 1.0 {
            *sample = sample.signum();
            clipped += 1;
        }
    }
    (samples, clipped)
}

/// The factor of amplitudes that `decibels` are.
pub(super) fn amplitude(decibels: f64) -> f64 {
    10f64.powf(decibels / 20.0)
}
