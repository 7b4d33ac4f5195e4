//! Which tags of a clip are named if nothing else is asked for.

use super::card::CardOutput;
use super::Model;

/// The rule of a model whose card has one: at most `top` tags whose scores are above their thresholds.
#[derive(Clone, Debug, PartialEq)]
pub struct DefaultOutput {
    /// Largest number of tags.
    pub top: usize,
    /// For each tag the score above which it is named; `None` for a tag that is never named.
    pub thresholds: Vec<Option<f32>>,
}

impl Model {
    /// The rule of the card; `None` for a model without one. Thresholds are fitted on plain scores: for `calibrated`
    /// scores they are mapped by the calibration, which keeps the order of scores and so the decisions.
    pub fn default_output(&self, calibrated: bool) -> Option<DefaultOutput> {
        let CardOutput::Thresholds { top } = self.card.as_ref()?.output?;
        let thresholds = self.thresholds.clone()?;
        let thresholds = match self.calibration.as_ref().filter(|_| calibrated) {
            Some(calibration) => calibration.thresholds(&thresholds)?,
            None => thresholds,
        };
        Some(DefaultOutput { top, thresholds })
    }
}
