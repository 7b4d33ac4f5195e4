//! The training protocols of the classifier.

use error::{Code, Error, Result};
use options::probe as table;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How features are standardised before the first layer, with statistics of the training clips.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Standardise {
    /// One mean and one deviation for each feature.
    Feature,
    /// One mean and one deviation over all values, as in the GTZAN script of the papers' first author.
    Global,
    /// Features are used as they are.
    None,
}

/// The normalisation before the ReLU of each hidden layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum HiddenNorm {
    /// None.
    None,
    /// Batch normalisation: epsilon 1e-5, weight of the new batch in the running statistics 0.1.
    Batch,
}

/// The update rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum UpdateRule {
    /// Adam: beta 0.9 and 0.999, epsilon 1e-8.
    Adam,
    /// Stochastic gradient descent with Nesterov momentum 0.9.
    Sgd,
}

/// The name of a protocol: the values of all settings that the options leave out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProtocolName {
    /// The completion that protocols.md 6 proposes where the papers are silent: standardised features, dropout 0.5,
    /// Adam at 1e-3, batches of 128, rate x 0.2 after 3 epochs without a new minimum, end after 10.
    #[default]
    Adam,
    /// The settings of the DCASE 2017 classifier of the papers' first author, with the layer sizes of the paper
    /// (protocols.md 6): features as they are, no dropout, SGD with Nesterov momentum at 4e-4, decay 1e-6, batches of
    /// 23, end after 5 epochs without a new minimum.
    KaistFeatures,
    /// The settings of the GTZAN script of the same author (protocols.md 6): one global mean and deviation, SGD with
    /// Nesterov momentum at 0.01, batches of 16, end after 8 epochs without a new minimum, mean of 10 trainings.
    KaistGtzan,
}

/// The factor of the learning rate after a plateau.
pub const PLATEAU_FACTOR: f64 = 0.2;

/// Nesterov momentum of [`UpdateRule::Sgd`].
pub const MOMENTUM: f64 = 0.9;

/// All settings of the training of a classifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename = "ProbeProtocol")]
#[serde(rename_all = "camelCase")]
pub struct Protocol {
    /// Sizes of the hidden layers; empty for a linear probe.
    pub hidden: Vec<usize>,
    /// Normalisation before the ReLU of each hidden layer.
    #[ts(inline)]
    pub norm: HiddenNorm,
    /// Share of the outputs of each hidden layer that a training step drops, 0 to below 1.
    pub dropout: f64,
    /// How features are standardised.
    #[ts(inline)]
    pub standardise: Standardise,
    /// The update rule.
    #[ts(inline)]
    pub optimiser: UpdateRule,
    /// The first learning rate.
    pub learning_rate: f64,
    /// Learning rate decay: update t, from 0, uses the learning rate / (1 + decay t).
    pub decay: f64,
    /// Clips in one step.
    pub batch_size: usize,
    /// Number of consecutive epochs without a new minimum of the validation loss after which the learning rate is
    /// multiplied by 0.2; 0: never.
    pub plateau: usize,
    /// Number of consecutive epochs without a new minimum of the validation loss after which the training ends.
    pub patience: usize,
    /// Maximum number of epochs.
    pub epochs: usize,
}

/// Sizes of the hidden layers of the paper's classifier.
pub const PAPER_HIDDEN: [usize; 2] = [4096, 4096];

impl Protocol {
    /// The settings of the protocol `name`.
    pub fn named(name: ProtocolName) -> Self {
        let adam = Self {
            hidden: PAPER_HIDDEN.to_vec(),
            norm: HiddenNorm::None,
            dropout: 0.5,
            standardise: Standardise::Feature,
            optimiser: UpdateRule::Adam,
            learning_rate: 1e-3,
            decay: 0.0,
            batch_size: 128,
            plateau: 3,
            patience: 10,
            epochs: table::EPOCHS.default,
        };
        let kaist = Self {
            dropout: 0.0,
            standardise: Standardise::None,
            optimiser: UpdateRule::Sgd,
            learning_rate: 4e-4,
            decay: 1e-6,
            batch_size: 23,
            plateau: 0,
            patience: 5,
            ..adam.clone()
        };
        match name {
            ProtocolName::Adam => adam,
            ProtocolName::KaistFeatures => kaist,
            ProtocolName::KaistGtzan => {
                Self { standardise: Standardise::Global, learning_rate: 0.01, batch_size: 16, patience: 8, ..kaist }
            }
        }
    }

    /// The number of trainings that the protocol `name` averages.
    pub fn seeds(name: ProtocolName) -> usize {
        match name {
            ProtocolName::Adam | ProtocolName::KaistFeatures => 1,
            ProtocolName::KaistGtzan => 10,
        }
    }

    /// Refuses settings out of their bounds.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], naming the option and the value received.
    pub fn validate(&self) -> Result<()> {
        for &size in &self.hidden {
            table::HIDDEN.check(size)?;
            if size == 0 {
                let message = format!(
                    "hidden must be a list of sizes above 0, or 0 alone for a linear probe, received {:?}",
                    self.hidden
                );
                return Err(Error::new(Code::InvalidOption, message));
            }
        }
        table::DROPOUT.check(self.dropout)?;
        table::LEARNING_RATE.check(self.learning_rate)?;
        table::DECAY.check(self.decay)?;
        table::BATCH_SIZE.check(self.batch_size)?;
        table::PLATEAU.check(self.plateau)?;
        table::PATIENCE.check(self.patience)?;
        table::EPOCHS.check(self.epochs)
    }

    /// The number of trainable parameters of the classifier of `width` features and `outputs` tags: weights and biases,
    /// and a scale and a shift for each normalised output. The running statistics of a norm are not counted.
    pub fn parameters(&self, width: usize, outputs: usize) -> usize {
        let (mut inputs, mut count) = (width, 0);
        for &size in &self.hidden {
            count += (inputs + 1) * size;
            if self.norm == HiddenNorm::Batch {
                count += 2 * size;
            }
            inputs = size;
        }
        count + (inputs + 1) * outputs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_classifier_has_the_parameters_of_protocols_6() {
        let protocol = Protocol::named(ProtocolName::KaistFeatures);
        let counts = [512, 1536, 3072, 6144, 12288].map(|width| protocol.parameters(width, 50));
        assert_eq!(counts, [19_087_410, 23_281_714, 29_573_170, 42_156_082, 67_321_906]);
        let linear = Protocol { hidden: Vec::new(), ..protocol.clone() };
        assert_eq!(linear.parameters(512, 10), 5130);
        let normed = Protocol { norm: HiddenNorm::Batch, ..protocol.clone() };
        assert_eq!(normed.parameters(512, 50) - protocol.parameters(512, 50), 4 * 4096);
    }

    #[test]
    fn settings_out_of_bounds_name_the_option() {
        let good = Protocol::named(ProtocolName::Adam);
        good.validate().unwrap();
        let refused = |name: &str, bad: Protocol| {
            let failure = bad.validate().unwrap_err();
            assert!(failure.code == Code::InvalidOption && failure.message.contains(name), "{failure}");
        };
        refused("hidden", Protocol { hidden: vec![8, 0], ..good.clone() });
        refused("dropout", Protocol { dropout: 1.0, ..good.clone() });
        refused("learningRate", Protocol { learning_rate: 0.0, ..good.clone() });
        refused("batchSize", Protocol { batch_size: 0, ..good.clone() });
        refused("patience", Protocol { patience: 0, ..good.clone() });
        refused("epochs", Protocol { epochs: 0, ..good });
    }
}
