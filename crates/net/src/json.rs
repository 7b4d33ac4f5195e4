//! Architectures as text: JSON, or a preset's name.

use error::{shown, Code, Error, Result};

use crate::architecture::Architecture;

impl Architecture {
    /// Reads an architecture from JSON and validates it.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for text that is not JSON, a missing or unknown field (with its line), or a network that
    /// cannot work.
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

    /// Reads an architecture from a preset's name, or from JSON where the text starts with `{`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], as [`Architecture::preset`] and [`Architecture::from_json`].
    pub fn parse(text: &str) -> Result<Self> {
        if text.trim_start().starts_with('{') {
            Self::from_json(text)
        } else {
            Self::preset(text)
        }
    }
}
