//! Scales: how an experiment is made smaller.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Named factors that make an experiment smaller. What is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scale {
    /// Largest number of clips of the training part; the other parts are reduced by the same factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clips: Option<usize>,
    /// Largest number of segments of each clip, evenly spread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<usize>,
    /// Largest number of epochs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epochs: Option<usize>,
    /// Factor of the number of channels of every convolution; the results are whole multiples of 8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub widths: Option<f64>,
    /// Seconds of each clip that are the input, from its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<f64>,
    /// Options of the classifiers on features.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub classifier: Map<String, Value>,
    /// Other options of the trainings.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub options: Map<String, Value>,
}

impl Scale {
    /// The factors in words, for headings.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.clips.map(|clips| format!("at most {clips} training clips")));
        words.extend(self.segments.map(|segments| format!("at most {segments} segments of a clip")));
        words.extend(self.epochs.map(|epochs| format!("at most {epochs} epochs")));
        words.extend(self.widths.map(|widths| format!("widths times {widths}")));
        words.extend(self.input.map(|seconds| format!("the first {seconds} s of a clip")));
        words.extend(self.classifier.iter().map(|(name, value)| format!("{name} of classifiers {value}")));
        words.extend(self.options.iter().map(|(name, value)| format!("{name} {value}")));
        words.join(", ")
    }
}
