//! Which tags of a clip are in its record.

use std::sync::Arc;

/// The tags of a clip that are in its record.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// Every tag, in the order of the model.
    All,
    /// The best tags by score; ties in the order of the model.
    Best {
        /// Largest number of tags.
        top: usize,
        /// Lowest score of a tag.
        threshold: f32,
    },
    /// The best tags above their own thresholds. Without any, the model abstains.
    AboveThresholds {
        /// Largest number of tags.
        top: usize,
        /// For each tag the score above which it is in the record; `None` for a tag that never is.
        thresholds: Arc<[Option<f32>]>,
    },
}

impl Selection {
    /// Indices into `scores` of the selected tags, in the order of the record.
    pub fn indices(&self, scores: &[f32]) -> Vec<usize> {
        let mut indices: Vec<usize> = (0..scores.len()).collect();
        let top = match self {
            Self::All => return indices,
            Self::Best { top, threshold } => {
                indices.retain(|&index| scores[index] >= *threshold);
                *top
            }
            Self::AboveThresholds { top, thresholds } => {
                let above = |index: usize| thresholds.get(index).copied().flatten().is_some_and(|t| scores[index] > t);
                indices.retain(|&index| above(index));
                *top
            }
        };
        indices.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        indices.truncate(top);
        indices
    }

    /// Whether a model says nothing about a clip of which `tags` tags were selected.
    pub fn abstains(&self, tags: usize) -> bool {
        matches!(self, Self::AboveThresholds { .. }) && tags == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tags_above_their_own_thresholds_are_named_and_without_any_the_model_abstains() {
        let thresholds = [Some(0.5), Some(0.2), None, Some(0.2)].into();
        let selection = Selection::AboveThresholds { top: 2, thresholds };
        assert_eq!(selection.indices(&[0.6, 0.3, 0.9, 0.3]), [0, 1], "ties in the order of the model");
        assert_eq!(selection.indices(&[0.5, 0.2, 0.9, 0.1]), [0usize; 0], "a threshold must be exceeded");
        assert!(selection.abstains(0) && !selection.abstains(1));
        let best = Selection::Best { top: 2, threshold: 0.95 };
        assert!(best.indices(&[0.6, 0.3]).is_empty() && !best.abstains(0), "the user has set the threshold");
    }
}
