//! Untrained models.

use engine_core::{initialise, Initialisation};
use error::Result;
use net::{Architecture, Model, Task};

/// Creates a model with initial parameters drawn by `kind` and `seed`, without a licence or facts about a training run.
///
/// # Errors
/// [`error::Code::InvalidOption`] for tags that are not valid; those of [`initialise`].
pub fn untrained(
    architecture: Architecture,
    tags: Vec<String>,
    task: Task,
    kind: Initialisation,
    seed: u64,
) -> Result<Model> {
    net::validate_tags(&tags)?;
    let parameters = initialise(&architecture, tags.len(), kind, seed)?;
    Ok(Model::new(architecture, tags, task, parameters))
}
