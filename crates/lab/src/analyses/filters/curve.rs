//! The curve of sorted peak frequencies, and the curves that it is compared with.

use serde::Serialize;
use ts_rs::TS;

/// The numbers of one layer.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(rename = "FilterNumbers")]
pub struct LayerNumbers {
    /// Number of the layer: 1 is the stem, or the first block of a network without a stem.
    pub layer: usize,
    /// Number of filters.
    pub filters: usize,
    /// Filters without activation, which are left out of everything else.
    pub dead: usize,
    /// Share of the filters whose spectrum peaks below 1 kHz; null if all are dead.
    pub below1khz: Option<f64>,
    /// Correlation of the sorted peaks with frequencies that are evenly spaced on the mel scale; null for fewer than
    /// three filters or if all peaks are equal.
    pub mel_correlation: Option<f64>,
    /// Correlation with frequencies that are evenly spaced in Hz.
    pub linear_correlation: Option<f64>,
}

impl LayerNumbers {
    /// The numbers of a layer with the ascending `peaks` in Hz of its living filters.
    pub fn new(layer: usize, filters: usize, peaks: &[f64], sampling_rate: u32) -> Self {
        let top = f64::from(sampling_rate) / 2.0;
        let low = peaks.iter().filter(|peak| **peak < 1000.0).count();
        Self {
            layer,
            filters,
            dead: filters - peaks.len(),
            below1khz: (!peaks.is_empty()).then(|| low as f64 / peaks.len() as f64),
            mel_correlation: correlation(peaks, &mel_curve(peaks.len(), top)),
            linear_correlation: correlation(peaks, &linear_curve(peaks.len(), top)),
        }
    }
}

/// `count` frequencies from 0 to `top` Hz, evenly spaced on the mel scale 2595 log10(1 + f / 700).
pub(crate) fn mel_curve(count: usize, top: f64) -> Vec<f64> {
    let mel = (1.0 + top / 700.0).log10();
    linear_curve(count, mel).into_iter().map(|mel| 700.0 * (10f64.powf(mel) - 1.0)).collect()
}

/// `count` frequencies from 0 to `top` Hz, evenly spaced.
pub(crate) fn linear_curve(count: usize, top: f64) -> Vec<f64> {
    (0..count).map(|index| top * index as f64 / (count.max(2) - 1) as f64).collect()
}

/// Pearson's correlation; `None` for fewer than three values or if one curve is constant.
pub(crate) fn correlation(one: &[f64], other: &[f64]) -> Option<f64> {
    let count = one.len() as f64;
    if one.len() < 3 || one.len() != other.len() {
        return None;
    }
    let [a, b] = [one, other].map(|values| values.iter().sum::<f64>() / count);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in one.iter().zip(other) {
        ab += (x - a) * (y - b);
        aa += (x - a).powi(2);
        bb += (y - b).powi(2);
    }
    (aa > 0.0 && bb > 0.0).then(|| ab / (aa * bb).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_correlates_perfectly_with_itself_only() {
        let (mel, linear) = (mel_curve(128, 11025.0), linear_curve(128, 11025.0));
        assert_eq!((mel[0], linear[127]), (0.0, 11025.0));
        assert!((mel[127] - 11025.0).abs() < 1e-6);
        let numbers = LayerNumbers::new(2, 130, &mel, 22050);
        assert_eq!((numbers.layer, numbers.filters, numbers.dead), (2, 130, 2));
        assert!((numbers.mel_correlation.unwrap() - 1.0).abs() < 1e-12);
        assert!(numbers.linear_correlation.unwrap() < 0.95);
        // 1 kHz is at 1000 mel of 3169.
        assert!((numbers.below1khz.unwrap() - 1000.0 / 3169.0).abs() < 0.01, "{numbers:?}");
    }

    #[test]
    fn layers_without_a_curve_have_no_correlation() {
        let numbers = LayerNumbers::new(1, 4, &[], 8000);
        assert_eq!((numbers.dead, numbers.below1khz, numbers.mel_correlation), (4, None, None));
        assert_eq!(LayerNumbers::new(1, 4, &[500.0; 4], 8000).mel_correlation, None);
    }
}
