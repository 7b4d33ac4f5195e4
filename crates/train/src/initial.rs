//! The first parameters and statistics of a network.

use engine::{initialise, Initialisation, Mel};
use error::Result;
use net::{Architecture, Layout, Parameters, StemKind, TensorRole};

use crate::mel_statistics::MelStatistics;

/// The mel front end of `architecture`, if it has one.
///
/// # Errors
/// Those of [`Mel::new`].
pub(crate) fn front_end(architecture: &Architecture) -> Result<Option<Mel>> {
    let on_mel = architecture.stem.as_ref().is_some_and(|stem| stem.kind == StemKind::Mel);
    on_mel.then(|| Mel::new(architecture)).transpose()
}

/// The first parameters and statistics; `mel` is the mean and deviation by which a mel front end standardises its
/// values.
///
/// # Errors
/// Those of [`initialise`].
pub(crate) fn first_parameters(
    architecture: &Architecture,
    tags: usize,
    kind: Initialisation,
    seed: u64,
    mel: Option<MelStatistics>,
) -> Result<Parameters> {
    let mut parameters = initialise(architecture, tags, kind, seed)?;
    if let Some(MelStatistics { mean, deviation }) = mel {
        for spec in &Layout::new(architecture, tags).tensors {
            match spec.role {
                TensorRole::MelMean => parameters.tensor_mut(spec).fill(mean),
                TensorRole::MelDeviation => parameters.tensor_mut(spec).fill(deviation),
                _ => {}
            }
        }
    }
    Ok(parameters)
}
