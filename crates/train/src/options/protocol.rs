//! Protocols: named sets of options for a training, as data (`protocols/*.json`, or a file of the user).

use std::path::Path;

use error::{Code, Error, Result};
use options::train as table;
use serde::Deserialize;
use serde_json::{json, Map, Value};

use super::phase::{PhaseOptions, ScheduleKind};
use super::TrainOptions;

/// The format of protocol files that this version reads.
const FORMAT: u32 = 1;

/// The protocols of this repository.
const KNOWN: [(&str, &str); 4] = [
    ("clmr-supervised", include_str!("../../../../protocols/clmr-supervised.json")),
    ("kaist-2018", include_str!("../../../../protocols/kaist-2018.json")),
    ("resemul", include_str!("../../../../protocols/resemul.json")),
    ("sota-benchmark", include_str!("../../../../protocols/sota-benchmark.json")),
];

/// Options that belong to a run, not to a protocol.
const OF_RUN: [&str; 17] = [
    "dataset",
    "out",
    "resume",
    "force",
    "cache",
    "device",
    "threads",
    "precision",
    "seed",
    "strict",
    "checkpointSeconds",
    "protocol",
    "from",
    "seeds",
    "splitSeed",
    "bootstrap",
    "checksum",
];

/// A named set of options.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protocol {
    /// The version of the format of the file.
    pub format: u32,
    /// The name, which the configuration of a run records.
    pub name: String,
    /// What it is, in a few words.
    pub summary: String,
    /// Where its values come from.
    #[serde(default)]
    pub source: String,
    /// What the source does that this version cannot do, in sentences.
    #[serde(default)]
    pub missing: Vec<String>,
    /// The options, by their names in TypeScript, and `phases`.
    pub options: Map<String, Value>,
}

impl Protocol {
    /// The names of the protocols of this repository.
    pub fn names() -> [&'static str; 4] {
        KNOWN.map(|(name, _)| name)
    }

    /// The protocol `name`: one of [`Protocol::names`], or the path of a file that ends in `.json`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for an unknown name and for a file that is no protocol; [`Code::FileNotFound`];
    /// [`Code::ModelVersion`] for a file of a newer version; [`Code::Io`].
    pub fn load(name: &str) -> Result<Self> {
        if let Some((_, text)) = KNOWN.iter().find(|(known, _)| *known == name) {
            return Self::read(name, text);
        }
        if !name.to_lowercase().ends_with(".json") {
            let names = Self::names();
            let message = format!(
                "protocol must be one of {}, or the path of a file that ends in .json, received \"{name}\"",
                names.map(|name| format!("\"{name}\"")).join(", ")
            );
            return Err(Error::new(Code::InvalidOption, message));
        }
        let path = Path::new(name);
        let text = std::fs::read_to_string(path).map_err(|reason| Error::input(path, Code::InvalidOption, &reason))?;
        Self::read(name, &text).map_err(|failure| failure.with_file(path))
    }

    /// Reads the protocol `text` from `place`.
    fn read(place: &str, text: &str) -> Result<Self> {
        let invalid = |why: &dyn std::fmt::Display| {
            Error::new(Code::InvalidOption, format!("protocol {place}: {why}; docs/training.md describes the format"))
        };
        let value: Value = serde_json::from_str(text).map_err(|reason| invalid(&reason))?;
        let format = value.get("format").and_then(Value::as_u64).unwrap_or(0);
        if format > u64::from(FORMAT) {
            let message =
                format!("protocol {place}: format {format}, this version reads up to {FORMAT}: update samplecnn");
            return Err(Error::new(Code::ModelVersion, message));
        }
        let protocol: Self = serde_json::from_value(value).map_err(|reason| invalid(&reason))?;
        if let Some(name) = OF_RUN.iter().find(|name| protocol.options.contains_key(**name)) {
            return Err(invalid(&format!("{name} belongs to a run, not to a protocol")));
        }
        // Reads the options once, so that a fault is reported with the name of the protocol.
        let mut whole = protocol.options.clone();
        whole.insert("dataset".to_owned(), json!({"kind": "folders", "root": "x"}));
        whole.insert("out".to_owned(), json!("x"));
        serde_json::from_value::<TrainOptions>(Value::Object(whole)).map_err(|reason| invalid(&reason))?;
        Ok(protocol)
    }
}

impl TrainOptions {
    /// The options of a training from those that were given, by their names in TypeScript: the options of the protocol,
    /// which `protocol` names, replaced by the given ones. An option given for the whole training also replaces that of
    /// every phase. The learning rates that neither sets depend on the optimiser and the schedule.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for options that are not valid; those of [`Protocol::load`].
    pub fn resolve(given: Map<String, Value>) -> Result<Self> {
        let invalid = |reason: &dyn std::fmt::Display| {
            Error::new(Code::InvalidOption, format!("the options are not valid: {reason}"))
        };
        let protocol = match given.get("protocol") {
            Some(Value::String(name)) => Protocol::load(name)?,
            None => Protocol::load(table::PROTOCOL.default)?,
            Some(other) => return Err(invalid(&format!("protocol must be a text, received {other}"))),
        };
        let mut fields = protocol.options;
        // The default protocol has the defaults of the schedule and optimiser that it names; for others they are set
        // below.
        let is_usual = ["optimiser", "schedule"].iter().all(|name| !given.contains_key(*name));
        if protocol.name == table::PROTOCOL.default && !is_usual {
            fields.remove("learningRates");
        }
        if let Some(phases) = fields.get_mut("phases") {
            PhaseOptions::give_way(phases, &given);
        }
        fields.extend(given);
        fields.insert("protocol".to_owned(), Value::String(protocol.name));
        let rates_given = fields.contains_key("learningRates");
        let mut options: Self = serde_json::from_value(Value::Object(fields)).map_err(|reason| invalid(&reason))?;
        if !rates_given {
            options.learning_rates = options.usual_rates();
        }
        Ok(options)
    }

    /// The learning rates for the optimiser and the schedule: those of the paper, or the first of them for a schedule
    /// without stages; a tenth of them for Adam.
    fn usual_rates(&self) -> Vec<f64> {
        let mut rates = table::LEARNING_RATES.default.to_vec();
        if self.schedule != ScheduleKind::Staged {
            rates.truncate(1);
        }
        if self.optimiser != engine::Optimiser::SgdNesterov {
            rates.iter_mut().for_each(|rate| *rate /= 10.0);
        }
        rates
    }
}

#[cfg(test)]
mod tests;
