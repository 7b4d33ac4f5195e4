//! Compares our thread pool with rayon on the workload of a training step: many short sections, one after the other.
//!
//! `pool [--threads 2] [--repeats 400] [--gap 0]` prints, for sections of several lengths, the microseconds of a
//! section on each pool, and the ratio of the faster form of rayon to ours. A step has 60 sections of 8 items; between
//! sections the caller does `gap` microseconds of work alone. The time of a step is the minimum over the repeats. The
//! repeats of the pools alternate, so that other busy programs do not slow down only one of them.
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use engine_core::pool::Pool;
use error::{Code, Error, Result};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};

const SECTIONS: usize = 60;
const ITEMS: usize = 8;
/// The microseconds of a section without any overhead.
const LENGTHS: [f64; 4] = [20.0, 50.0, 100.0, 200.0];

/// Does a given amount of work, on numbers in registers.
fn spin(rounds: usize) {
    let mut sums = [1.0f32; 8];
    for round in 0..rounds {
        let factor = black_box(0.999 + (round % 2) as f32 * 1e-4);
        sums.iter_mut().for_each(|sum| *sum = *sum * factor + 1e-3);
    }
    black_box(sums);
}

/// The number of rounds of [`spin`] in a microsecond, from the fastest of many short measurements.
fn rounds_in_a_microsecond() -> f64 {
    const ROUNDS: usize = 20_000;
    let seconds = (0..200).map(|_| seconds_of(|| spin(ROUNDS))).fold(f64::INFINITY, f64::min);
    ROUNDS as f64 / seconds / 1e6
}

fn seconds_of(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64()
}

/// One step on our pool.
fn ours(pool: &Pool, rounds: usize, gap: usize) -> Result<()> {
    for _ in 0..SECTIONS {
        pool.run(ITEMS, |_, _| spin(rounds))?;
        spin(gap);
    }
    Ok(())
}

/// One step in rayon's pool, with each section as a parallel iterator over single items.
fn iterators(pool: &ThreadPool, rounds: usize, gap: usize) {
    pool.install(|| {
        for _ in 0..SECTIONS {
            (0..ITEMS).into_par_iter().with_max_len(1).for_each(|_| spin(rounds));
            spin(gap);
        }
    });
}

/// One step in rayon's pool, with each section as a broadcast whose threads take items from one counter, as ours do.
fn broadcasts(pool: &ThreadPool, rounds: usize, gap: usize) {
    pool.install(|| {
        for _ in 0..SECTIONS {
            let next = AtomicUsize::new(0);
            pool.broadcast(|_| {
                while next.fetch_add(1, Ordering::Relaxed) < ITEMS {
                    spin(rounds);
                }
            });
            spin(gap);
        }
    });
}

fn option(name: &str, default: usize) -> Result<usize> {
    let words: Vec<String> = std::env::args().collect();
    let Some(at) = words.iter().position(|word| word == name) else {
        return Ok(default);
    };
    let value = words.get(at + 1).and_then(|word| word.parse().ok());
    value.ok_or_else(|| Error::new(Code::InvalidOption, format!("{name} needs a whole number")))
}

fn main() -> Result<()> {
    let (threads, repeats, gap) = (option("--threads", 2)?, option("--repeats", 400)?, option("--gap", 0)?);
    let pool = Pool::new(threads)?;
    let rayon = ThreadPoolBuilder::new().num_threads(threads).build();
    let rayon = rayon.map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
    let speed = rounds_in_a_microsecond();
    let alone = (speed * gap as f64) as usize;
    println!(
        "{threads} threads, {SECTIONS} sections of {ITEMS} items, {gap} us between them, fastest of {repeats} steps"
    );
    println!("section   ours  rayon iterators  rayon broadcasts  rayon's better one / ours");
    for length in LENGTHS {
        let rounds = (speed * length * threads as f64 / ITEMS as f64) as usize;
        let mut fastest = [f64::INFINITY; 3];
        for _ in 0..repeats {
            let mut done = Ok(());
            let taken = [
                seconds_of(|| done = ours(&pool, rounds, alone)),
                seconds_of(|| iterators(&rayon, rounds, alone)),
                seconds_of(|| broadcasts(&rayon, rounds, alone)),
            ];
            done?;
            fastest.iter_mut().zip(taken).for_each(|(fastest, taken)| *fastest = fastest.min(taken));
        }
        let [ours, iterators, broadcasts] = fastest.map(|seconds| seconds * 1e6 / SECTIONS as f64 - gap as f64);
        let ratio = iterators.min(broadcasts) / ours;
        println!("{length:4} us {ours:6.1} us {iterators:13.1} us {broadcasts:14.1} us {ratio:10.2}");
    }
    Ok(())
}
