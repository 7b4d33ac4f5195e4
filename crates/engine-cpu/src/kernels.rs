//! The kernels: vectors of every instruction level, the micro-kernel, packed weights, Winograd transforms, products of
//! bf16 pairs, integer products.

#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(crate) mod bf16;
pub(crate) mod dispatch;
pub(crate) mod integer;
#[cfg(target_arch = "aarch64")]
mod neon;
pub(crate) mod numbers;
pub(crate) mod panels;
pub(crate) mod portable;
pub(crate) mod scalar;
pub(crate) mod simd;
pub(crate) mod tile;
pub(crate) mod unroll;
pub(crate) mod winograd;
#[cfg(target_arch = "x86_64")]
mod x86;
