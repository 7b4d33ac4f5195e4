//! What a network is made of.

use std::io::Write;
use std::path::PathBuf;

use error::{Code, Error, Result};
use files::{Kind, Permission};
use napi_derive::napi;
use net::{Architecture, Model};

use crate::failure::{guarded, to_js};

/// The record of an architecture: `target` is a preset, an architecture as JSON or in a .json file, or a model file.
#[napi]
pub fn inspect(target: String) -> napi::Result<String> {
    guarded(|| record(&target)).map_err(to_js)
}

/// Networks as an SVG picture: one as its layer table, several side by side on one time axis.
#[napi]
pub fn draw(targets: Vec<String>) -> napi::Result<String> {
    guarded(|| {
        let draw = |target: &String| {
            network(target).map(|Network { name, architecture, tags }| {
                figures::Network::new(&name, &architecture, tags.as_deref())
            })
        };
        Ok(figures::figure(&targets.iter().map(draw).collect::<Result<Vec<_>>>()?))
    })
    .map_err(to_js)
}

/// Writes a picture of [`draw`] into the file `path`. `inputs` is what it was drawn from; `force` replaces a file of others.
#[napi]
pub fn write_picture(path: String, svg: String, inputs: Vec<String>, force: bool) -> napi::Result<()> {
    let inputs: Vec<PathBuf> = inputs.into_iter().map(PathBuf::from).collect();
    let permission = Permission { kind: Kind::PICTURE, inputs: &inputs, force };
    guarded(|| {
        files::write_output(path, &permission, |file| writeln!(file, "{}\n{}", svg.trim_end(), Kind::PICTURE.marks[1]))
    })
    .map_err(to_js)
}

fn record(target: &str) -> Result<String> {
    let Network { name, architecture, tags } = network(target)?;
    serde_json::to_string(&architecture.inspect(&name, tags.as_deref()))
        .map_err(|reason| Error::new(Code::Internal, reason.to_string()))
}

/// What is shown: an architecture under its name, with the tags of a model.
struct Network {
    name: String,
    architecture: Architecture,
    tags: Option<Vec<String>>,
}

fn network(target: &str) -> Result<Network> {
    let path = Path::new(target);
    let untagged = |name: &str, architecture| Network { name: name.to_string(), architecture, tags: None };
    Ok(if target.trim_start().starts_with('{') {
        untagged("custom", Architecture::parse(target)?)
    } else if target.ends_with(".json") {
        let text = std::fs::read_to_string(path).map_err(|reason| Error::input(path, Code::InvalidOption, &reason))?;
        untagged(target, Architecture::parse(&text)?)
    } else if path.is_file() || target.ends_with(".safetensors") {
        let model = Model::load(path)?;
        let file = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let name = file.to_string_lossy().into_owned();
        Network { name, architecture: model.architecture, tags: Some(model.tags) }
    } else {
        untagged(target, Architecture::parse(target)?)
    })
}
