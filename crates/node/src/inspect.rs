//! Describes and draws networks.

use std::io::Write;
use std::path::PathBuf;

use error::{Code, Error, Result};
use files::{Kind, Permission};
use napi_derive::napi;
use net::NamedNetwork;

use crate::failure::{guarded, to_js};

/// The record of an architecture: `target` is a preset, an architecture as JSON or in a .json file, or a model file.
#[napi]
pub fn inspect(target: String) -> napi::Result<String> {
    guarded(|| record(&target)).map_err(to_js)
}

/// Draws networks as SVG: a single network as its layer table, several side by side on one time axis.
#[napi]
pub fn draw(targets: Vec<String>) -> napi::Result<String> {
    guarded(|| {
        let draw = |target: &String| {
            NamedNetwork::find(target).map(|NamedNetwork { name, architecture, tags, .. }| {
                figures::Network::new(&name, &architecture, tags.as_deref())
            })
        };
        Ok(figures::figure(&targets.iter().map(draw).collect::<Result<Vec<_>>>()?))
    })
    .map_err(to_js)
}

/// Writes a picture of [`draw`] to the file `path`. `inputs` are the files from which it was drawn; `force` replaces a
/// file that samplecnn did not write.
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
    serde_json::to_string(&NamedNetwork::find(target)?.inspect())
        .map_err(|reason| Error::new(Code::Internal, reason.to_string()))
}
