//! The option that names or describes a network.

use error::Result;
use serde::{Deserialize, Deserializer, Serialize};

use crate::architecture::Architecture;

/// An architecture: the name of a preset, or the value itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ArchitectureOption {
    /// The name of a preset, such as `3^9`.
    Preset(String),
    /// The value.
    Value(Box<Architecture>),
}

impl ArchitectureOption {
    /// Returns the network.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`] for an unknown preset or an invalid network.
    pub fn resolve(&self) -> Result<Architecture> {
        match self {
            ArchitectureOption::Preset(name) => Architecture::parse(name),
            ArchitectureOption::Value(value) => {
                value.validate()?;
                Ok((**value).clone())
            }
        }
    }
}

impl<'de> Deserialize<'de> for ArchitectureOption {
    // Implemented by hand, because an untagged enum would hide the cause of an error inside the value.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(name) => Ok(Self::Preset(name)),
            value => Architecture::deserialize(value)
                .map(|a| Self::Value(Box::new(a)))
                .map_err(|reason| serde::de::Error::custom(format_args!("architecture: {reason}"))),
        }
    }
}
