//! The classifier of the papers' feature experiments: dense layers on the features of clips (protocols.md 6).
//!
//! - [`probe()`] trains it on the features of a dataset, from a file or from a model, into a folder.
//! - [`probe_examples`] does the same with features in memory, for example those of several models ([`join()`]);
//!   [`FeaturesFile`] and [`ModelFeatures`] are the sources of such features, [`examples()`] reads them.
//! - [`fit`] trains one classifier and writes nothing.

mod classifier;
mod compute;
mod early_stop;
mod event;
mod examples;
mod features_file;
mod fit;
mod folder;
#[cfg(test)]
mod gradients;
mod join;
mod loss;
mod model_examples;
mod model_features;
mod network;
mod npy;
mod options;
mod protocol;
mod run;
mod source;
mod standardisation;
mod summary;
mod trainings;
mod update;

pub use classifier::{Classifier, Header};
pub(crate) use compute::coded;
pub use compute::Compute;
pub use event::{ProbeDone, ProbeEpoch, ProbeEvent, ProbeStart, ProbeTrial};
pub use examples::Examples;
pub use features_file::FeaturesFile;
pub use fit::{fit, FitEpoch, Fitted};
pub use folder::AnotherProbe;
pub use join::{join, FeaturesOfModel, Joined, Level, PAPER_LEVELS, PAPER_MODELS};
pub use model_examples::model_examples;
pub use model_features::ModelFeatures;
pub use options::ProbeOptions;
pub use protocol::{
    HiddenNorm, Protocol, ProtocolName, Standardise, UpdateRule, MOMENTUM, PAPER_HIDDEN, PLATEAU_FACTOR,
};
pub use run::{probe, probe_examples, probe_model};
pub use source::{examples, FeatureSource, SourceFacts, Unusable};
pub use standardisation::Standardisation;
pub(crate) use summary::{deviations, mean_scores};
pub use trainings::ProbeSetup;
