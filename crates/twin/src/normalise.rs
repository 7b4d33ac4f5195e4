//! The normalisation of the waveform.

use net::InputNormalisation;

use super::Variables;

/// ln(1 + mu |x|) / ln(1 + mu) uses this mu.
const MU: f64 = 255.0;

/// The normalised value of each sample of `x`.
pub fn forward(kind: InputNormalisation, variables: &Variables, x: &[f64]) -> Vec<f64> {
    match kind {
        InputNormalisation::None => x.to_vec(),
        InputNormalisation::Standardise => {
            let (mean, deviation) = (variables.get("input.mean")[0], variables.get("input.deviation")[0]);
            x.iter().map(|x| (x - mean) / deviation).collect()
        }
        InputNormalisation::SignedLog => {
            x.iter().map(|x| x.signum() * (1.0 + MU * x.abs()).ln() / (1.0 + MU).ln()).collect()
        }
    }
}

/// The gradient of `x` from `d`, the gradient of its normalised values.
pub fn backward(kind: InputNormalisation, variables: &Variables, x: &[f64], d: &[f64]) -> Vec<f64> {
    match kind {
        InputNormalisation::None => d.to_vec(),
        InputNormalisation::Standardise => {
            let deviation = variables.get("input.deviation")[0];
            d.iter().map(|d| d / deviation).collect()
        }
        InputNormalisation::SignedLog => {
            d.iter().zip(x).map(|(d, x)| d * MU / ((1.0 + MU).ln() * (1.0 + MU * x.abs()))).collect()
        }
    }
}
