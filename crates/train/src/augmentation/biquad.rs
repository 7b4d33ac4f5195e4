//! Second-order filters, the sections of Butterworth filters.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// A second-order filter: y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2].
#[derive(Clone, Copy, Debug)]
pub struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
}

impl Biquad {
    /// Attenuates frequencies above `cutoff` Hz, by 3 dB at `cutoff`, at the sampling rate `rate` Hz.
    pub(super) fn low_pass(cutoff: f64, rate: f64) -> Self {
        Self::low_pass_section(cutoff, rate, FRAC_1_SQRT_2)
    }

    /// The sections of a Butterworth low-pass of an even `order`, at the sampling rate `rate` Hz: used one after the
    /// other, they lose 3 dB at `cutoff` Hz and 6 dB per octave and order above it.
    ///
    /// ```
    /// use train::Biquad;
    ///
    /// let mut impulse = vec![0.0; 64];
    /// impulse[0] = 1.0;
    /// for section in Biquad::butterworth_low_pass(6, 5000.0, 22050.0) {
    ///     section.filter(&mut impulse);
    /// }
    /// let gain_at_zero: f32 = impulse.iter().sum();
    /// assert!((gain_at_zero - 1.0).abs() < 1e-3);
    /// ```
    pub fn butterworth_low_pass(order: u32, cutoff: f64, rate: f64) -> impl Iterator<Item = Self> {
        let quality = move |section: u32| {
            let angle = PI * f64::from(2 * section + 1) / f64::from(2 * order);
            1.0 / (2.0 * angle.cos())
        };
        (0..order / 2).map(move |section| Self::low_pass_section(cutoff, rate, quality(section)))
    }

    fn low_pass_section(cutoff: f64, rate: f64, quality: f64) -> Self {
        let (cos, alpha) = Self::angle(cutoff, rate, quality);
        Self::normalised([(1.0 - cos) / 2.0, 1.0 - cos, (1.0 - cos) / 2.0], cos, alpha)
    }

    /// Attenuates frequencies below `cutoff` Hz, by 3 dB at `cutoff`, at the sampling rate `rate` Hz.
    pub(super) fn high_pass(cutoff: f64, rate: f64) -> Self {
        let (cos, alpha) = Self::angle(cutoff, rate, FRAC_1_SQRT_2);
        Self::normalised([(1.0 + cos) / 2.0, -1.0 - cos, (1.0 + cos) / 2.0], cos, alpha)
    }

    /// The bilinear transform with the cut-off frequency in its place.
    fn angle(cutoff: f64, rate: f64, quality: f64) -> (f64, f64) {
        let (sin, cos) = (2.0 * PI * cutoff / rate).sin_cos();
        (cos, sin / (2.0 * quality))
    }

    fn normalised(b: [f64; 3], cos: f64, alpha: f64) -> Self {
        let first = 1.0 + alpha;
        Self { b: b.map(|value| value / first), a: [-2.0 * cos / first, (1.0 - alpha) / first] }
    }

    /// Filters `samples` in place, from silence.
    pub fn filter(&self, samples: &mut [f32]) {
        let Self { b, a } = self;
        let (mut first, mut second) = (0.0, 0.0);
        for sample in samples {
            let x = f64::from(*sample);
            let y = b[0] * x + first;
            first = b[1] * x - a[0] * y + second;
            second = b[2] * x - a[1] * y;
            *sample = y as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The factor by which `filter` multiplies a tone of `frequency` Hz, after it has settled.
    fn factor(filter: Biquad, frequency: f64) -> f64 {
        let mut tone: Vec<f32> =
            (0..8000).map(|i| (2.0 * PI * frequency * f64::from(i) / 8000.0).sin() as f32).collect();
        filter.filter(&mut tone);
        let power: f64 = tone[4000..].iter().map(|&sample| f64::from(sample).powi(2)).sum();
        (power / 2000.0).sqrt()
    }

    #[test]
    fn tones_pass_on_one_side_and_lose_three_decibels_at_the_cut_off() {
        let (low, high) = (Biquad::low_pass(500.0, 8000.0), Biquad::high_pass(500.0, 8000.0));
        assert!((factor(low, 500.0) - FRAC_1_SQRT_2).abs() < 1e-3);
        assert!((factor(high, 500.0) - FRAC_1_SQRT_2).abs() < 1e-3);
        assert!(factor(low, 50.0) > 0.999 && factor(low, 2500.0) < 0.03);
        assert!(factor(high, 3000.0) > 0.999 && factor(high, 50.0) < 0.011);
    }

    #[test]
    fn a_low_pass_of_order_six_follows_the_formula_of_butterworth() {
        let sections: Vec<Biquad> = Biquad::butterworth_low_pass(6, 500.0, 8000.0).collect();
        assert_eq!(sections.len(), 3);
        // The bilinear transform bends the frequencies: tan(pi f / rate) takes the place of f.
        let bent = |frequency: f64| (PI * frequency / 8000.0).tan();
        for frequency in [100.0, 400.0, 500.0, 700.0, 1000.0] {
            let expected = 1.0 / (1.0 + (bent(frequency) / bent(500.0)).powi(12)).sqrt();
            let measured: f64 = {
                let tone = |i: i32| (2.0 * PI * frequency * f64::from(i) / 8000.0).sin() as f32;
                let mut tone: Vec<f32> = (0..8000).map(tone).collect();
                sections.iter().for_each(|section| section.filter(&mut tone));
                let power: f64 = tone[4000..].iter().map(|&sample| f64::from(sample).powi(2)).sum();
                (power / 2000.0).sqrt()
            };
            assert!((measured - expected).abs() < 1e-3, "{frequency} Hz: {measured}, expected {expected}");
        }
    }
}
