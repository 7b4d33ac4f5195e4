//! What this build can do on this machine.

use engine::{cpu_features, physical_cores, CpuLevel, Device};
use error::Result;
use napi_derive::napi;
use serde_json::json;

use crate::failure::{guarded, to_js};

/// The part of the `doctor` record that Node does not know: version, processor, CUDA, decoders.
#[napi]
pub fn doctor() -> napi::Result<String> {
    guarded(record).map_err(to_js)
}

fn record() -> Result<String> {
    let cuda = Device::parse("cuda");
    let refused = cuda.as_ref().err();
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "cpu": {
            "level": CpuLevel::chosen()?.name(),
            "features": cpu_features(),
            "threads": physical_cores(),
        },
        "cuda": {
            "compiled": false,
            "available": cuda.is_ok(),
            "code": refused.map(|failure| failure.code.as_str()),
            "reason": refused.map(|failure| failure.message.as_str()),
            "devices": [],
        },
        "decoders": audio::decoders(),
    })
    .to_string())
}
