//! A network given by a preset, an architecture, or a file with a model or an architecture.

use std::path::Path;

use error::{shown_path, Code, Error, Result};
use sha2::{Digest, Sha256};

use crate::architecture::Architecture;
use crate::inspect::{InspectedFile, Inspection};
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
    /// What is known about the model file, if the network is one.
    pub file: Option<InspectedFile>,
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
        let of = |name: &str, architecture| Self { name: name.to_owned(), architecture, tags: None, file: None };
        Ok(if target.trim_start().starts_with('{') {
            of("custom", Architecture::parse(target)?)
        } else if target.ends_with(".json") {
            let text = std::fs::read_to_string(path);
            of(target, Architecture::parse(&text.map_err(|reason| Error::input(path, Code::InvalidOption, &reason))?)?)
        } else if path.is_file() || target.ends_with(".safetensors") {
            let bytes = Model::read_file(path)?;
            let model = Model::from_file(path, &bytes)?;
            let sha256 = format!("{:x}", Sha256::digest(&bytes));
            let weights = model.weight_type();
            let Model { architecture, tags, licence, card, unknown: unknown_fields, .. } = model;
            let name = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).to_string_lossy().into_owned();
            let file = InspectedFile { licence, sha256, weights, card, unknown_fields };
            Self { name, architecture, tags: Some(tags), file: Some(file) }
        } else if path.is_dir() {
            let message = format!("{} is a folder: give the model file in it", shown_path(path));
            return Err(Error::new(Code::ModelFormat, message).with_file(path));
        } else if is_path(target) {
            return Err(Error::input(path, Code::FileNotFound, &std::io::ErrorKind::NotFound.into()));
        } else {
            of(target, Architecture::parse(target)?)
        })
    }

    /// The `inspect` record of the network.
    pub fn inspect(self) -> Inspection {
        let inspection = self.architecture.inspect(&self.name, self.tags.as_deref());
        match self.file {
            None => inspection,
            Some(InspectedFile { licence, sha256, weights, card, unknown_fields }) => {
                let (sha256, weights) = (Some(sha256), Some(weights));
                Inspection { licence, sha256, weights, card, unknown_fields, ..inspection }
            }
        }
    }
}

/// Whether `target` can only be a path, because no preset begins like this.
fn is_path(target: &str) -> bool {
    Path::new(target).is_absolute() || ["./", "../", "~"].iter().any(|start| target.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Layout, Parameters, Task, WeightType};

    #[test]
    fn presets_architectures_and_files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let architecture = Architecture::preset("3^3").unwrap();
        let json = serde_json::to_string(&architecture).unwrap();
        let found = |name: &str, tags, file| {
            let (name, architecture) = (name.to_owned(), architecture.clone());
            NamedNetwork { name, architecture, tags, file }
        };
        assert_eq!(NamedNetwork::find("3^3").unwrap(), found("3^3", None, None));
        assert_eq!(NamedNetwork::find(&json).unwrap(), found("custom", None, None));

        let file = folder.path().join("network.json");
        std::fs::write(&file, &json).unwrap();
        let name = file.to_str().unwrap();
        assert_eq!(NamedNetwork::find(name).unwrap(), found(name, None, None));

        let tags = vec!["a".to_owned(), "b".to_owned()];
        let mut parameters = Parameters::try_zeros(&Layout::new(&architecture, tags.len())).unwrap();
        parameters.statistics.fill(1.0);
        let model = Model::new(architecture.clone(), tags.clone(), Task::MultiLabel, parameters);
        // A model file is recognised by its content; its name may have any suffix.
        let file = folder.path().join("model");
        model.save(&file).unwrap();
        let name = file.to_str().unwrap();
        let facts = InspectedFile {
            licence: None,
            sha256: format!("{:x}", Sha256::digest(std::fs::read(&file).unwrap())),
            weights: WeightType::F32,
            card: None,
            unknown_fields: Vec::new(),
        };
        let network = NamedNetwork::find(name).unwrap();
        assert_eq!(network, found(name, Some(tags), Some(facts.clone())));
        let record = network.inspect();
        assert_eq!((record.sha256, record.weights), (Some(facts.sha256), Some(WeightType::F32)));
        let preset = NamedNetwork::find("3^3").unwrap().inspect();
        assert_eq!((preset.sha256, preset.weights), (None, None));
    }

    #[test]
    fn a_file_that_is_missing_is_told_as_one_and_an_unknown_name_as_a_preset() {
        let code = |target: &str| NamedNetwork::find(target).unwrap_err().code;
        assert_eq!(code("/none/model.safetensors"), Code::FileNotFound);
        assert_eq!(code("/none/network.json"), Code::FileNotFound);
        assert_eq!(code("/none/model"), Code::FileNotFound);
        assert_eq!(code("../none/model.pth"), Code::FileNotFound);
        assert_eq!(code(env!("CARGO_MANIFEST_DIR")), Code::ModelFormat);
        assert_eq!(code("5^x"), Code::InvalidOption);
    }
}
