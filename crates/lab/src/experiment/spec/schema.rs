//! The JSON schema of specs, for editors.

use error::{Code, Error, Result};

use super::Spec;

/// The JSON schema of the declaration of an experiment, as the text of `experiments/schema.json`.
///
/// # Errors
/// [`Code::Internal`].
pub fn schema() -> Result<String> {
    let schema = schemars::schema_for!(Spec);
    let text = serde_json::to_string_pretty(&schema);
    text.map(|text| text + "\n").map_err(|reason| Error::new(Code::Internal, reason.to_string()))
}
