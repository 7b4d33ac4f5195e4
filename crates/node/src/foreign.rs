//! Models from and for other programs.

use std::io::Write;
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use files::{check_output, write_output, Kind, Permission};
use import::{to_onnx, to_pytorch, Format, Options, Tags};
use net::{Architecture, Model, Side, TagOrder};
use serde::Deserialize;
use train::ArchitectureOption;

use crate::start::parse;

/// What the checkpoint does not say, or says wrongly.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(rename = "as")]
    format: Option<String>,
    tags: Option<Vec<String>>,
    tag_order: Option<String>,
    sampling_rate: Option<u32>,
    input_length: Option<usize>,
    eps: Option<f64>,
    reversed: Option<bool>,
    same: Option<Side>,
    licence: Option<String>,
    architecture: Option<ArchitectureOption>,
}

/// Reads the checkpoint at `path`; `options` as JSON.
pub fn read(path: &Path, options: &str) -> Result<Model> {
    let request: Request = parse(options)?;
    let tags = match (request.tags, request.tag_order) {
        (Some(_), Some(_)) => {
            let message = "tags and tagOrder exclude each other: give the names, or a published order of them";
            return Err(Error::new(Code::InvalidOption, message));
        }
        (Some(list), None) => Some(Tags::List(list)),
        (None, Some(order)) => match TagOrder::named(&order) {
            Some(order) => Some(Tags::Order(order)),
            None => return Err(Error::new(Code::InvalidOption, format!("there is no tag order \"{order}\""))),
        },
        (None, None) => None,
    };
    let architecture: Option<Architecture> = request.architecture.map(|option| option.resolve()).transpose()?;
    let options = Options {
        format: request.format.as_deref().map(Format::named).transpose()?,
        tags,
        sampling_rate: request.sampling_rate,
        input_length: request.input_length,
        eps: request.eps,
        reversed: request.reversed,
        same: request.same,
        licence: request.licence,
        architecture,
    };
    import::import(path, &options)
}

/// What a call may replace.
pub struct Replacing {
    /// The file that the model was read from: never.
    pub source: Option<PathBuf>,
    /// Whether files of others may be.
    pub force: bool,
}

impl Replacing {
    fn permission(&self, kind: Kind) -> Permission<'_, PathBuf> {
        Permission { kind, inputs: self.source.as_slice(), force: self.force }
    }
}

/// Writes `model` for another program and gives the files' names.
pub fn write(model: &Model, path: &Path, to: &str, replacing: &Replacing) -> Result<Vec<String>> {
    let files: Vec<(PathBuf, Kind, Vec<u8>)> = match to {
        "onnx" => {
            check_output(path, &replacing.permission(Kind::ONNX))?;
            vec![(path.to_path_buf(), Kind::ONNX, to_onnx(model)?)]
        }
        "pytorch" => {
            let (weights, script) = (path.join("weights.safetensors"), path.join("model.py"));
            // Beside our script lie our weights; those of a network without norms look like any model file.
            let kind = if Kind::PYTORCH_SCRIPT.is(&script) { Kind::MODEL } else { Kind::PYTORCH_WEIGHTS };
            check_output(&script, &replacing.permission(Kind::PYTORCH_SCRIPT))?;
            check_output(&weights, &replacing.permission(kind))?;
            let export = to_pytorch(model)?;
            files::make_folder(path)?;
            vec![(weights, kind, export.weights), (script, Kind::PYTORCH_SCRIPT, export.script.as_bytes().to_vec())]
        }
        _ => return Err(Error::new(Code::InvalidOption, format!("export to onnx or pytorch, received \"{to}\""))),
    };
    for (file, kind, bytes) in &files {
        write_output(file, &replacing.permission(*kind), |output| output.write_all(bytes))?;
    }
    Ok(files.iter().map(|(file, ..)| file.to_string_lossy().into_owned()).collect())
}

/// Writes the model file of `model`.
pub fn save(model: &Model, path: &Path, replacing: &Replacing) -> Result<()> {
    let permission = replacing.permission(Kind::MODEL);
    check_output(path, &permission)?;
    let bytes = model.to_bytes()?;
    write_output(path, &permission, |file| file.write_all(&bytes))
}
