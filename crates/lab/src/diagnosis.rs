//! What this machine and this build can do: the record of `doctor`.

use engine::{cpu_features, instructions, physical_cores, CpuLevel, Device, Precision};
use error::{Code, Result};
use serde::Serialize;
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
    /// The processor, and what runs on it.
    #[ts(inline)]
    pub cpu: Cpu,
    /// The GPUs, and why none can be used where none can.
    #[ts(inline)]
    pub cuda: Cuda,
    /// Names of the codecs that can be decoded.
    pub decoders: Vec<&'static str>,
}

/// The processor, and what runs on it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Cpu {
    /// The instruction set that the kernels use.
    pub level: &'static str,
    /// What the processor has of the instructions that the kernels know.
    pub features: Vec<&'static str>,
    /// Physical cores.
    pub threads: usize,
    /// The instructions that each precision of the CPU runs on.
    #[ts(inline)]
    pub precisions: CpuPrecisions,
}

/// The instructions that each precision of the CPU runs on.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CpuPrecisions {
    /// 32-bit floating point.
    pub f32: String,
    /// 14-bit fixed point.
    pub fixed14: String,
    /// 8-bit products.
    pub int8: String,
}

/// The GPUs, and why none can be used where none can.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Cuda {
    /// Whether this build has CUDA.
    pub compiled: bool,
    /// Whether a GPU can be used.
    pub available: bool,
    /// Why no GPU can be used, as a code; null where one can.
    pub code: Option<Code>,
    /// Why no GPU can be used, for people; null where one can.
    pub reason: Option<String>,
    /// The GPUs, by name.
    pub devices: Vec<String>,
    /// The units of a GPU that each of its precisions runs on.
    #[ts(inline)]
    pub precisions: GpuPrecisions,
}

/// The units of a GPU that each of its precisions runs on.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct GpuPrecisions {
    /// 32-bit floating point.
    pub f32: &'static str,
    /// Products of 10 bits of mantissa.
    pub tf32: &'static str,
    /// Products of 7 bits of mantissa.
    pub bf16: &'static str,
}

/// The facts of the process that only Node knows.
pub struct Host {
    /// See [`Diagnosis::node`].
    pub node: String,
    /// See [`Diagnosis::platform`].
    pub platform: String,
    /// See [`Diagnosis::libc`].
    pub libc: Option<String>,
}

/// What the machine and this build can do, in a process with the facts `host`.
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
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_precision_is_told_where_it_runs() {
        let host = Host { node: "v22".into(), platform: "linux-x64".into(), libc: None };
        let record = serde_json::to_value(diagnose(host).unwrap()).unwrap();
        assert_eq!((&record["type"], &record["libc"]), (&"doctor".into(), &serde_json::Value::Null));
        for precision in Precision::ALL {
            let told = |device: &str| record[device]["precisions"].get(precision.to_string()).cloned();
            assert_eq!(told("cpu"), instructions(precision).unwrap().map(Into::into), "{precision}");
            assert_eq!(told("cuda"), precision.units().map(Into::into), "{precision}");
        }
    }
}
