//! The options of an experiment: its name, and the options of its trainings.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use train::TrainOptions;

/// Options of [`super::experiment`]. In JSON they are one object: `name`, `rates`, and every option of a training
/// except `architecture`, `resume` and `force`, which the experiment sets.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentOptions {
    /// `downsampling`, or an alias.
    pub name: String,
    /// Sampling rates in Hz. Default: all rates of the experiment.
    pub rates: Option<Vec<u32>>,
    /// The common options of the trainings; `out` is the folder of the experiment.
    pub training: TrainOptions,
}

impl<'de> Deserialize<'de> for ExperimentOptions {
    // Implemented by hand: serde cannot refuse unknown fields of a flattened struct.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Map::deserialize(deserializer)?;
        let name = fields.remove("name").ok_or_else(|| D::Error::missing_field("name"))?;
        let rates = fields.remove("rates").unwrap_or(Value::Null);
        for own in ["architecture", "resume", "force"] {
            if fields.contains_key(own) {
                return Err(D::Error::custom(format!("{own} is set by the experiment itself: leave it out")));
            }
        }
        Ok(Self {
            name: serde_json::from_value(name).map_err(D::Error::custom)?,
            rates: serde_json::from_value(rates).map_err(D::Error::custom)?,
            training: serde_json::from_value(Value::Object(fields)).map_err(D::Error::custom)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_object_holds_both_kinds_of_options() {
        let data = json!({"kind": "mtat", "root": "x"});
        let read = |value: Value| serde_json::from_value::<ExperimentOptions>(value);
        let options =
            read(json!({"name": "table5", "rates": [8000], "dataset": data, "out": "o", "epochs": 3})).unwrap();
        assert_eq!(
            (options.rates, options.training.epochs, options.training.batch_size),
            (Some(vec![8000]), Some(3), 23)
        );
        let refused = |value: Value| read(value).unwrap_err().to_string();
        assert!(refused(json!({"dataset": data, "out": "o"})).contains("name"));
        assert!(refused(json!({"name": "a", "dataset": data, "out": "o", "rate": [1]})).contains("rate"));
        assert!(refused(json!({"name": "a", "dataset": data, "out": "o", "force": true})).contains("force"));
    }
}
