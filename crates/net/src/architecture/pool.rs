//! Max pooling.

/// A max pool over time. An incomplete last window is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Window size and stride; 1 for no pool.
    pub size: usize,
    /// Padding with minus infinity before and after the input.
    pub padding: usize,
}

impl Pool {
    /// No pool.
    pub const NONE: Self = Self { size: 1, padding: 0 };

    /// The output length for `length` positions; 0 if they do not fill a window.
    pub fn output_length(self, length: usize) -> usize {
        let padded = length + 2 * self.padding;
        if padded < self.size {
            0
        } else {
            (padded - self.size) / self.size.max(1) + 1
        }
    }
}
