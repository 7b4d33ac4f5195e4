//! Models from and for other programs.

use std::fs::create_dir_all;
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use files::write_atomic;
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

/// Writes `model` for another program and gives the files' names.
pub fn write(model: &Model, path: &Path, to: &str) -> Result<Vec<String>> {
    let files: Vec<(PathBuf, Vec<u8>)> = match to {
        "onnx" => vec![(path.to_path_buf(), to_onnx(model)?)],
        "pytorch" => {
            let export = to_pytorch(model)?;
            create_dir_all(path).map_err(|reason| Error::output(path, &reason))?;
            vec![
                (path.join("weights.safetensors"), export.weights),
                (path.join("model.py"), export.script.as_bytes().to_vec()),
            ]
        }
        _ => return Err(Error::new(Code::InvalidOption, format!("export to onnx or pytorch, received \"{to}\""))),
    };
    for (file, bytes) in &files {
        write_atomic(file, bytes)?;
    }
    Ok(files.iter().map(|(file, _)| file.to_string_lossy().into_owned()).collect())
}
