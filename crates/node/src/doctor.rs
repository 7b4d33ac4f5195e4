//! What this build can do on this machine.

use engine::{cpu_features, instructions, physical_cores, CpuLevel, Device, Precision};
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
    let refused = Device::reason_for_cpu();
    let (mut of_cpu, mut of_gpu) = (serde_json::Map::new(), serde_json::Map::new());
    for precision in Precision::ALL {
        if let Some(instructions) = instructions(precision)? {
            of_cpu.insert(precision.to_string(), instructions.into());
        }
        if let Some(units) = precision.units() {
            of_gpu.insert(precision.to_string(), units.into());
        }
    }
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "cpu": {
            "level": CpuLevel::chosen()?.name(),
            "features": cpu_features(),
            "threads": physical_cores(),
            "precisions": of_cpu,
        },
        "cuda": {
            "compiled": Device::has_cuda(),
            "available": refused.is_none(),
            "code": refused.as_ref().map(|failure| failure.code.as_str()),
            "reason": refused.as_ref().map(|failure| failure.message.as_str()),
            "devices": Device::gpus(),
            "precisions": of_gpu,
        },
        "decoders": audio::decoders(),
    })
    .to_string())
}
