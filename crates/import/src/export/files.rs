//! Writes exports to the files that a user named.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use error::{Code, Error, Result};
use files::{check_output, make_folder, write_output, Kind, Permission};
use net::Model;

use super::onnx::to_onnx;
use super::pytorch::to_pytorch;

/// The target of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// One ONNX file.
    Onnx,
    /// A folder with `weights.safetensors` and `model.py`, which loads it.
    Pytorch,
}

impl ExportFormat {
    /// Every target with its name.
    pub const ALL: [(ExportFormat, &'static str); 2] = [(Self::Onnx, "onnx"), (Self::Pytorch, "pytorch")];
}

impl FromStr for ExportFormat {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let named = Self::ALL.into_iter().find(|(_, known)| *known == name);
        named.map(|(format, _)| format).ok_or_else(|| {
            let names = Self::ALL.map(|(_, known)| known).join(" or ");
            let message = format!("unknown export format: expected {names}, received \"{name}\"");
            Error::new(Code::InvalidOption, message)
        })
    }
}

/// Exports `model` to `path`, and returns the files. Earlier exports are replaced. Any other file is replaced only with
/// `force`, and `source`, from which the model was read, is never replaced.
///
/// # Errors
/// [`Code::Output`] if a file cannot be written or may not be replaced; those of [`to_onnx`] and [`to_pytorch`].
pub fn export(
    model: &Model,
    path: &Path,
    to: ExportFormat,
    source: Option<&PathBuf>,
    force: bool,
) -> Result<Vec<PathBuf>> {
    let inputs = source.map_or(&[][..], std::slice::from_ref);
    let permission = |kind| Permission { kind, inputs, force };
    let files: Vec<(PathBuf, Kind, Vec<u8>)> = match to {
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
    use net::{Architecture, Task};

    use super::*;

    fn model() -> Model {
        let (architecture, tags) = (Architecture::preset("3^3").unwrap(), vec!["a".into(), "b".into()]);
        untrained(architecture, tags, Task::MultiLabel, Initialisation::He, 1).unwrap()
    }

    #[test]
    fn an_export_replaces_an_earlier_one_and_nothing_of_others() {
        let folder = tempfile::tempdir().unwrap();
        for (to, name) in [(ExportFormat::Onnx, "model.onnx"), (ExportFormat::Pytorch, "torch")] {
            let path = folder.path().join(name);
            let files = export(&model(), &path, to, None, false).unwrap();
            assert_eq!(export(&model(), &path, to, None, false).unwrap(), files, "an earlier export");
            for file in &files {
                let ours = std::fs::read(file).unwrap();
                std::fs::write(file, "somebody's").unwrap();
                assert_eq!(export(&model(), &path, to, None, false).unwrap_err().code, Code::Output, "{file:?}");
                assert_eq!(std::fs::read(file).unwrap(), b"somebody's");
                export(&model(), &path, to, None, true).unwrap();
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
        let failure = export(&model(), folder.path(), ExportFormat::Pytorch, Some(&source), true).unwrap_err();
        assert_eq!(failure.code, Code::Output);
        assert_eq!(std::fs::read(&source).unwrap(), before);
    }

    #[test]
    fn programs_are_known_by_their_names() {
        assert_eq!("onnx".parse::<ExportFormat>().unwrap(), ExportFormat::Onnx);
        assert_eq!("pytorch".parse::<ExportFormat>().unwrap(), ExportFormat::Pytorch);
        let failure = "keras".parse::<ExportFormat>().unwrap_err();
        assert!(failure.code == Code::InvalidOption && failure.message.contains("keras"), "{failure}");
    }
}
