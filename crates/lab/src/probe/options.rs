//! The options of `probe`.

use std::path::PathBuf;

use audio::SegmentPolicy;
use engine::{Embedding, Precision};
use error::Result;
use net::Task;
use options::probe as table;
use serde::{Deserialize, Serialize};
use train::dataset::DatasetOptions;
use train::{EmbedRequest, SegmentRule};

use super::protocol::{HiddenNorm, Protocol, ProtocolName, Standardise, UpdateRule};

/// Segments that the network of a model computes at once.
const BATCH: usize = 23;

/// Options of [`super::probe()`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProbeOptions {
    /// Features (an .npy file beside a .jsonl file of the same name) or a model file.
    pub source: PathBuf,
    /// The dataset. Clips are matched to the rows of the features by path.
    pub dataset: DatasetOptions,
    /// The folder of the result. It is created if it is missing.
    pub out: PathBuf,
    /// Replaces the probe in `out`. Default: false.
    #[serde(default)]
    pub force: bool,
    /// The protocol: the values of the following options that are `None`. Default: `adam`.
    #[serde(default)]
    pub protocol: ProtocolName,
    /// Whether tags exclude each other. Default: the kind of the dataset decides.
    #[serde(default)]
    pub task: Option<Task>,
    /// Sizes of the hidden layers; `[0]` for a linear probe.
    #[serde(default)]
    pub hidden: Option<Vec<usize>>,
    /// Normalisation of the hidden layers.
    #[serde(default)]
    pub norm: Option<HiddenNorm>,
    /// Share of dropped outputs.
    #[serde(default)]
    pub dropout: Option<f64>,
    /// How features are standardised.
    #[serde(default)]
    pub standardise: Option<Standardise>,
    /// The update rule.
    #[serde(default)]
    pub optimiser: Option<UpdateRule>,
    /// The first learning rate.
    #[serde(default)]
    pub learning_rate: Option<f64>,
    /// Learning rate decay per update.
    #[serde(default)]
    pub decay: Option<f64>,
    /// Clips in one step.
    #[serde(default)]
    pub batch_size: Option<usize>,
    /// Epochs without a new minimum until the rate falls; 0: never.
    #[serde(default)]
    pub plateau: Option<usize>,
    /// Epochs without a new minimum until the end.
    #[serde(default)]
    pub patience: Option<usize>,
    /// Maximum number of epochs. Default: 200.
    #[serde(default = "default_epochs")]
    pub epochs: usize,
    /// Number of trainings, with consecutive seeds.
    #[serde(default)]
    pub seeds: Option<usize>,
    /// Seed of the first training, and of a drawn split. Default: 0.
    #[serde(default)]
    pub seed: u64,
    /// The hidden layers whose outputs are the features, joined in this order. With a file of features they must be
    /// those of the file. Default: -1 if a model computes the features.
    #[serde(default)]
    pub levels: Option<Vec<i32>>,
    /// Segments of each clip, if a model computes the features. Default: overlapping ones for the protocols of KAIST;
    /// else as in the training of the model, else all.
    #[serde(default)]
    pub segments: Option<SegmentPolicy>,
    /// Seconds of each clip, if a model computes the features. Default: as in the training of the model, else all.
    #[serde(default)]
    pub clip_seconds: Option<f64>,
    /// `auto`, `cpu`, `cuda` or `cuda:N`. Default: `auto`.
    #[serde(default = "default_device")]
    pub device: String,
    /// Arithmetic precision of the network that computes the features. Default: f32.
    #[serde(default)]
    pub precision: Precision,
    /// Threads; 0: one per physical core. Default: 0.
    #[serde(default)]
    pub threads: usize,
    /// Folder for prepared audio. Default: the user's cache folder.
    #[serde(default)]
    pub cache: Option<PathBuf>,
}

fn default_epochs() -> usize {
    table::EPOCHS.default
}

fn default_device() -> String {
    table::DEVICE.to_owned()
}

impl ProbeOptions {
    /// The default options for the features or the model `source`, on `dataset`, into the folder `out`.
    pub fn new(source: impl Into<PathBuf>, dataset: DatasetOptions, out: impl Into<PathBuf>) -> Self {
        Self {
            source: source.into(),
            dataset,
            out: out.into(),
            force: false,
            protocol: ProtocolName::default(),
            task: None,
            hidden: None,
            norm: None,
            dropout: None,
            standardise: None,
            optimiser: None,
            learning_rate: None,
            decay: None,
            batch_size: None,
            plateau: None,
            patience: None,
            epochs: default_epochs(),
            seeds: None,
            seed: 0,
            levels: None,
            segments: None,
            clip_seconds: None,
            device: default_device(),
            precision: Precision::default(),
            threads: 0,
            cache: None,
        }
    }

    /// The settings of the training: those of the protocol, unless an option changes them.
    pub fn settings(&self) -> Protocol {
        let named = Protocol::named(self.protocol);
        let hidden = self.hidden.clone().map(|sizes| if sizes == [0] { Vec::new() } else { sizes });
        Protocol {
            hidden: hidden.unwrap_or(named.hidden),
            norm: self.norm.unwrap_or(named.norm),
            dropout: self.dropout.unwrap_or(named.dropout),
            standardise: self.standardise.unwrap_or(named.standardise),
            optimiser: self.optimiser.unwrap_or(named.optimiser),
            learning_rate: self.learning_rate.unwrap_or(named.learning_rate),
            decay: self.decay.unwrap_or(named.decay),
            batch_size: self.batch_size.unwrap_or(named.batch_size),
            plateau: self.plateau.unwrap_or(named.plateau),
            patience: self.patience.unwrap_or(named.patience),
            epochs: self.epochs,
        }
    }

    /// The seeds of the trainings.
    pub fn seeds(&self) -> Vec<u64> {
        let count = self.seeds.unwrap_or(Protocol::seeds(self.protocol)) as u64;
        (0..count).map(|number| self.seed.saturating_add(number)).collect()
    }

    /// The hidden layers whose outputs are the features of a model.
    pub(super) fn embedding(&self) -> Embedding {
        let plain = Embedding::default();
        Embedding { levels: self.levels.clone().unwrap_or(plain.levels), ..plain }
    }

    /// How a model computes the features of `embedding`.
    pub(crate) fn request<'a>(&'a self, embedding: &'a Embedding) -> EmbedRequest<'a> {
        let of_protocol = match self.protocol {
            ProtocolName::Adam => None,
            ProtocolName::KaistFeatures | ProtocolName::KaistGtzan => Some(SegmentRule::Overlapping),
        };
        EmbedRequest {
            dataset: &self.dataset,
            embedding,
            segments: self.segments.map(SegmentRule::Policy).or(of_protocol),
            clip_seconds: self.clip_seconds,
            batch_size: BATCH,
            device: &self.device,
            precision: self.precision,
            threads: self.threads,
            cache: self.cache.as_deref(),
        }
    }

    /// Refuses invalid options; [`super::probe()`] calls it first.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`], naming the option and the value received.
    pub fn validate(&self) -> Result<()> {
        table::SEEDS.check(self.seeds)?;
        table::SEGMENTS.check(self.segments.and_then(SegmentPolicy::count))?;
        table::CLIP_SECONDS.check(self.clip_seconds)?;
        table::THREADS.check_or_zero(self.threads)?;
        self.settings().validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_changes_one_setting_of_the_protocol() {
        let dataset = DatasetOptions::Folders { root: "music".into() };
        let options = ProbeOptions {
            protocol: ProtocolName::KaistGtzan,
            hidden: Some(vec![0]),
            batch_size: Some(23),
            seed: 3,
            ..ProbeOptions::new("f.npy", dataset, "out")
        };
        let settings = options.settings();
        let named = Protocol::named(ProtocolName::KaistGtzan);
        assert_eq!(settings, Protocol { hidden: Vec::new(), batch_size: 23, ..named });
        assert_eq!(options.seeds(), (3..13).collect::<Vec<u64>>());
        assert_eq!(ProbeOptions { seeds: Some(1), ..options }.seeds(), [3]);
    }
}
