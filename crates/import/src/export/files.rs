//! Writes exports to the files that a user named.

use std::io::Write;
use std::path::{Path, PathBuf};

use error::Result;
use files::{check_output, make_folder, write_output, Kind, Permission};
use net::Model;
use serde::Deserialize;

use super::model_file::to_model;
use super::onnx::to_onnx;
use super::options::ExportOptions;
use super::pytorch::to_pytorch;

/// The target of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// One ONNX file.
    #[default]
    Onnx,
    /// A folder with `weights.safetensors` and `model.py`, which loads it.
    Pytorch,
    /// A model file of samplecnn.
    Model,
}

impl ExportFormat {
    /// Every target with its name.
    pub const ALL: [(ExportFormat, &'static str); 3] =
        [(Self::Onnx, "onnx"), (Self::Pytorch, "pytorch"), (Self::Model, "model")];

    /// Returns the name of the target.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(format, _)| *format == self).map_or("", |(_, name)| name)
    }
}

/// Exports `model` to `path`, and returns the files. Earlier exports are replaced. Any other file is replaced only with
/// `force`, and `source`, from which the model was read, is never replaced.
///
/// # Errors
/// [`error::Code::Output`] if a file cannot be written or may not be replaced; those of [`to_onnx`], [`to_pytorch`] and
/// [`to_model`].
pub fn export(
    model: &Model,
    path: &Path,
    options: &ExportOptions,
    source: Option<&PathBuf>,
) -> Result<Vec<PathBuf>> {
    let inputs: Vec<PathBuf> = [source, options.tag_list.as_ref(), options.thresholds.as_ref(), options.card.as_ref()]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    let permission = |kind| Permission { kind, inputs: &inputs, force: options.force };
    let files: Vec<(PathBuf, Kind, Vec<u8>)> = match options.to {
        ExportFormat::Model => {
            check_output(path, &permission(Kind::MODEL))?;
            vec![(path.to_path_buf(), Kind::MODEL, to_model(model, options)?.to_bytes()?)]
        }
        ExportFormat::Onnx => {
            check_output(path, &permission(Kind::ONNX))?;
            vec![(path.to_path_buf(), Kind::ONNX, to_onnx(model)?)]
        }
        ExportFormat::Pytorch => {
            let (weights, script) = (path.join("weights.safetensors"), path.join("model.py"));
            // Next to an exported script are exported weights; those of a network without norms look like any model
            // file.
            let kind = if Kind::PYTORCH_SCRIPT.is(&script) { Kind::MODEL } else { Kind::PYTORCH_WEIGHTS };
            check_output(&script, &permission(Kind::PYTORCH_SCRIPT))?;
            check_output(&weights, &permission(kind))?;
            let export = to_pytorch(model)?;
            make_folder(path)?;
            vec![(weights, kind, export.weights), (script, Kind::PYTORCH_SCRIPT, export.script.as_bytes().to_vec())]
        }
    };
    for (file, kind, bytes) in &files {
        write_output(file, &permission(*kind), |output| output.write_all(bytes))?;
    }
    Ok(files.into_iter().map(|(file, ..)| file).collect())
}

#[cfg(test)]
mod tests {
    use engine::{untrained, Initialisation};
    use error::Code;
    use net::{Architecture, Task};

    use super::*;

    fn model() -> Model {
        let (architecture, tags) = (Architecture::preset("3^3").unwrap(), vec!["a".into(), "b".into()]);
        untrained(architecture, tags, Task::MultiLabel, Initialisation::He, 1).unwrap()
    }

    #[test]
    fn an_export_replaces_an_earlier_one_and_nothing_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["model.onnx", "torch", "model.safetensors"];
        for ((to, _), name) in ExportFormat::ALL.into_iter().zip(names) {
            let path = folder.path().join(name);
            let options = ExportOptions { to, ..ExportOptions::default() };
            let files = export(&model(), &path, &options, None).unwrap();
            assert_eq!(export(&model(), &path, &options, None).unwrap(), files, "an earlier export");
            for file in &files {
                let ours = std::fs::read(file).unwrap();
                std::fs::write(file, "somebody's").unwrap();
                assert_eq!(export(&model(), &path, &options, None).unwrap_err().code, Code::Output, "{file:?}");
                assert_eq!(std::fs::read(file).unwrap(), b"somebody's");
                export(&model(), &path, &ExportOptions { force: true, ..options.clone() }, None).unwrap();
                assert_eq!(std::fs::read(file).unwrap(), ours);
            }
        }
    }

    #[test]
    fn the_file_that_a_model_was_read_from_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("weights.safetensors");
        model().save(&source).unwrap();
        let before = std::fs::read(&source).unwrap();
        for (to, path) in [(ExportFormat::Pytorch, folder.path()), (ExportFormat::Model, &source)] {
            let options = ExportOptions { to, force: true, ..ExportOptions::default() };
            let failure = export(&model(), path, &options, Some(&source)).unwrap_err();
            assert_eq!(failure.code, Code::Output);
            assert_eq!(std::fs::read(&source).unwrap(), before);
        }
    }
}
