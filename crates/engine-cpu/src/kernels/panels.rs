//! Weights in the order in which the micro-kernel reads them.

use error::Result;

use crate::arena::Arena;
use crate::kernels::simd::PANEL;

/// A matrix `[rows, columns]` cut into panels of [`PANEL`] columns: `[ceil(columns / PANEL)][rows][PANEL]`, with zeros
/// after the last column.
pub(crate) struct Panels {
    values: Arena,
    rows: usize,
    count: usize,
}

impl Panels {
    /// Packs the matrix with the elements `value(row, column)`. Too little memory is [`error::Code::InvalidOption`].
    pub(crate) fn pack(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f32) -> Result<Self> {
        let count = columns.div_ceil(PANEL);
        let mut values = Arena::zeroed("a layer's weights", count * rows * PANEL)?;
        for (panel, part) in values.chunks_exact_mut((rows * PANEL).max(1)).enumerate() {
            for column in panel * PANEL..columns.min((panel + 1) * PANEL) {
                for row in 0..rows {
                    part[row * PANEL + column % PANEL] = value(row, column);
                }
            }
        }
        Ok(Self { values, rows, count })
    }

    /// The number of rows of the matrix, which is the length of the sums.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The number of panels.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Panel `index`, `[rows][PANEL]`.
    pub(crate) fn panel(&self, index: usize) -> &[f32] {
        &self.values[index * self.rows * PANEL..][..self.rows * PANEL]
    }
}
