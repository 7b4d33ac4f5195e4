//! The first parameters and statistics of a network.

use engine::{initialise, Initialisation};
use error::Result;
use net::{Architecture, Layout, Parameters, TensorRole};

use crate::input_statistics::InputStatistics;

/// The first parameters and statistics; `input` is the mean and deviation with which the network standardises its
/// samples or its log-mel values.
///
/// # Errors
/// Those of [`initialise`].
pub(crate) fn first_parameters(
    architecture: &Architecture,
    tags: usize,
    kind: Initialisation,
    seed: u64,
    input: Option<InputStatistics>,
) -> Result<Parameters> {
    let mut parameters = initialise(architecture, tags, kind, seed)?;
    if let Some(InputStatistics { mean, deviation }) = input {
        for spec in &Layout::new(architecture, tags).tensors {
            match spec.role {
                TensorRole::InputMean | TensorRole::MelMean => parameters.tensor_mut(spec).fill(mean),
                TensorRole::InputDeviation | TensorRole::MelDeviation => parameters.tensor_mut(spec).fill(deviation),
                _ => {}
            }
        }
    }
    Ok(parameters)
}
