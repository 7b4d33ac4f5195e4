//! A model with only some of its outputs.

use std::collections::HashSet;

use error::{Code, Error, Result};

use super::{Calibration, Model};
use crate::layout::{Layout, Parameters};
use crate::suggestion::did_you_mean;
use crate::Task;

/// The tensors with one row for each output.
const OUTPUT: [&str; 2] = ["head.out.weight", "head.out.bias"];

impl Model {
    /// The model with only the outputs `tags`, in this order, and their thresholds, calibration and scores in the card.
    /// Their scores do not change.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a single-label model, whose scores depend on all its tags, for no tags, for a tag
    /// that the model does not have (with the one that was probably meant), and for a tag given twice.
    pub fn with_tags(&self, tags: &[String]) -> Result<Self> {
        let refuse = |why: String| Error::new(Code::InvalidOption, format!("tags: {why}"));
        if self.task != Task::MultiLabel {
            let why = "the scores of a single-label model depend on all its tags: leave out tags";
            return Err(refuse(why.into()));
        }
        if tags.is_empty() {
            return Err(refuse("name at least one tag".into()));
        }
        let mut seen = HashSet::new();
        let mut rows = Vec::with_capacity(tags.len());
        for tag in tags {
            let Some(row) = self.tags.iter().position(|known| known == tag) else {
                let mut advice = did_you_mean(tag, self.tags.iter().map(String::as_str));
                if advice.is_empty() {
                    advice = format!("; it has {}", self.tags.join(", "));
                }
                return Err(refuse(format!("the model has no tag {tag:?}{advice}")).shown());
            };
            if !seen.insert(tag) {
                return Err(refuse(format!("{tag:?} is named twice: remove one of them")).shown());
            }
            rows.push(row);
        }
        let mut card = self.card.clone();
        card.iter_mut().for_each(|card| card.cut(tags, tags.len() < self.tags.len()));
        Ok(Self {
            architecture: self.architecture.clone(),
            tags: tags.to_vec(),
            task: self.task,
            licence: self.licence.clone(),
            training: self.training.clone(),
            thresholds: self.thresholds.as_ref().map(|all| rows.iter().map(|&row| all[row]).collect()),
            calibration: self.calibration.as_ref().map(|calibration| calibration.of_tags(&rows)),
            half: self.half,
            card,
            unknown: self.unknown.clone(),
            parameters: self.parameters_of(&rows),
        })
    }

    /// The parameters of the network with only the outputs `rows`.
    fn parameters_of(&self, rows: &[usize]) -> Parameters {
        let before = Layout::new(&self.architecture, self.tags.len());
        let after = Layout::new(&self.architecture, rows.len());
        let mut parameters = Parameters::zeros(&after);
        for (from, to) in before.tensors.iter().zip(&after.tensors) {
            let (values, chosen) = (self.parameters.tensor(from), parameters.tensor_mut(to));
            if OUTPUT.contains(&to.name.as_str()) {
                let width = values.len() / self.tags.len();
                for (row, chosen) in rows.iter().zip(chosen.chunks_exact_mut(width)) {
                    chosen.copy_from_slice(&values[row * width..][..width]);
                }
            } else {
                chosen.copy_from_slice(values);
            }
        }
        parameters
    }
}

impl Calibration {
    /// The map for a model with only the outputs `rows`.
    fn of_tags(&self, rows: &[usize]) -> Self {
        match self {
            Self::Platt { tags } => Self::Platt { tags: rows.iter().map(|&row| tags[row]).collect() },
            Self::Temperature { .. } => self.clone(),
        }
    }
}
