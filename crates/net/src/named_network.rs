//! A network given by a preset, an architecture, or a file with a model or an architecture.

use std::path::Path;

use error::{Code, Error, Result};

use crate::architecture::Architecture;
use crate::model::Model;

/// A network with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedNetwork {
    /// The name: the preset, the path of a .json file as given, the absolute path of a model file, or `custom`.
    pub name: String,
    /// The network.
    pub architecture: Architecture,
    /// The tags, if the network is a model file.
    pub tags: Option<Vec<String>>,
}

impl NamedNetwork {
    /// Finds the network `target`: an architecture as JSON, a .json file with an architecture, a model file, or a
    /// preset.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a preset or an architecture that cannot work, and a .json file that cannot be read;
    /// [`Code::FileNotFound`]; those of [`Model::load`].
    pub fn find(target: &str) -> Result<Self> {
        let path = Path::new(target);
        let of = |name: &str, architecture| Self { name: name.to_owned(), architecture, tags: None };
        Ok(if target.trim_start().starts_with('{') {
            of("custom", Architecture::parse(target)?)
        } else if target.ends_with(".json") {
            let text = std::fs::read_to_string(path);
            of(target, Architecture::parse(&text.map_err(|reason| Error::input(path, Code::InvalidOption, &reason))?)?)
        } else if path.is_file() || target.ends_with(".safetensors") {
            let Model { architecture, tags, .. } = Model::load(path)?;
            let file = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
            Self { name: file.to_string_lossy().into_owned(), architecture, tags: Some(tags) }
        } else {
            of(target, Architecture::parse(target)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Layout, Parameters, Task};

    #[test]
    fn presets_architectures_and_files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let architecture = Architecture::preset("3^3").unwrap();
        let json = serde_json::to_string(&architecture).unwrap();
        let found = |name: &str, tags| NamedNetwork { name: name.to_owned(), architecture: architecture.clone(), tags };
        assert_eq!(NamedNetwork::find("3^3").unwrap(), found("3^3", None));
        assert_eq!(NamedNetwork::find(&json).unwrap(), found("custom", None));

        let file = folder.path().join("network.json");
        std::fs::write(&file, &json).unwrap();
        let name = file.to_str().unwrap();
        assert_eq!(NamedNetwork::find(name).unwrap(), found(name, None));

        let tags = vec!["a".to_owned(), "b".to_owned()];
        let mut parameters = Parameters::try_zeros(&Layout::new(&architecture, tags.len())).unwrap();
        parameters.statistics.fill(1.0);
        let model = Model::new(architecture.clone(), tags.clone(), Task::MultiLabel, parameters);
        // A model file is recognised by its content; its name may have any suffix.
        let file = folder.path().join("model");
        model.save(&file).unwrap();
        let name = file.to_str().unwrap();
        assert_eq!(NamedNetwork::find(name).unwrap(), found(name, Some(tags)));
    }

    #[test]
    fn a_file_that_is_missing_is_told_as_one_and_an_unknown_name_as_a_preset() {
        let code = |target: &str| NamedNetwork::find(target).unwrap_err().code;
        assert_eq!(code("/none/model.safetensors"), Code::FileNotFound);
        assert_eq!(code("/none/network.json"), Code::FileNotFound);
        assert_eq!(code("5^x"), Code::InvalidOption);
    }
}
