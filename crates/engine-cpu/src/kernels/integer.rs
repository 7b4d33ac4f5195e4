//! Integer products: a few rows times one packed panel, summed exactly in 32 bits, so that every instruction set gives
//! the same bits.
//!
//! Rows and panels consist of 32-bit words. A word holds a pair of i16 in both, or four u8 in a row and four i8 in a
//! panel. The product of two words is the sum of the products of their parts. The caller must ensure that no sum
//! overflows.

#[cfg(target_arch = "aarch64")]
mod neon;
pub(crate) mod panels;
mod portable;
mod tile;
pub(crate) mod unit;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::features::CpuLevel;
use crate::kernels::simd::PANEL;
use unit::UnitKernel;

/// Multiplies words `[rows][k]`, with `lda` words from one row to the next, by a panel `[k][PANEL]`. Writes `out[r][c]`
/// in rows of [`PANEL`] sums. The sums of every row start with those of `start`.
///
/// # Safety
/// The processor has the kernel's instructions; 1 <= rows <= [`Integer::rows`]; all words and [`PANEL`] starts are
/// readable and `rows x PANEL` sums writable. Nothing need be aligned.
pub(crate) type Kernel =
    unsafe fn(rows: usize, a: *const i32, lda: usize, k: usize, panel: *const i32, start: *const i32, out: *mut i32);

/// Initial values of sums that start at zero.
pub(crate) const ZEROS: [i32; PANEL] = [0; PANEL];

/// The integer kernels of one instruction set.
#[derive(Clone, Copy)]
pub(crate) struct Integer {
    /// The instruction that multiplies pairs, as `doctor` shows it.
    pub(crate) pairs_name: &'static str,
    /// The largest number of rows in a call.
    pub(crate) rows: usize,
    /// The kernel for words of two i16.
    pub(crate) pairs: Kernel,
    /// The kernel for words of four u8 times four i8, if the processor has an instruction for them; otherwise pairs are
    /// at least as fast.
    pub(crate) quads: Option<(Kernel, &'static str)>,
    /// The kernel of whole units for the same words, if there are enough registers.
    pub(crate) units: Option<UnitKernel>,
}

impl Integer {
    /// The fastest kernels that this processor supports at `level`.
    pub(crate) fn of(level: CpuLevel) -> Self {
        Self::supported(level).last().copied().unwrap_or(portable::PORTABLE)
    }

    /// All kernels that this processor supports at `level`, slowest first.
    pub(crate) fn supported(level: CpuLevel) -> Vec<Self> {
        match level {
            #[cfg(target_arch = "x86_64")]
            CpuLevel::Avx512 if is_x86_feature_detected!("avx512vnni") => vec![x86::AVX512, x86::AVX512_VNNI],
            #[cfg(target_arch = "x86_64")]
            CpuLevel::Avx512 => vec![x86::AVX512],
            #[cfg(target_arch = "x86_64")]
            CpuLevel::Avx2 if is_x86_feature_detected!("avxvnni") => vec![x86::AVX2, x86::AVX_VNNI],
            #[cfg(target_arch = "x86_64")]
            CpuLevel::Avx2 => vec![x86::AVX2],
            #[cfg(target_arch = "aarch64")]
            CpuLevel::Neon => vec![neon::NEON],
            _ => vec![portable::PORTABLE],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine_core::{Philox, Purpose};

    /// Random integers in `from..=to`, which often are one of the two bounds.
    fn integers(count: usize, from: i32, to: i32, seed: u64) -> Vec<i32> {
        let stream = Philox::new(seed, Purpose::Synthesise, 0);
        let number = |u: f32| match u {
            u if u < 0.1 => from,
            u if u > 0.9 => to,
            u => from + (u * (to - from) as f32) as i32,
        };
        (0..count as u64).map(|i| number(stream.uniform(i))).collect()
    }

    fn pairs(values: &[i32]) -> Vec<i32> {
        let word = |pair: &[i32]| bytemuck::cast([pair[0] as i16, pair[1] as i16]);
        values.chunks_exact(2).map(word).collect()
    }

    fn quads(values: &[i32]) -> Vec<i32> {
        let word = |four: &[i32]| i32::from_ne_bytes([four[0] as u8, four[1] as u8, four[2] as u8, four[3] as u8]);
        values.chunks_exact(4).map(word).collect()
    }

    /// Compares a kernel with plain loops, with `parts` values to a word.
    fn check(kernel: Kernel, most: usize, parts: usize, a: [i32; 2], b: [i32; 2], name: &str) {
        for (words, lda) in [(1, 1), (3, 8), (96, 32), (64, 64)] {
            let x = integers(((most - 1) * lda + words) * parts, a[0], a[1], 1);
            let w = integers(words * PANEL * parts, b[0], b[1], 2);
            let pack = if parts == 2 { pairs } else { quads };
            let (rows, panel) = (pack(&x), pack(&w));
            let start = integers(PANEL, -1000, 1000, 3);
            for count in 1..=most {
                let mut out = vec![i32::MIN; (count + 1) * PANEL];
                // SAFETY: the kernel is supported; the slices have the sizes of the call.
                unsafe { kernel(count, rows.as_ptr(), lda, words, panel.as_ptr(), start.as_ptr(), out.as_mut_ptr()) };
                for r in 0..count {
                    for c in 0..PANEL {
                        let product = |i: usize| {
                            let (word, part) = (i / parts, i % parts);
                            x[(r * lda + word) * parts + part] * w[(word * PANEL + c) * parts + part]
                        };
                        let expected = start[c] + (0..words * parts).map(product).sum::<i32>();
                        assert_eq!(out[r * PANEL + c], expected, "{name}, {count} rows, {words} words, row {r}, {c}");
                    }
                }
                assert!(out[count * PANEL..].iter().all(|&v| v == i32::MIN), "{name} wrote beyond its rows");
            }
        }
    }

    #[test]
    fn every_instruction_gives_the_exact_sums() {
        for level in CpuLevel::supported() {
            for kernels in Integer::supported(level) {
                check(kernels.pairs, kernels.rows, 2, [-8191, 8191], [-2000, 2000], kernels.pairs_name);
                check(kernels.pairs, kernels.rows, 2, [0, 255], [-127, 127], kernels.pairs_name);
                if let Some((quads, name)) = kernels.quads {
                    check(quads, kernels.rows, 4, [0, 255], [-127, 127], name);
                }
            }
        }
    }
}
