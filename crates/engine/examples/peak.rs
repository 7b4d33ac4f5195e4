//! The peak speed of the processor: `peak [--threads 2]` reads `run SECONDS` from stdin and prints GFLOP/s of f32
//! multiply-adds in registers, as the sum of the fastest stretch of each thread, with all threads running. `copy
//! SECONDS` prints the GB/s, read and written, of copies in memory in the same way.
#![allow(clippy::print_stdout)]

use std::io::BufRead;
use std::time::Instant;

/// The number of independent multiply-adds: enough to hide the latency of each.
const CHAINS: usize = 12;
/// The number of repeats in a stretch. A stretch takes a fraction of a millisecond, less than the time slice of another
/// process on the core.
const REPEATS: usize = 50_000;

/// The bytes that each thread copies at a time: more than caches hold.
const COPIED: usize = 128 << 20;

/// Copies once and returns the bytes read and written.
fn copy((from, to): &mut (Vec<u8>, Vec<u8>)) -> f64 {
    to.copy_from_slice(from);
    std::hint::black_box(to);
    2.0 * COPIED as f64
}

/// Runs one stretch with the best instructions of the processor and returns its number of operations.
fn stretch() -> f64 {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has the instructions.
            return unsafe { avx512() };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the processor has the instructions.
            return unsafe { avx2() };
        }
    }
    let mut sums = [[0.0f32; 4]; CHAINS];
    for _ in 0..REPEATS {
        for sum in &mut sums {
            *sum = std::array::from_fn(|i| sum[i] * 0.999 + 0.5);
        }
        std::hint::black_box(&mut sums);
    }
    (REPEATS * CHAINS * 4 * 2) as f64
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn avx512() -> f64 {
    use std::arch::x86_64::{_mm512_fmadd_ps, _mm512_reduce_add_ps, _mm512_set1_ps};
    let (x, y) = (std::hint::black_box(_mm512_set1_ps(0.999)), std::hint::black_box(_mm512_set1_ps(0.5)));
    let mut sums = [y; CHAINS];
    for _ in 0..REPEATS {
        // Not `map`: its closure would be compiled without these instructions.
        for sum in &mut sums {
            *sum = _mm512_fmadd_ps(x, *sum, y);
        }
    }
    for sum in sums {
        std::hint::black_box(_mm512_reduce_add_ps(sum));
    }
    (REPEATS * CHAINS * 16 * 2) as f64
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2() -> f64 {
    use std::arch::x86_64::{_mm256_cvtss_f32, _mm256_fmadd_ps, _mm256_set1_ps};
    let (x, y) = (std::hint::black_box(_mm256_set1_ps(0.999)), std::hint::black_box(_mm256_set1_ps(0.5)));
    let mut sums = [y; CHAINS];
    for _ in 0..REPEATS {
        // Not `map`: its closure would be compiled without these instructions.
        for sum in &mut sums {
            *sum = _mm256_fmadd_ps(x, *sum, y);
        }
    }
    for sum in sums {
        std::hint::black_box(_mm256_cvtss_f32(sum));
    }
    (REPEATS * CHAINS * 8 * 2) as f64
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|a| a == "--threads");
    let threads: usize = at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(2);
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let least = line.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0.5);
        let copies = line.starts_with("copy");
        let one = || {
            let mut memory = if copies { (vec![1u8; COPIED], vec![0u8; COPIED]) } else { (Vec::new(), Vec::new()) };
            let (began, mut best) = (Instant::now(), 0.0f64);
            while best == 0.0 || began.elapsed().as_secs_f64() < least {
                let start = Instant::now();
                let done = if copies { copy(&mut memory) } else { stretch() };
                best = best.max(done / start.elapsed().as_secs_f64());
            }
            best
        };
        let all: f64 = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
            workers.into_iter().filter_map(|worker| worker.join().ok()).sum()
        });
        println!("{}", all * 1e-9);
    }
}
