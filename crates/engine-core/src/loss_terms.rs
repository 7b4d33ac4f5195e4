//! Weights and smoothing of the targets in the loss.

use error::{Code, Error, Result};

/// How targets become a loss, where it is not the plain mean.
///
/// Multi-label: a target t counts as `t (1 - smoothing) + smoothing / 2`; the loss of a cell is
/// `-w t log p - (1 - t) log (1 - p)` with the weight w of the tag: the weight of its positives, as `pos_weight` of
/// PyTorch. Single-label: the class has the probability `1 - smoothing`, or each class of a distribution
/// `1 - smoothing` of its own, and `smoothing` is divided equally among all classes; the loss of a segment is the sum
/// over the classes of `-w q log p`. The mean is over all cells or segments, whatever their weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LossTerms {
    /// From 0 to below 1.
    pub smoothing: f32,
    /// The weight of every tag or class, above 0; empty for 1.
    pub weights: Vec<f32>,
}

impl LossTerms {
    /// Refuses numbers out of their bounds, and weights for another number of tags than `tags`, with
    /// [`Code::InvalidOption`].
    pub(crate) fn check(&self, tags: usize) -> Result<()> {
        let refuse = |why: String| Err(Error::new(Code::InvalidOption, why));
        if !(0.0..1.0).contains(&self.smoothing) {
            return refuse(format!("the smoothing must be from 0 to below 1, received {}", self.smoothing));
        }
        if !self.weights.is_empty() && self.weights.len() != tags {
            return refuse(format!("there must be {tags} weights, one for each tag, received {}", self.weights.len()));
        }
        match self.weights.iter().find(|&&weight| !(weight > 0.0 && weight.is_finite())) {
            Some(weight) => refuse(format!("a weight must be above 0, received {weight}")),
            None => Ok(()),
        }
    }

    /// The weight of a tag.
    #[inline]
    pub fn weight(&self, tag: usize) -> f32 {
        self.weights.get(tag).copied().unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoothing_and_weights_have_bounds() {
        let terms = |smoothing, weights: &[f32]| LossTerms { smoothing, weights: weights.to_vec() }.check(2);
        terms(0.0, &[]).unwrap();
        terms(0.1, &[1.0, 30.0]).unwrap();
        for (smoothing, weights) in
            [(1.0, &[][..]), (-0.1, &[]), (f32::NAN, &[]), (0.0, &[1.0]), (0.0, &[1.0, 0.0]), (0.0, &[f32::NAN, 1.0])]
        {
            assert_eq!(terms(smoothing, weights).unwrap_err().code, Code::InvalidOption, "{smoothing} {weights:?}");
        }
    }
}
