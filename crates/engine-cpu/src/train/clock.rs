//! The time that the parts of an operation take, for a profile of a step.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// A part of the work of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Working copies of the weights.
    Weights,
    /// Loading and transforming the inputs of products.
    Inputs,
    /// The products of the forward pass, with raw values, moments and maxima.
    Forward,
    /// Statistics and coefficients of norms.
    Norm,
    /// The sums that the backward pass of norm, ReLU and pool needs.
    Sums,
    /// Loading and transforming the gradients of raw values, through pool, ReLU and norm.
    Gradients,
    /// The products of the data gradient.
    DataGradient,
    /// The products of the weight gradient, and their sums over all blocks.
    WeightGradient,
    /// The update of the parameters.
    Update,
    /// Everything else.
    Other,
}

/// All parts with their names.
const PARTS: [(Part, &str); 10] = [
    (Part::Weights, "weights"),
    (Part::Inputs, "inputs"),
    (Part::Forward, "forward"),
    (Part::Norm, "norm"),
    (Part::Sums, "sums"),
    (Part::Gradients, "gradients"),
    (Part::DataGradient, "data gradient"),
    (Part::WeightGradient, "weight gradient"),
    (Part::Update, "update"),
    (Part::Other, "other"),
];

/// The nanoseconds of all workers for each part; nothing is measured before the first call of [`Clock::read`].
#[derive(Default)]
pub(crate) struct Clock {
    on: AtomicBool,
    nanoseconds: [AtomicU64; PARTS.len()],
}

/// The measurement of one item.
pub(crate) struct Laps<'a> {
    clock: &'a Clock,
    last: Option<Instant>,
}

impl Clock {
    /// Starts the measurement of an item.
    #[inline(always)]
    pub(crate) fn start(&self) -> Laps<'_> {
        Laps { clock: self, last: self.on.load(Ordering::Relaxed).then(Instant::now) }
    }

    /// The names of the parts, and the seconds of all workers since the last call. The first call starts the clock.
    pub(crate) fn read(&self) -> Vec<(&'static str, f64)> {
        self.on.store(true, Ordering::Relaxed);
        let seconds = |part: Part| self.nanoseconds[part as usize].swap(0, Ordering::Relaxed) as f64 * 1e-9;
        PARTS.iter().map(|&(part, name)| (name, seconds(part))).filter(|&(_, seconds)| seconds > 0.0).collect()
    }
}

impl Laps<'_> {
    /// Adds the time since the last lap to `part`.
    #[inline(always)]
    pub(crate) fn lap(&mut self, part: Part) {
        if let Some(last) = &mut self.last {
            let now = Instant::now();
            let passed = now.duration_since(*last).as_nanos() as u64;
            self.clock.nanoseconds[part as usize].fetch_add(passed, Ordering::Relaxed);
            *last = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_added_to_its_part_after_the_first_reading() {
        let clock = Clock::default();
        clock.start().lap(Part::Norm);
        assert!(clock.read().is_empty());
        let mut laps = clock.start();
        std::thread::sleep(std::time::Duration::from_millis(3));
        laps.lap(Part::Sums);
        laps.lap(Part::Norm);
        let parts = clock.read();
        let sums = parts.iter().find(|(name, _)| *name == "sums").unwrap().1;
        assert!((0.003..10.0).contains(&sums), "{parts:?}");
        assert!(PARTS.iter().enumerate().all(|(at, &(part, _))| part as usize == at));
    }
}
