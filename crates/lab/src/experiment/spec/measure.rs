//! Measures: the numbers of a training that a column can show.

use net::{Architecture, StemKind};

use super::format::Format;
use crate::experiment::run::Run;

/// A number of a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Macro-averaged area under the ROC curve on the test clips.
    RocAuc,
    /// Macro-averaged average precision on the test clips.
    PrAuc,
    /// Share of test clips whose highest score is that of their tag.
    Accuracy,
    /// Number of trainable parameters.
    Parameters,
    /// Number of epochs trained.
    Epochs,
    /// Sampling rate in Hz.
    SamplingRate,
    /// Samples per segment.
    InputLength,
    /// Seconds per segment.
    InputSeconds,
    /// Layers with weights, without the output layer: the stem, the convolutions of the blocks, the hidden layer of the
    /// head.
    Layers,
    /// Median seconds of a step.
    StepSeconds,
    /// Seconds of the steps of an epoch.
    EpochSeconds,
    /// Seconds to the end of the schedule.
    TotalSeconds,
    /// Share of the samples that a distortion clipped at full scale.
    Clipped,
}

impl Measure {
    /// Every measure.
    pub const ALL: [Self; 13] = [
        Self::RocAuc,
        Self::PrAuc,
        Self::Accuracy,
        Self::Parameters,
        Self::Epochs,
        Self::SamplingRate,
        Self::InputLength,
        Self::InputSeconds,
        Self::Layers,
        Self::StepSeconds,
        Self::EpochSeconds,
        Self::TotalSeconds,
        Self::Clipped,
    ];

    /// The measure with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.name() == name)
    }

    /// The name in specs.
    pub fn name(self) -> &'static str {
        match self {
            Measure::RocAuc => "rocAuc",
            Measure::PrAuc => "prAuc",
            Measure::Accuracy => "accuracy",
            Measure::Parameters => "parameters",
            Measure::Epochs => "epochs",
            Measure::SamplingRate => "samplingRate",
            Measure::InputLength => "inputLength",
            Measure::InputSeconds => "inputSeconds",
            Measure::Layers => "layers",
            Measure::StepSeconds => "stepSeconds",
            Measure::EpochSeconds => "epochSeconds",
            Measure::TotalSeconds => "totalSeconds",
            Measure::Clipped => "clipped",
        }
    }

    /// The name for people.
    pub fn label(self) -> &'static str {
        match self {
            Measure::RocAuc => "ROC-AUC",
            Measure::PrAuc => "average precision",
            Measure::Accuracy => "accuracy",
            Measure::Parameters => "parameters",
            Measure::Epochs => "epochs",
            Measure::SamplingRate => "sampling rate",
            Measure::InputLength => "input length",
            Measure::InputSeconds => "input",
            Measure::Layers => "layers",
            Measure::StepSeconds => "time of a step",
            Measure::EpochSeconds => "time of an epoch",
            Measure::TotalSeconds => "time to the end",
            Measure::Clipped => "share of clipped samples",
        }
    }

    /// The unit, if it has one.
    pub fn unit(self) -> Option<&'static str> {
        match self {
            Measure::SamplingRate => Some("Hz"),
            Measure::InputLength => Some("samples"),
            Measure::InputSeconds | Measure::StepSeconds | Measure::EpochSeconds | Measure::TotalSeconds => Some("s"),
            _ => None,
        }
    }

    /// How its numbers are written.
    pub fn format(self) -> Format {
        match self {
            Measure::RocAuc | Measure::PrAuc | Measure::Accuracy | Measure::StepSeconds | Measure::Clipped => {
                Format::Decimals(4)
            }
            Measure::InputSeconds => Format::Decimals(3),
            Measure::EpochSeconds | Measure::TotalSeconds => Format::Decimals(1),
            _ => Format::Count,
        }
    }

    /// Whether it is a metric of the scores of the test clips.
    pub fn is_metric(self) -> bool {
        matches!(self, Measure::RocAuc | Measure::PrAuc | Measure::Accuracy)
    }

    /// Its value for a network; `None` if only a training tells it.
    pub(crate) fn of_network(self, architecture: &Architecture) -> Option<f64> {
        match self {
            Measure::SamplingRate => Some(f64::from(architecture.sampling_rate)),
            Measure::InputLength => Some(architecture.input_length as f64),
            Measure::InputSeconds => Some(architecture.input_length as f64 / f64::from(architecture.sampling_rate)),
            Measure::Layers => Some(layers(architecture) as f64),
            _ => None,
        }
    }

    /// Its value for a run; `None` if it does not apply, or if the training failed.
    pub(crate) fn of_run(self, run: &Run) -> Option<f64> {
        let result = run.result.as_ref()?;
        match self {
            Measure::RocAuc => result.test.roc_auc,
            Measure::PrAuc => result.test.pr_auc,
            Measure::Accuracy => result.test.accuracy,
            Measure::Parameters => Some(result.parameters as f64),
            Measure::Epochs => Some(result.epochs as f64),
            Measure::StepSeconds => Some(result.seconds.step),
            Measure::EpochSeconds => Some(result.seconds.epoch),
            Measure::TotalSeconds => Some(result.seconds.total),
            Measure::Clipped => result.clipped,
            _ => None,
        }
    }
}

/// Layers with weights, without the output layer.
fn layers(architecture: &Architecture) -> usize {
    let stem = architecture.stem.iter().filter(|stem| stem.kind == StemKind::Conv).count();
    stem + architecture.blocks.iter().map(|block| block.convs).sum::<usize>() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_counts_eleven_layers_of_3_9() {
        for (preset, expected) in [("3^9", 11), ("2^14", 16), ("mel:6,243,81", 7), ("raw:6,81,81", 8), ("res2", 20)] {
            assert_eq!(layers(&Architecture::preset(preset).unwrap()), expected, "{preset}");
        }
    }

    #[test]
    fn every_measure_is_found_by_its_name() {
        assert!(Measure::ALL.iter().all(|&measure| Measure::named(measure.name()) == Some(measure)));
    }
}
