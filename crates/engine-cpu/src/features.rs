//! The instruction sets that the processor supports, and the one that a plan uses.

use std::sync::OnceLock;

use error::{Code, Error, Result};

/// Set this environment variable to one of [`CpuLevel::NAMES`] to use a smaller instruction set than the processor
/// supports.
pub const CPU_LEVEL_VARIABLE: &str = "SAMPLECNN_CPU_LEVEL";

/// An instruction set that the kernels are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CpuLevel {
    /// Only what every processor of the architecture supports: SSE2 on x86-64.
    Portable,
    /// x86-64 with AVX2 and FMA.
    Avx2,
    /// x86-64 with AVX-512 F, BW, DQ and VL.
    Avx512,
    /// AArch64, which always has NEON.
    Neon,
}

impl CpuLevel {
    /// The names of the levels, as used by the variable and `doctor`.
    pub const NAMES: [&'static str; 4] = ["portable", "avx2", "avx512", "neon"];

    /// The name of the level.
    pub fn name(self) -> &'static str {
        match self {
            CpuLevel::Portable => "portable",
            CpuLevel::Avx2 => "avx2",
            CpuLevel::Avx512 => "avx512",
            CpuLevel::Neon => "neon",
        }
    }

    /// The levels that this processor supports, slowest first.
    pub fn supported() -> Vec<CpuLevel> {
        let mut levels = vec![CpuLevel::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                levels.push(CpuLevel::Avx2);
                if ["avx512f", "avx512bw", "avx512dq", "avx512vl"].iter().all(|f| cpu_features().contains(f)) {
                    levels.push(CpuLevel::Avx512);
                }
            }
        }
        #[cfg(target_arch = "aarch64")]
        levels.push(CpuLevel::Neon);
        levels
    }

    /// The level that plans use: the fastest one, or the one that [`CPU_LEVEL_VARIABLE`] names. An unknown name, or a
    /// level that this processor does not support, is [`Code::InvalidOption`].
    pub fn chosen() -> Result<CpuLevel> {
        static BEST: OnceLock<CpuLevel> = OnceLock::new();
        match std::env::var(CPU_LEVEL_VARIABLE) {
            Ok(name) if !name.is_empty() => Self::named(&name),
            _ => Ok(*BEST.get_or_init(|| Self::supported().last().copied().unwrap_or(CpuLevel::Portable))),
        }
    }

    fn named(name: &str) -> Result<CpuLevel> {
        let supported = Self::supported();
        supported.iter().copied().find(|level| level.name() == name).ok_or_else(|| {
            let names: Vec<_> = supported.iter().map(|level| level.name()).collect();
            Error::new(
                Code::InvalidOption,
                format!(
                    "{CPU_LEVEL_VARIABLE} must be one of {} on this processor, received \"{name}\"",
                    names.join(", ")
                ),
            )
        })
    }
}

/// Whether plans can use AVX-512 BF16: the processor has it, and the selected level is AVX-512.
pub(crate) fn has_bf16() -> bool {
    CpuLevel::chosen().is_ok_and(|level| level == CpuLevel::Avx512) && cpu_features().contains(&"avx512bf16")
}

/// Checks that plans can use AVX-512 BF16; otherwise [`Code::InvalidOption`] with what to do.
pub(crate) fn check_bf16() -> Result<()> {
    let level = CpuLevel::chosen()?;
    if has_bf16() {
        return Ok(());
    }
    let reason = if cpu_features().contains(&"avx512bf16") {
        format!("and {CPU_LEVEL_VARIABLE} selects {}", level.name())
    } else {
        "which this processor does not have".to_owned()
    };
    let why = format!(
        "precision bf16 on the CPU needs the instructions of AVX-512 BF16, {reason}: use precision f32, or an NVIDIA \
         GPU"
    );
    Err(Error::new(Code::InvalidOption, why))
}

/// The instruction sets of this processor that the kernels can use, by their usual names.
pub fn cpu_features() -> Vec<&'static str> {
    let mut features = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        macro_rules! ask {
            ($($name:tt)*) => { $(if is_x86_feature_detected!($name) { features.push($name); })* };
        }
        ask!(
            "sse2" "sse4.2" "avx" "avx2" "fma" "f16c" "avx512f" "avx512bw" "avx512dq" "avx512vl" "avx512vnni"
            "avx512bf16" "avxvnni"
        );
    }
    #[cfg(target_arch = "aarch64")]
    {
        features.push("neon");
        if std::arch::is_aarch64_feature_detected!("dotprod") {
            features.push("dotprod");
        }
    }
    features
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_supported_level_can_be_named_and_others_are_refused() {
        for level in CpuLevel::supported() {
            assert_eq!(CpuLevel::named(level.name()).unwrap(), level);
            assert!(CpuLevel::NAMES.contains(&level.name()));
        }
        for name in ["avx1024", if cfg!(target_arch = "x86_64") { "neon" } else { "avx2" }] {
            let refused = CpuLevel::named(name).unwrap_err();
            assert_eq!(refused.code, Code::InvalidOption);
            assert!(refused.message.contains(name) && refused.message.contains("portable"), "{refused}");
        }
    }
}
