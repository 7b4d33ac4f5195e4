//! The layout of activations: several signals below each other, with rows of zeros between them.

/// The layout of an activation of several signals: `gap` rows of zeros, then for each signal `length` rows of
/// `channels` values and `gap` rows of zeros.
///
/// The gap is at least as long as the padding of every convolution, so that a convolution with stride 1 over all
/// signals is one matrix product, whose left matrix has overlapping rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    /// Rows of each signal.
    pub length: usize,
    /// Values of a row.
    pub channels: usize,
    /// Rows of zeros before the first signal and after each signal.
    pub gap: usize,
}

impl Rows {
    /// The number of values for `signals` signals.
    pub fn size(&self, signals: usize) -> usize {
        self.at(signals, 0)
    }

    /// The index of the first value of a row.
    pub fn at(&self, signal: usize, position: usize) -> usize {
        (self.gap + signal * (self.length + self.gap) + position) * self.channels
    }

    /// The indices of the values of one signal.
    pub fn of(&self, signal: usize) -> std::ops::Range<usize> {
        let start = self.at(signal, 0);
        start..start + self.length * self.channels
    }

    /// The number of rows from the first row of the first signal to the last row of the last signal.
    pub fn span(&self, signals: usize) -> usize {
        (signals * (self.length + self.gap)).saturating_sub(self.gap)
    }

    /// Sets the rows between the signals to zero, which matrix products overwrite.
    pub fn clear_gaps(&self, values: &mut [f32], signals: usize) {
        let rows = self.gap * self.channels;
        for signal in 0..=signals {
            let end = self.at(signal, 0);
            values[end - rows..end].fill(0.0);
        }
    }
}
