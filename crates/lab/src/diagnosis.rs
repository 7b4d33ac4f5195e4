//! What this machine and this build can do: the record of `doctor`.

use engine::{cpu_features, instructions, physical_cores, CpuLevel, Device, Precision};
use error::{Code, Result};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The result of `doctor`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "type", rename = "doctor", rename_all = "camelCase")]
pub struct Diagnosis {
    /// Version of samplecnn.
    pub version: String,
    /// Version of Node.
    pub node: String,
    /// Operating system and processor, such as `linux-x64`.
    pub platform: String,
    /// `glibc` with its version, or `musl`; null on other systems.
    pub libc: Option<String>,
    /// The processor, and the instructions that the kernels use.
    #[ts(inline)]
    pub cpu: Cpu,
    /// The GPUs, and the reason if none can be used.
    #[ts(inline)]
    pub cuda: Cuda,
    /// The names of the codecs that can be decoded.
    pub decoders: Vec<&'static str>,
    /// The default model, which is used where no model is given.
    #[ts(inline)]
    pub model: DefaultModel,
}

/// The package of the default model, as it is installed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DefaultModel {
    /// The name of the package.
    pub package: String,
    /// The version of the package; null if it is not installed.
    pub version: Option<String>,
    /// The licence of the package; null if it is not installed.
    pub licence: Option<String>,
    /// Absolute path of the model file; null if there is none.
    pub file: Option<String>,
    /// SHA-256 of the model file as it is, hexadecimal; null if there is none.
    pub sha256: Option<String>,
    /// SHA-256 that the package states; null if it is not installed.
    pub stated: Option<String>,
    /// Whether the model can be used: it is installed, and its hash is the stated one.
    pub usable: bool,
    /// What is wrong and what to do, for people; null for a model that can be used.
    pub problem: Option<String>,
}

/// The processor, and the instructions that the kernels use.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Cpu {
    /// The instruction set that the kernels use.
    pub level: &'static str,
    /// The instructions that both the processor and the kernels support.
    pub features: Vec<&'static str>,
    /// Number of physical cores.
    pub threads: usize,
    /// The instructions that each precision of the CPU uses.
    #[ts(inline)]
    pub precisions: CpuPrecisions,
}

/// The instructions that each precision of the CPU uses.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CpuPrecisions {
    /// 32-bit floating point.
    pub f32: String,
    /// Products of numbers with a 7-bit mantissa, for training only; null if the processor does not have them.
    pub bf16: Option<String>,
    /// 14-bit fixed point.
    pub fixed14: String,
    /// 8-bit integer products.
    pub int8: String,
}

/// The GPUs, and the reason if none can be used.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Cuda {
    /// Whether this build supports CUDA.
    pub compiled: bool,
    /// Whether a GPU can be used.
    pub available: bool,
    /// The error code if no GPU can be used; otherwise null.
    pub code: Option<Code>,
    /// The reason for people if no GPU can be used; otherwise null.
    pub reason: Option<String>,
    /// The names of the GPUs.
    pub devices: Vec<String>,
    /// The units of the GPU that each of its precisions uses.
    #[ts(inline)]
    pub precisions: GpuPrecisions,
}

/// The units of the GPU that each of its precisions uses.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct GpuPrecisions {
    /// 32-bit floating point.
    pub f32: &'static str,
    /// Products of numbers with a 10-bit mantissa.
    pub tf32: &'static str,
    /// Products of numbers with a 7-bit mantissa.
    pub bf16: &'static str,
}

/// The properties of the process that only Node knows.
pub struct Host {
    /// See [`Diagnosis::node`].
    pub node: String,
    /// See [`Diagnosis::platform`].
    pub platform: String,
    /// See [`Diagnosis::libc`].
    pub libc: Option<String>,
    /// See [`Diagnosis::model`].
    pub model: DefaultModel,
}

/// Describes the machine and this build; `host` describes the process.
///
/// # Errors
/// Those of [`CpuLevel::chosen`].
pub fn diagnose(host: Host) -> Result<Diagnosis> {
    let refused = Device::reason_for_cpu();
    let runs_on = |precision: Precision| Ok(instructions(precision)?.unwrap_or_default());
    let units = |precision: Precision| precision.units().unwrap_or_default();
    Ok(Diagnosis {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        node: host.node,
        platform: host.platform,
        libc: host.libc,
        cpu: Cpu {
            level: CpuLevel::chosen()?.name(),
            features: cpu_features(),
            threads: physical_cores(),
            precisions: CpuPrecisions {
                f32: runs_on(Precision::F32)?,
                bf16: instructions(Precision::Bf16)?,
                fixed14: runs_on(Precision::Fixed14)?,
                int8: runs_on(Precision::Int8)?,
            },
        },
        cuda: Cuda {
            compiled: Device::has_cuda(),
            available: refused.is_none(),
            code: refused.as_ref().map(|failure| failure.code),
            reason: refused.map(|failure| failure.message),
            devices: Device::gpus(),
            precisions: GpuPrecisions {
                f32: units(Precision::F32),
                tf32: units(Precision::Tf32),
                bf16: units(Precision::Bf16),
            },
        },
        decoders: audio::decoders(),
        model: host.model,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_precision_is_told_where_it_runs() {
        let host =
            Host { node: "v22".into(), platform: "linux-x64".into(), libc: None, model: DefaultModel::default() };
        let record = serde_json::to_value(diagnose(host).unwrap()).unwrap();
        assert_eq!((&record["type"], &record["libc"]), (&"doctor".into(), &serde_json::Value::Null));
        for precision in Precision::ALL {
            let told = |device: &str| {
                let found = record[device]["precisions"].get(precision.to_string()).cloned();
                found.filter(|instructions| !instructions.is_null())
            };
            assert_eq!(told("cpu"), instructions(precision).unwrap().map(Into::into), "{precision}");
            assert_eq!(told("cuda"), precision.units().map(Into::into), "{precision}");
        }
    }
}
