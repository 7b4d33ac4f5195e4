//! Architectures as text: JSON, or the name of a preset.

use error::{shown, Code, Error, Result};

use crate::architecture::Architecture;

impl Architecture {
    /// Parses an architecture from JSON and validates it.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for text that is not JSON, for a missing or unknown field (with its line), and for an
    /// invalid network.
    pub fn from_json(text: &str) -> Result<Self> {
        let architecture: Self = serde_json::from_str(text).map_err(|reason| {
            Error::new(
                Code::InvalidOption,
                format!("the architecture's JSON is not valid: {}", shown(&reason.to_string())),
            )
        })?;
        architecture.validate()?;
        Ok(architecture)
    }

    /// Parses the name of a preset, or JSON if the text starts with `{`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], as for [`Architecture::preset`] and [`Architecture::from_json`].
    pub fn parse(text: &str) -> Result<Self> {
        if text.trim_start().starts_with('{') {
            Self::from_json(text)
        } else {
            Self::preset(text)
        }
    }
}
