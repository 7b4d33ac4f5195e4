//! The arithmetic precision of a plan.

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The arithmetic precision: the number format of a plan's products. Parameters and statistics are f32 in every
/// precision.
///
/// f32 runs on every device. [`Precision::Tf32`] and [`Precision::Bf16`] run on an NVIDIA GPU, for training and
/// inference; [`Precision::Bf16`] also runs on a CPU with AVX-512 BF16, for training only; [`Precision::Fixed14`] and
/// [`Precision::Int8`] run on the CPU, for inference only. On the CPU, the parts of a network that a precision does not
/// cover run in f32: the first layer, dense layers (including those of squeeze and excitation), and the steps named for
/// each precision below. `doctor` reports the instructions that each precision uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floating point: the default and the reference for the other precisions.
    #[default]
    F32,
    /// Products on a GPU's tensor cores, of f32 values reduced to 10 bits of mantissa and summed in f32. Everything
    /// else is f32.
    Tf32,
    /// 16-bit products (7 bits of mantissa), summed in f32. Parameters, their updates and statistics stay f32. On a GPU
    /// activations are also 16-bit. On the CPU only the products of Winograd tiles are, in the forward pass and for
    /// both gradients: for stride 1, filters of 2 to 5 taps, and a pool size that divides the tile.
    Bf16,
    /// 14-bit fixed point in the products of Winograd tiles: for stride 1, filters of 2 to 5 taps, and a pool size that
    /// divides the tile. Every tile has its own quantisation step at each of its points, so no calibration is needed.
    Fixed14,
    /// 8-bit products in every convolution whose inputs are not negative (because a ReLU precedes it), for any filter,
    /// stride and pool. The rows that a block of windows reads (about 56 windows, or a short segment) are quantised
    /// with a step from their own largest value.
    Int8,
}

impl Precision {
    /// The names, as options and [`Display`](std::fmt::Display) write them.
    pub const NAMES: [&'static str; 5] = ["f32", "tf32", "bf16", "fixed14", "int8"];

    /// All precisions, in the order of [`Precision::NAMES`].
    pub const ALL: [Self; 5] = [Self::F32, Self::Tf32, Self::Bf16, Self::Fixed14, Self::Int8];

    /// Parses one of [`Precision::NAMES`]; any other name is [`Code::InvalidOption`].
    pub fn parse(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|precision| precision.to_string() == text).ok_or_else(|| {
            let why = format!("precision must be f32, tf32, bf16, fixed14 or int8, received \"{text}\"");
            Error::new(Code::InvalidOption, why)
        })
    }

    /// Whether the CPU supports this precision for inference.
    pub const fn is_of_cpu(self) -> bool {
        !matches!(self, Precision::Tf32 | Precision::Bf16)
    }

    /// Whether CPUs can train in this precision; bf16 needs instructions that not all of them have.
    pub const fn trains_on_cpu(self) -> bool {
        matches!(self, Precision::F32 | Precision::Bf16)
    }

    /// The precision in which the CPU validates and tests a network that it trains in this precision: bf16 is for
    /// training only there, so f32.
    pub const fn of_cpu_inference(self) -> Self {
        match self {
            Precision::Bf16 => Precision::F32,
            _ => self,
        }
    }

    /// Whether an NVIDIA GPU supports this precision.
    pub const fn is_of_gpu(self) -> bool {
        !matches!(self, Precision::Fixed14 | Precision::Int8)
    }

    /// Checks that the CPU supports this precision for inference; otherwise [`Code::InvalidOption`], with what to do.
    pub fn check_cpu(self) -> Result<()> {
        if self.is_of_cpu() {
            return Ok(());
        }
        let needs =
            if self.trains_on_cpu() { "is for training only on the CPU, and inference in it needs" } else { "needs" };
        let why = format!("precision {self} {needs} an NVIDIA GPU: use precision f32, or device cuda (or auto)");
        Err(Error::new(Code::InvalidOption, why))
    }

    /// Checks that CPUs can train in this precision; otherwise [`Code::InvalidOption`], with what to do.
    pub fn check_cpu_training(self) -> Result<()> {
        self.check_training()?;
        if self.trains_on_cpu() {
            return Ok(());
        }
        let why = format!("precision {self} needs an NVIDIA GPU: use precision f32 or bf16, or device cuda (or auto)");
        Err(Error::new(Code::InvalidOption, why))
    }

    /// Checks that an NVIDIA GPU supports this precision; otherwise [`Code::InvalidOption`], with what to do.
    pub fn check_gpu(self) -> Result<()> {
        if self.is_of_gpu() {
            return Ok(());
        }
        let why =
            format!("precision {self} runs only on the CPU: use precision f32, tf32 or bf16, or device cpu (or auto)");
        Err(Error::new(Code::InvalidOption, why))
    }

    /// Checks that this precision supports training; otherwise [`Code::InvalidOption`].
    pub fn check_training(self) -> Result<()> {
        match self {
            Precision::F32 | Precision::Tf32 | Precision::Bf16 => Ok(()),
            Precision::Fixed14 | Precision::Int8 => {
                let why = format!("precision {self} is for inference only: train with f32 or bf16, or on a GPU tf32");
                Err(Error::new(Code::InvalidOption, why))
            }
        }
    }

    /// The units of an NVIDIA GPU that this precision uses, for `doctor`; `None` if a GPU does not support it.
    pub const fn units(self) -> Option<&'static str> {
        match self {
            Precision::F32 => Some("FP32 units"),
            Precision::Tf32 => Some("tensor cores, TF32"),
            Precision::Bf16 => Some("tensor cores, bf16"),
            Precision::Fixed14 | Precision::Int8 => None,
        }
    }
}

impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(Self::NAMES[*self as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_precision_is_read_by_its_name() {
        for (name, precision) in Precision::NAMES.into_iter().zip(Precision::ALL) {
            assert_eq!(Precision::parse(name).unwrap(), precision);
            assert_eq!(precision.to_string(), name);
            assert_eq!(precision.units().is_some(), precision.is_of_gpu());
            assert_eq!(serde_json::to_value(precision).unwrap(), name);
        }
        assert!(Precision::parse("f16").unwrap_err().message.contains("bf16, fixed14"));
    }
}
