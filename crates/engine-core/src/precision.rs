//! The number formats of a plan's products.

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Number format of a plan's products. Parameters and statistics are f32 in every one.
///
/// f32 runs everywhere. [`Precision::Tf32`] and [`Precision::Bf16`] are those of an NVIDIA GPU, for training and inference;
/// [`Precision::Fixed14`] and [`Precision::Int8`] those of the CPU, for inference alone. On the CPU, what a precision does not cover
/// runs in f32: the first layer, dense layers (those of squeeze and excitation among them), and the steps that name each below.
/// `doctor` says which instructions each runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floating point: the default and the truth.
    #[default]
    F32,
    /// Products on a GPU's tensor cores of f32 values with 10 bits of mantissa, summed in f32. Everything else is f32.
    Tf32,
    /// Activations and products of 16 bits (7 of mantissa) on a GPU, summed in f32; parameters, their updates and statistics stay f32.
    Bf16,
    /// 14-bit fixed point in the products of Winograd tiles: stride 1, filters of 2 to 5 taps, a pool that divides the tile. Every tile has
    /// its own step at each of its points, so no calibration is needed.
    Fixed14,
    /// 8-bit products in every convolution whose inputs are not negative (a ReLU before it): any filter, stride and pool.
    /// The rows that a block of windows reads (about 56 windows, or a short segment) are calibrated by their own largest value.
    Int8,
}

impl Precision {
    /// The names, as options and [`Display`](std::fmt::Display) write them.
    pub const NAMES: [&'static str; 5] = ["f32", "tf32", "bf16", "fixed14", "int8"];

    /// All, in the order of [`Precision::NAMES`].
    pub const ALL: [Self; 5] = [Self::F32, Self::Tf32, Self::Bf16, Self::Fixed14, Self::Int8];

    /// Reads one of [`Precision::NAMES`]; another name is [`Code::InvalidOption`].
    pub fn parse(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|precision| precision.to_string() == text).ok_or_else(|| {
            let why = format!("precision must be f32, tf32, bf16, fixed14 or int8, received \"{text}\"");
            Error::new(Code::InvalidOption, why)
        })
    }

    /// Whether the CPU has it.
    pub const fn is_of_cpu(self) -> bool {
        !matches!(self, Precision::Tf32 | Precision::Bf16)
    }

    /// Whether an NVIDIA GPU has it.
    pub const fn is_of_gpu(self) -> bool {
        !matches!(self, Precision::Fixed14 | Precision::Int8)
    }

    /// Refuses one that the CPU does not have: [`Code::InvalidOption`], with what to do.
    pub fn check_cpu(self) -> Result<()> {
        if self.is_of_cpu() {
            return Ok(());
        }
        let why = format!("precision {self} is one of an NVIDIA GPU: use precision f32, or device cuda (or auto)");
        Err(Error::new(Code::InvalidOption, why))
    }

    /// Refuses one that an NVIDIA GPU does not have: [`Code::InvalidOption`], with what to do.
    pub fn check_gpu(self) -> Result<()> {
        if self.is_of_gpu() {
            return Ok(());
        }
        let why =
            format!("precision {self} is one of the CPU: use precision f32, tf32 or bf16, or device cpu (or auto)");
        Err(Error::new(Code::InvalidOption, why))
    }

    /// Refuses one that is for inference alone: [`Code::InvalidOption`].
    pub fn check_training(self) -> Result<()> {
        match self {
            Precision::F32 | Precision::Tf32 | Precision::Bf16 => Ok(()),
            Precision::Fixed14 | Precision::Int8 => {
                let why = format!("precision {self} is for inference: training takes f32, or on a GPU tf32 or bf16");
                Err(Error::new(Code::InvalidOption, why))
            }
        }
    }

    /// What of an NVIDIA GPU it runs on, for `doctor`; none where a GPU does not have it.
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
