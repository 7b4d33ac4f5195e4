//! Values that are reduced over the segments of a clip, one segment after another.

use engine_core::Reduction;

/// The sums or the largest of the values so far.
pub(crate) struct Reduced {
    by: Reduction,
    values: Vec<f64>,
}

impl Reduced {
    /// The start for `width` values, none of which is below `least`.
    pub(crate) fn new(by: Reduction, width: usize, least: f64) -> Self {
        let first = match by {
            Reduction::Max => least,
            Reduction::Mean => 0.0,
        };
        Self { by, values: vec![first; width] }
    }

    /// Adds the values of a segment.
    pub(crate) fn add(&mut self, segment: impl IntoIterator<Item = f64>) {
        let pairs = self.values.iter_mut().zip(segment);
        match self.by {
            Reduction::Max => pairs.for_each(|(largest, value)| *largest = largest.max(value)),
            Reduction::Mean => pairs.for_each(|(sum, value)| *sum += value),
        }
    }

    /// The result over `count` segments; zeros without any.
    pub(crate) fn over(&self, count: usize) -> Vec<f32> {
        let result = |&value: &f64| match self.by {
            Reduction::Max if count == 0 => 0.0,
            Reduction::Max => value as f32,
            Reduction::Mean => (value / count.max(1) as f64) as f32,
        };
        self.values.iter().map(result).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_reduced_to_their_means_or_their_largest_values() {
        for (by, expected) in [(Reduction::Mean, [-2.0, 1.0]), (Reduction::Max, [-1.0, 4.0])] {
            let mut reduced = Reduced::new(by, 2, f64::NEG_INFINITY);
            assert_eq!(reduced.over(0), [0.0, 0.0]);
            reduced.add([-1.0, -2.0]);
            reduced.add([-3.0, 4.0]);
            assert_eq!(reduced.over(2), expected);
        }
    }
}
