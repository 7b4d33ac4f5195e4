//! How the numbers of a column are written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the numbers of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Format {
    /// A whole number; published ones in millions with two decimals, as the papers print them.
    Count,
    /// As many decimals.
    Decimals(u8),
}

impl Format {
    /// `value` as text.
    pub fn write(self, value: f64) -> String {
        match self {
            Format::Count => format!("{value:.0}"),
            Format::Decimals(decimals) => format!("{value:.*}", usize::from(decimals)),
        }
    }

    /// A published `value` as text.
    pub fn write_published(self, value: f64) -> String {
        match self {
            Format::Count if value >= 1e5 => format!("{:.2} M", value / 1e6),
            _ => self.write(value),
        }
    }
}
