//! The options of the classifier of features rows.

use std::path::PathBuf;

use net::with_suggestion;
use serde_json::{json, Map, Value};

use super::features::Features;
use super::read::advice;
use super::scale::Scale;
use crate::probe::ProbeOptions;

/// The options of `probe` that a spec can set; the experiment sets the others.
const KNOWN: [&str; 12] = [
    "protocol",
    "hidden",
    "norm",
    "dropout",
    "standardise",
    "optimiser",
    "learningRate",
    "decay",
    "batchSize",
    "plateau",
    "patience",
    "epochs",
];

impl Features {
    /// The options of the classifier, those of `scale` first. Dataset and paths are empty.
    ///
    /// # Errors
    /// The option that is unknown, that the experiment sets, or that has no such value.
    pub(crate) fn classifier_options(&self, scale: Option<&Scale>) -> Result<ProbeOptions, String> {
        let mut fields: Map<String, Value> = self.classifier.clone();
        fields.extend(scale.iter().flat_map(|scale| scale.classifier.clone()));
        if let Some(name) = fields.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            let advice = advice(name, &KNOWN, "the options are");
            return Err(format!("classifier: \"{name}\" is no option of a classifier here; {advice}"));
        }
        let dataset = json!({ "kind": "manifest", "path": PathBuf::new() });
        for (name, value) in [("source", json!("")), ("out", json!("")), ("dataset", dataset)] {
            fields.insert(name.to_owned(), value);
        }
        let options: ProbeOptions = serde_json::from_value(Value::Object(fields))
            .map_err(|reason| format!("classifier: {}", with_suggestion(&reason.to_string())))?;
        options.validate().map_err(|failure| format!("classifier: {}", failure.message))?;
        Ok(options)
    }
}
