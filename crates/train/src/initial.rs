//! What a network begins with.

use engine::{initialise, Initialisation};
use error::{Code, Error, Result};
use net::{Architecture, Parameters, StemKind};

/// First parameters and statistics. A mel front end would take its mean and deviation from the training part here.
///
/// # Errors
/// Those of [`initialise`]; [`Code::InvalidOption`] for a mel front end, which needs statistics of the training part.
pub(crate) fn first_parameters(
    architecture: &Architecture,
    tags: usize,
    kind: Initialisation,
    seed: u64,
) -> Result<Parameters> {
    if architecture.stem.as_ref().is_some_and(|stem| stem.kind == StemKind::Mel) {
        let message =
            "networks on mel spectrograms cannot be trained by this version: choose one on waveforms, such as 3^9";
        return Err(Error::new(Code::InvalidOption, message));
    }
    initialise(architecture, tags, kind, seed)
}
