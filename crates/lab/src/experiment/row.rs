//! The row of one training in the table of an experiment.

use std::path::PathBuf;

use error::Result;
use net::Architecture;
use serde::{Deserialize, Serialize};
use train::{Timing, TrainDone};
use ts_rs::TS;

use super::spec::{Published, Spec, TrainingSpec};

/// The training time relative to the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Ratios {
    /// Id of the reference training.
    pub reference: String,
    /// Ratio of the median step times.
    pub step: f64,
    /// Ratio of the times of all steps of an epoch, without validation.
    pub epoch: f64,
    /// Ratio of the times to the end of the schedule.
    pub total: f64,
}

/// A training of an experiment is complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename = "ExperimentRow")]
#[serde(tag = "type", rename = "row", rename_all = "camelCase")]
pub struct Row {
    /// Name of the experiment.
    pub experiment: String,
    /// Id of the training; also the name of its run folder.
    pub id: String,
    /// The preset.
    pub architecture: String,
    /// Sampling rate in Hz.
    pub rate: u32,
    /// Filter length of the first layer, then the pool sizes from bottom to top: `3-3-3-3-2-2-4-4-2-2`.
    pub digits: String,
    /// Samples per segment.
    pub input_length: usize,
    /// Number of trainable parameters.
    pub parameters: usize,
    /// Macro-averaged area under the ROC curve on the test clips; null if no tag has both positives and negatives.
    pub roc_auc: Option<f64>,
    /// Macro-averaged average precision on the test clips; null if no tag has both positives and negatives.
    pub pr_auc: Option<f64>,
    /// Share of test clips whose highest score is that of their tag; null when multi-label.
    pub accuracy: Option<f64>,
    /// Number of epochs trained.
    pub epochs: usize,
    /// The durations of the training.
    pub seconds: Timing,
    /// The durations relative to the reference of the published ratios; null until that training is in the same folder.
    #[ts(inline)]
    pub time_ratio: Option<Ratios>,
    /// The published results; null if none are published.
    #[ts(inline)]
    pub published: Published,
    /// Kind of the dataset on which the published `rocAuc` was measured, such as `mtat`.
    #[serde(default)]
    pub published_on: String,
    /// Kind of the dataset that was used for this training.
    #[serde(default)]
    pub dataset: String,
    /// The run folder, absolute.
    pub run: PathBuf,
}

impl Row {
    /// The row of `training` with the result `done` on a dataset of the kind `dataset`; without ratios.
    pub(super) fn new(spec: &Spec, training: &TrainingSpec, done: &TrainDone, dataset: &str) -> Result<Self> {
        let architecture = Architecture::preset(&training.architecture)?;
        Ok(Self {
            experiment: spec.name.clone(),
            id: training.id.clone(),
            architecture: training.architecture.clone(),
            rate: architecture.sampling_rate,
            digits: digits(&architecture),
            input_length: architecture.input_length,
            parameters: done.parameters,
            roc_auc: done.test.roc_auc,
            pr_auc: done.test.pr_auc,
            accuracy: done.test.accuracy,
            epochs: done.epochs,
            seconds: done.seconds,
            time_ratio: None,
            published: training.published,
            published_on: spec.dataset.clone(),
            dataset: dataset.to_owned(),
            run: done.run.clone(),
        })
    }

    /// Whether the published area was measured on the same kind of dataset.
    pub(super) fn is_comparable(&self) -> bool {
        self.dataset == self.published_on
    }

    /// Sets the time ratios relative to `reference`, if it is known.
    pub(super) fn compare(&mut self, reference: Option<&(String, Timing)>) {
        self.time_ratio = reference.and_then(|(id, times)| {
            let ratio = |ours: f64, theirs: f64| (theirs > 0.0).then(|| ours / theirs);
            Some(Ratios {
                reference: id.clone(),
                step: ratio(self.seconds.step, times.step)?,
                epoch: ratio(self.seconds.epoch, times.epoch)?,
                total: ratio(self.seconds.total, times.total)?,
            })
        });
    }
}

/// `3-3-3-3-2-2-4-4-2-2`: the stride of the stem, then the pool sizes.
fn digits(architecture: &Architecture) -> String {
    let stem = architecture.stem.iter().map(|stem| stem.stride);
    let digits: Vec<String> = stem.chain(architecture.blocks.iter().map(|b| b.pool)).map(|d| d.to_string()).collect();
    digits.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_paper() {
        let of = |name: &str| digits(&Architecture::preset(name).unwrap());
        assert_eq!(of("rate:2000"), "3-3-3-3-2-2-2-2-2-2");
        assert_eq!(of("rate:16000"), "3-3-3-3-3-3-3-5-2-2");
        assert_eq!(of("rate:22050"), "3-3-3-3-3-3-3-3-3-3");
    }
}
