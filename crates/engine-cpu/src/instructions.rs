//! The instructions that a precision uses.

use engine_core::Precision;
use error::Result;

use crate::features::{has_bf16, CpuLevel};
use crate::kernels::integer::Integer;

/// The instructions that `precision` uses at the selected CPU level, for `doctor`; `None` if the CPU does not support
/// the precision, or does not have its instructions. Errors: those of [`CpuLevel::chosen`].
pub fn instructions(precision: Precision) -> Result<Option<String>> {
    let level = CpuLevel::chosen()?;
    let integer = Integer::of(level);
    Ok(Some(match (precision, integer.quads) {
        (Precision::Tf32, _) => return Ok(None),
        (Precision::Bf16, _) if !has_bf16() => return Ok(None),
        (Precision::Bf16, _) => "AVX-512 BF16 (training only)".into(),
        (Precision::F32, _) => match level {
            CpuLevel::Portable => "plain 32-bit products".into(),
            CpuLevel::Avx2 => "AVX2 FMA".into(),
            CpuLevel::Avx512 => "AVX-512 FMA".into(),
            CpuLevel::Neon => "NEON FMA".into(),
        },
        (Precision::Fixed14, _) => integer.pairs_name.into(),
        (Precision::Int8, Some((_, name))) => name.into(),
        (Precision::Int8, None) => format!("{} (no 8-bit products here: fixed14 is faster)", integer.pairs_name),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_precision_of_the_cpu_names_its_instructions() {
        for precision in Precision::ALL {
            let expected = precision.is_of_cpu() || precision == Precision::Bf16 && has_bf16();
            assert_eq!(instructions(precision).unwrap().is_some(), expected);
        }
    }
}
