//! One training's row in the table of an experiment.

use std::path::PathBuf;

use error::Result;
use net::Architecture;
use serde::{Deserialize, Serialize};
use train::{Timing, TrainDone};
use ts_rs::TS;

use super::spec::{Published, Spec, TrainingSpec};

/// Training time against the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Ratios {
    /// Id of the reference.
    pub reference: String,
    /// Of the median step.
    pub step: f64,
    /// Of an epoch's steps, without validation.
    pub epoch: f64,
    /// To the end of the schedule.
    pub total: f64,
}

/// One training of an experiment is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename = "ExperimentRow")]
#[serde(tag = "type", rename = "row", rename_all = "camelCase")]
pub struct Row {
    /// Name of the experiment.
    pub experiment: String,
    /// Which training; the name of its run folder.
    pub id: String,
    /// Preset.
    pub architecture: String,
    /// Sampling rate in Hz.
    pub rate: u32,
    /// Filter of the first layer, then the pools, bottom to top: `3-3-3-3-2-2-4-4-2-2`.
    pub digits: String,
    /// Samples of a segment.
    pub input_length: usize,
    /// Trainable parameters.
    pub parameters: usize,
    /// Macro area under the ROC curve, test clips; null where no tag can be ranked.
    pub roc_auc: Option<f64>,
    /// Macro average precision, test clips; null where no tag can be ranked.
    pub pr_auc: Option<f64>,
    /// Share of test clips whose highest score is their tag; null when multi-label.
    pub accuracy: Option<f64>,
    /// Epochs trained.
    pub epochs: usize,
    /// How long it took.
    pub seconds: Timing,
    /// How long it took against the training to which the published ratio refers; null until that has been trained into the same
    /// folder.
    #[ts(inline)]
    pub time_ratio: Option<Ratios>,
    /// The published numbers; null where none are published.
    #[ts(inline)]
    pub published: Published,
    /// Kind of the dataset that the published `rocAuc` was measured on, such as `mtat`.
    #[serde(default)]
    pub published_on: String,
    /// Kind of the dataset that this was trained and measured on.
    #[serde(default)]
    pub dataset: String,
    /// The run folder, absolute.
    pub run: PathBuf,
}

impl Row {
    /// The row of `training`, which came to `done` on a dataset of the kind `dataset`; without ratios.
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

    /// Whether the published area was measured on the same data.
    pub(super) fn is_comparable(&self) -> bool {
        self.dataset == self.published_on
    }

    /// Compares its times with those of `reference`, if that is known.
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

/// `3-3-3-3-2-2-4-4-2-2`: the stem's stride and the pools.
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
