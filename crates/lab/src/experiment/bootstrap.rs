//! The metrics of a run in every draw of the bootstrap over clips, for the uncertainty of cells.

use std::path::Path;

use error::Result;
use train::metrics::{Draws, DRAWS};
use train::run::TestPredictions;

use super::spec::Measure;
use super::test_clips::predictions;

/// The metrics of one run in every draw; a metric that does not apply is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RunDraws(Draws);

impl RunDraws {
    /// The metrics of the run in `folder`, of a training or of a classifier on features; `None` if it has saved no
    /// predictions.
    ///
    /// # Errors
    /// Those of [`TestPredictions::read`] and of [`predictions`].
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>> {
        let found = match predictions(folder)? {
            Some((found, _)) => Some(found),
            None => TestPredictions::read(folder)?,
        };
        Ok(found.map(|predictions| Self::of(&predictions, DRAWS)))
    }

    /// The metrics of `predictions` in each of `count` draws.
    pub(crate) fn of(predictions: &TestPredictions, count: usize) -> Self {
        Self(Draws::of(&predictions.scored(&vec![true; predictions.tags]), count, 0))
    }

    /// The draws of a metric; empty if it does not apply.
    pub(crate) fn of_measure(&self, measure: Measure) -> &[f64] {
        match measure {
            Measure::RocAuc => &self.0.roc_auc,
            Measure::PrAuc => &self.0.pr_auc,
            Measure::Accuracy => &self.0.accuracy,
            _ => &[],
        }
    }
}
