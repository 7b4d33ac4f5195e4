//! The normalisation of a network's waveform, which is the same for all backends: a plan passes normalised samples to
//! its backend.

use error::{Code, Error, Result};
use net::{Architecture, InputNormalisation, Layout, Parameters, TensorRole, SIGNED_LOG_MU};

use crate::segments::{sample_value, Segments};

/// The normalisation of a network's waveform, as a function of each sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Normaliser {
    /// `(x - mean) / deviation`.
    Standardise {
        /// The mean of the training set's samples.
        mean: f32,
        /// Their standard deviation, above 0.
        deviation: f32,
    },
    /// `sign(x) ln(1 + mu |x|) / ln(1 + mu)` with mu = [`SIGNED_LOG_MU`].
    SignedLog,
}

impl Normaliser {
    /// The normalisation of `architecture`, with the statistics in `parameters`, which must have its `layout`; `None`
    /// if it has none.
    ///
    /// # Errors
    /// [`Code::CheckpointMismatch`] for statistics that are not finite, and a deviation that is not above 0.
    pub fn of(architecture: &Architecture, layout: &Layout, parameters: &Parameters) -> Result<Option<Self>> {
        match architecture.input_normalisation {
            InputNormalisation::None => Ok(None),
            InputNormalisation::SignedLog => Ok(Some(Self::SignedLog)),
            InputNormalisation::Standardise => {
                let value = |role| {
                    let spec = layout.tensors.iter().find(|spec| spec.role == role);
                    spec.and_then(|spec| parameters.tensor(spec).first().copied()).unwrap_or(f32::NAN)
                };
                let (mean, deviation) = (value(TensorRole::InputMean), value(TensorRole::InputDeviation));
                if mean.is_finite() && deviation.is_finite() && deviation > 0.0 {
                    return Ok(Some(Self::Standardise { mean, deviation }));
                }
                Err(Error::new(
                    Code::CheckpointMismatch,
                    format!(
                        "the input's mean and deviation must be finite and the deviation above 0, received {mean} and \
                         {deviation}; take those of the training data"
                    ),
                ))
            }
        }
    }

    /// The normalised value of the sample `x`.
    #[inline]
    pub fn value(self, x: f32) -> f32 {
        match self {
            Self::Standardise { mean, deviation } => (x - mean) / deviation,
            Self::SignedLog => ((MU * x.abs()).ln_1p() / LN_MU_1).copysign(x),
        }
    }

    /// The derivative of [`Normaliser::value`] at `x`; at 0 the signed logarithm has that of both sides.
    #[inline]
    pub fn derivative(self, x: f32) -> f32 {
        match self {
            Self::Standardise { deviation, .. } => 1.0 / deviation,
            Self::SignedLog => MU / (LN_MU_1 * (1.0 + MU * x.abs())),
        }
    }
}

/// mu, and ln(1 + mu) = 8 ln 2.
const MU: f32 = SIGNED_LOG_MU as f32;
const LN_MU_1: f32 = 8.0 * std::f32::consts::LN_2;

/// The normalisation in front of a backend, with memory for the normalised samples of a batch.
#[derive(Default)]
pub(crate) struct FrontEnd {
    normaliser: Option<Normaliser>,
    samples: Vec<f32>,
}

impl FrontEnd {
    /// Sets the normalisation; `None` passes segments on unchanged.
    pub(crate) fn set(&mut self, normaliser: Option<Normaliser>) {
        self.normaliser = normaliser;
    }

    /// The normalised segments. Segments in held audio are [`Code::Internal`], because their samples are not on the
    /// host; a plan with a normalisation holds no audio.
    pub(crate) fn apply<'a>(&'a mut self, segments: Segments<'a>) -> Result<Segments<'a>> {
        let Some(normaliser) = self.normaliser else { return Ok(segments) };
        let to = &mut self.samples;
        to.clear();
        match segments {
            Segments::Samples(samples) => to.extend(samples.iter().map(|&x| normaliser.value(x))),
            Segments::Pcm(samples) => to.extend(samples.iter().map(|&x| normaliser.value(sample_value(x)))),
            Segments::Held(_) => return Err(holds_nothing()),
        }
        Ok(Segments::Samples(to))
    }

    /// Converts `gradient`, the gradient with respect to the normalised samples of `segments`, to the gradient with
    /// respect to the waveform.
    pub(crate) fn chain(&self, segments: Segments, gradient: &mut [f32]) -> Result<()> {
        let Some(normaliser) = self.normaliser else { return Ok(()) };
        match segments {
            Segments::Samples(samples) => {
                gradient.iter_mut().zip(samples).for_each(|(d, &x)| *d *= normaliser.derivative(x));
            }
            Segments::Pcm(samples) => {
                gradient.iter_mut().zip(samples).for_each(|(d, &x)| *d *= normaliser.derivative(sample_value(x)));
            }
            Segments::Held(_) => return Err(holds_nothing()),
        }
        Ok(())
    }
}

fn holds_nothing() -> Error {
    Error::new(Code::Internal, "a plan that normalises its waveform holds no audio")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definitions in f64.
    fn definition(normaliser: Normaliser, x: f64) -> f64 {
        match normaliser {
            Normaliser::Standardise { mean, deviation } => (x - f64::from(mean)) / f64::from(deviation),
            Normaliser::SignedLog => x.signum() * (1.0 + 255.0 * x.abs()).ln() / 256f64.ln(),
        }
    }

    const ALL: [Normaliser; 2] = [Normaliser::Standardise { mean: -0.0625, deviation: 0.15 }, Normaliser::SignedLog];

    #[test]
    fn values_and_derivatives_are_those_of_the_definitions() {
        for normaliser in ALL {
            for x in [-1.0f32, -0.5, -1e-3, -1.0 / 32768.0, 1e-7, 2e-4, 0.03, 0.7, 1.0] {
                let wide = f64::from(x);
                let error = f64::from(normaliser.value(x)) - definition(normaliser, wide);
                assert!(error.abs() <= 3e-7 * definition(normaliser, wide).abs(), "{normaliser:?} {x}: {error:e}");
                let step = 1e-3 * wide.abs();
                let slope = (definition(normaliser, wide + step) - definition(normaliser, wide - step)) / (2.0 * step);
                let error = f64::from(normaliser.derivative(x)) - slope;
                assert!(error.abs() <= 1e-5 * slope, "{normaliser:?} at {x}: {error:e} of {slope}");
            }
        }
        assert_eq!(Normaliser::SignedLog.value(0.0), 0.0);
        assert_eq!([-1.0, 1.0].map(|x| Normaliser::SignedLog.value(x)), [-1.0, 1.0]);
        assert_eq!(f64::from(LN_MU_1), f64::from((1.0 + SIGNED_LOG_MU).ln() as f32));
    }

    #[test]
    fn both_forms_of_segments_are_normalised_and_held_ones_are_refused() {
        let mut front_end = FrontEnd::default();
        let pcm = [0i16, 16_384, -32_768];
        let samples = [0.0f32, 0.5, -1.0];
        assert!(matches!(front_end.apply(Segments::Pcm(&pcm)).unwrap(), Segments::Pcm(same) if same == pcm));
        for normaliser in ALL {
            front_end.set(Some(normaliser));
            for segments in [Segments::Samples(&samples), Segments::Pcm(&pcm)] {
                let expected = samples.map(|x| normaliser.value(x));
                let normalised = front_end.apply(segments).unwrap();
                assert!(matches!(normalised, Segments::Samples(values) if values == expected), "{normaliser:?}");
                let mut gradient = [1.0, 2.0, 3.0];
                front_end.chain(segments, &mut gradient).unwrap();
                let expected: Vec<f32> = (1..).zip(samples).map(|(d, x)| d as f32 * normaliser.derivative(x)).collect();
                assert_eq!(gradient[..], expected, "{normaliser:?}");
            }
            assert_eq!(front_end.apply(Segments::Held(&[])).unwrap_err().code, Code::Internal);
        }
    }
}
