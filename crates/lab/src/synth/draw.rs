//! Random choices from a stream of random numbers.

use engine::{Philox, Purpose};

/// A stream of random numbers; the same seed and stream number give the same numbers.
#[derive(Clone, Debug)]
pub struct Draw {
    philox: Philox,
    next: u64,
}

impl Draw {
    /// Stream number `stream` of `seed`.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self { philox: Philox::new(seed, Purpose::Synthesise, stream), next: 0 }
    }

    /// A number in [0, 1).
    pub fn uniform(&mut self) -> f32 {
        self.next += 1;
        self.philox.uniform(self.next - 1)
    }

    /// A number in [low, high).
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.uniform()
    }

    /// A whole number from 0 to `count - 1`.
    pub fn below(&mut self, count: usize) -> usize {
        ((self.uniform() * count as f32) as usize).min(count.saturating_sub(1))
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.uniform() < probability
    }
}
