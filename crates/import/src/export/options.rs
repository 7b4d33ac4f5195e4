//! The options of an export.

use std::path::PathBuf;

use error::{Code, Error, Result};
use options::export;
use serde::Deserialize;

use super::files::ExportFormat;

/// What to write, and what to change of the model. The JSON form uses the same names in camelCase; unknown keys are
/// refused. Names and defaults are those of [`export`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ExportOptions {
    /// The target. Default: `onnx`.
    pub to: ExportFormat,
    /// Replaces files that samplecnn did not write. Default: false.
    pub force: bool,
    /// Rounds the weights to F16; only of model files. Default: false.
    pub half: bool,
    /// The outputs to keep, in this order; only of model files. Default: all.
    pub tags: Option<Vec<String>>,
    /// A file with the outputs to keep, one in each line; only of model files. Default: none.
    pub tag_list: Option<PathBuf>,
    /// A JSON file with an object of thresholds by tag; only of model files. Default: those of the model.
    pub thresholds: Option<PathBuf>,
    /// The JSON file of the card; only of model files. Default: the card of the model, if it has one.
    pub card: Option<PathBuf>,
}

impl ExportOptions {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for an unknown key, a wrong type, and options that do not fit together.
    pub fn from_json(json: &str) -> Result<Self> {
        let invalid = |message: String| Error::new(Code::InvalidOption, message);
        let options: Self =
            serde_json::from_str(json).map_err(|reason| invalid(format!("the options are not valid: {reason}")))?;
        let given = |name: &str| match name {
            "half" => options.half,
            "tags" => options.tags.is_some(),
            "tagList" => options.tag_list.is_some(),
            "thresholds" => options.thresholds.is_some(),
            "card" => options.card.is_some(),
            _ => false,
        };
        options::check_relations(export::ALL, given)?;
        if options.to != ExportFormat::Model {
            let names = ["half", "tags", "tagList", "thresholds", "card"];
            if let Some(name) = names.into_iter().find(|name| given(name)) {
                let received = options.to.name();
                return Err(invalid(format!(
                    "{name} is an option of model files: it needs to: \"model\" (--to model), received \"{received}\""
                )));
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_model_files_are_refused_for_other_targets() {
        let options = ExportOptions::from_json(r#"{"to":"model","half":true,"tags":["a"],"card":"c.json"}"#).unwrap();
        assert!(options.half && options.to == ExportFormat::Model && options.tags.is_some());
        assert_eq!(ExportOptions::from_json("{}").unwrap().to, ExportFormat::Onnx);
        for (json, word) in [
            (r#"{"half":true}"#, "half is an option of model files: it needs to: \"model\""),
            (r#"{"to":"pytorch","tagList":"t.txt"}"#, "received \"pytorch\""),
            (r#"{"to":"model","tags":["a"],"tagList":"t.txt"}"#, "exclude each other"),
            (r#"{"to":"keras"}"#, "keras"),
            (r#"{"halve":true}"#, "halve"),
        ] {
            let failure = ExportOptions::from_json(json).unwrap_err();
            assert_eq!(failure.code, Code::InvalidOption, "{json}");
            assert!(failure.message.contains(word), "{json}: {failure}");
        }
    }
}
