//! Reads options from JavaScript.

use error::{Code, Error, Result};
use serde::de::DeserializeOwned;

/// Reads options. TypeScript has checked them: an error here means that the table of the options differs from the
/// struct.
pub fn parse<Options: DeserializeOwned>(json: &str) -> Result<Options> {
    serde_json::from_str(json)
        .map_err(|reason| Error::new(Code::InvalidOption, format!("the options are not valid: {reason}")))
}
