//! Random numbers of one change of one segment.

use engine::Philox;

/// Random numbers of one change of one segment, one after another.
#[derive(Clone, Debug)]
pub(super) struct Draws {
    generator: Philox,
    next: u64,
}

impl Draws {
    /// The numbers of `generator` from `first` on.
    pub(super) fn new(generator: Philox, first: u64) -> Self {
        Self { generator, next: first }
    }

    /// A number in [0, 1).
    pub(super) fn uniform(&mut self) -> f32 {
        let number = self.generator.uniform(self.next);
        self.next = self.next.wrapping_add(1);
        number
    }

    /// A number from `from` to `to`.
    pub(super) fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * f64::from(self.uniform())
    }

    /// Fills `out` with numbers in [0, 1).
    pub(super) fn fill(&mut self, out: &mut [f32]) {
        self.generator.fill_uniform(self.next, out);
        self.next = self.next.wrapping_add(out.len() as u64);
    }
}
