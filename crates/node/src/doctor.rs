//! Describes what this build can do on this machine.

use error::{Code, Error, Result};
use lab::Host;
use napi_derive::napi;

use crate::failure::{guarded, to_js};
use crate::parse::parse;

/// The `doctor` record; the arguments are properties that only Node knows, `model` as JSON.
#[napi]
pub fn doctor(node: String, platform: String, libc: Option<String>, model: String) -> napi::Result<String> {
    guarded(|| record(Host { node, platform, libc, model: parse(&model)? })).map_err(to_js)
}

fn record(host: Host) -> Result<String> {
    serde_json::to_string(&lab::diagnose(host)?).map_err(|reason| Error::new(Code::Internal, reason.to_string()))
}
