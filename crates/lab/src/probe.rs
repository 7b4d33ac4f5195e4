//! The classifier of the papers' feature experiments: dense layers on the features of clips (protocols.md 6).

mod classifier;
mod compute;
mod early_stop;
mod examples;
mod fit;
#[cfg(test)]
mod gradients;
mod loss;
mod network;
mod protocol;
mod standardisation;
mod update;

pub use classifier::{Classifier, Header};
pub use compute::{device, on_threads};
pub use examples::Examples;
pub use fit::{fit, FitEpoch, Fitted};
pub use protocol::{
    HiddenNorm, Protocol, ProtocolName, Standardise, UpdateRule, MOMENTUM, PAPER_HIDDEN, PLATEAU_FACTOR,
};
pub use standardisation::Standardisation;
