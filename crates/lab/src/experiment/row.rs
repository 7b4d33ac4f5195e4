//! One training's row in the table of an experiment.

use std::path::PathBuf;

use error::Result;
use net::Architecture;
use serde::{Deserialize, Serialize};
use train::{Timing, TrainDone};

use super::spec::{Spec, TrainingSpec};

/// The published numbers of a training; null where none are published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Published {
    /// Trainable parameters, as rounded as they are printed.
    pub parameters: Option<u64>,
    /// Training time against the reference.
    pub time_ratio: Option<f64>,
    /// Macro area under the ROC curve.
    pub roc_auc: Option<f64>,
}

/// Training time against the reference.
#[derive(Clone, Debug, PartialEq, Serialize)]
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

/// One training of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename = "row", rename_all = "camelCase")]
pub struct Row {
    /// Name of the experiment.
    pub experiment: String,
    /// Which training.
    pub id: String,
    /// Preset.
    pub architecture: String,
    /// Sampling rate in Hz.
    pub rate: u32,
    /// Filter of the stem, then the pools, bottom to top.
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
    /// How long it took against the reference.
    pub time_ratio: Ratios,
    /// The published numbers.
    pub published: Published,
    /// The run folder, absolute.
    pub run: PathBuf,
}

impl Row {
    /// The row of `training`, which came to `done`; `reference` is the id and the times of the reference.
    pub(super) fn new(
        spec: &Spec,
        training: &TrainingSpec,
        done: &TrainDone,
        reference: &(String, Timing),
    ) -> Result<Self> {
        let architecture = Architecture::preset(&training.architecture)?;
        let ratio = |ours: f64, theirs: f64| if theirs > 0.0 { ours / theirs } else { f64::NAN };
        let (id, times) = reference;
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
            time_ratio: Ratios {
                reference: id.clone(),
                step: ratio(done.seconds.step, times.step),
                epoch: ratio(done.seconds.epoch, times.epoch),
                total: ratio(done.seconds.total, times.total),
            },
            published: training.published,
            run: done.run.clone(),
        })
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
