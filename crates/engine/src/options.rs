//! How a plan runs.

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};

use crate::cpu::features::CpuLevel;
use crate::cpu::kernels::integer::Integer;
use crate::device::Device;

/// Number format of the products of inference on the CPU. Parameters, activations in memory and training are always f32.
///
/// What a precision does not cover runs in f32: the first layer, dense layers (those of squeeze and excitation among them), and
/// the steps that name each below. `doctor` says which instructions each runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floating point: the default and the truth.
    #[default]
    F32,
    /// 14-bit fixed point in the products of Winograd tiles: stride 1, filters of 2 to 5 taps, a pool that divides the tile. Every tile has
    /// its own step at each of its points, so no calibration is needed.
    Fixed14,
    /// 8-bit products in every convolution whose inputs are not negative (a ReLU before it): any filter, stride and pool.
    /// The rows that a block of windows reads (about 56 windows, or a short segment) are calibrated by their own largest value.
    Int8,
}

impl Precision {
    /// The names, as options and [`Display`](std::fmt::Display) write them.
    pub const NAMES: [&'static str; 3] = ["f32", "fixed14", "int8"];

    /// Reads one of [`Precision::NAMES`]; another name is [`Code::InvalidOption`].
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "f32" => Ok(Precision::F32),
            "fixed14" => Ok(Precision::Fixed14),
            "int8" => Ok(Precision::Int8),
            _ => Err(Error::new(
                Code::InvalidOption,
                format!("precision must be f32, fixed14 or int8, received \"{text}\""),
            )),
        }
    }

    /// Which instructions it runs on at the CPU level in use, for `doctor`. Errors: those of [`CpuLevel::chosen`].
    pub fn instructions(self) -> Result<String> {
        let level = CpuLevel::chosen()?;
        let integer = Integer::of(level);
        Ok(match (self, integer.quads) {
            (Precision::F32, _) => match level {
                CpuLevel::Portable => "plain 32-bit products".into(),
                CpuLevel::Avx2 => "AVX2 FMA".into(),
                CpuLevel::Avx512 => "AVX-512 FMA".into(),
                CpuLevel::Neon => "NEON FMA".into(),
            },
            (Precision::Fixed14, _) => integer.pairs_name.into(),
            (Precision::Int8, Some((_, name))) => name.into(),
            (Precision::Int8, None) => format!("{} (no 8-bit products here: fixed14 is faster)", integer.pairs_name),
        })
    }
}

impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(Self::NAMES[*self as usize])
    }
}

/// How a plan runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Where.
    pub device: Device,
    /// Threads of the plan's own pool; 0: all physical cores. Results are bit-identical for the same number.
    pub threads: usize,
    /// In which number format inference multiplies on the CPU; training is f32.
    pub precision: Precision,
}

impl Options {
    /// The device as [`Device::parse`] reads it, but for `auto` with a precision that only the CPU has: the CPU. Errors: those
    /// of [`Device::parse`].
    pub fn new(device: &str, threads: usize, precision: Precision) -> Result<Self> {
        let device = if device == "auto" && precision != Precision::F32 { "cpu" } else { device };
        Ok(Self { device: Device::parse(device)?, threads, precision })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_precision_is_read_by_its_name_and_names_its_instructions() {
        for name in Precision::NAMES {
            let precision = Precision::parse(name).unwrap();
            assert_eq!(precision.to_string(), name);
            assert!(!precision.instructions().unwrap().is_empty());
            assert_eq!(serde_json::to_value(precision).unwrap(), name);
        }
        assert!(Precision::parse("bf16").unwrap_err().message.contains("fixed14"));
    }

    #[test]
    fn a_precision_of_the_cpu_makes_auto_take_the_cpu() {
        for precision in [Precision::Fixed14, Precision::Int8] {
            assert_eq!(
                Options::new("auto", 3, precision).unwrap(),
                Options { device: Device::Cpu, threads: 3, precision }
            );
        }
        assert_eq!(Options::new("gpu", 0, Precision::F32).unwrap_err().code, Code::InvalidOption);
    }
}
