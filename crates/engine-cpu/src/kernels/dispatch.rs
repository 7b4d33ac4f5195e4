//! Selection of the compiled form of a kernel.

use crate::features::CpuLevel;
#[cfg(target_arch = "x86_64")]
use crate::kernels::bf16::PairKernel;
#[cfg(target_arch = "aarch64")]
use crate::kernels::neon::Neon;
use crate::kernels::portable::Portable;
use crate::kernels::simd::Kernel;
#[cfg(target_arch = "x86_64")]
use crate::kernels::x86::{Avx2, Avx512};

/// Runs `kernel` with the instructions of `level`.
///
/// # Safety
/// The contract of the kernel holds, and `level` is one of [`CpuLevel::supported`].
pub(crate) unsafe fn run<K: Kernel>(level: CpuLevel, kernel: K) -> K::Output {
    // SAFETY: by the contract of this function.
    unsafe {
        match level {
            #[cfg(target_arch = "x86_64")]
            CpuLevel::Avx512 => avx512(kernel),
            #[cfg(target_arch = "x86_64")]
            CpuLevel::Avx2 => avx2(kernel),
            #[cfg(target_arch = "aarch64")]
            CpuLevel::Neon => kernel.run::<Neon>(),
            _ => kernel.run::<Portable>(),
        }
    }
}

/// Runs `kernel` with the instructions of AVX-512 BF16.
///
/// # Safety
/// The contract of the kernel holds, and [`has_bf16`](crate::features::has_bf16) is true.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,avx512bf16")]
pub(crate) unsafe fn run_pairs<K: PairKernel>(kernel: K) -> K::Output {
    // SAFETY: the caller vouches for the instructions and the kernel's contract.
    unsafe { kernel.run::<Avx512>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
unsafe fn avx512<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: the caller vouches for the instructions and the kernel's contract.
    unsafe { kernel.run::<Avx512>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: the caller vouches for the instructions and the kernel's contract.
    unsafe { kernel.run::<Avx2>() }
}
