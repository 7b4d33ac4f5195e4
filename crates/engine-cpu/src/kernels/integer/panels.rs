//! Quantised weights in the order in which the integer kernels read them.

use error::Result;

use crate::arena::Arena;
use crate::kernels::simd::PANEL;

/// A tiny quantisation step for columns of zeros.
const LEAST_STEP: f64 = 1e-30;

/// Quantised matrices `[planes][rows, columns]`, with a quantisation step for each column of each plane, cut into
/// panels: `[ceil(columns / PANEL)][planes][rows / parts][PANEL]` words of `parts` rows, with zeros after the last
/// column.
pub(crate) struct IntegerPanels {
    words: Arena,
    /// The quantisation steps, `[count][planes][PANEL]`.
    steps: Arena,
    planes: usize,
    /// The number of words in a column of a plane.
    height: usize,
    count: usize,
}

impl IntegerPanels {
    /// Packs `value(plane, row, column)`: two i16 or four i8 to a word, depending on `parts`, which must divide `rows`.
    /// `step` receives the largest absolute value and the sum of the absolute values of a column, and must return a
    /// quantisation step with which they fit. Too little memory is [`error::Code::InvalidOption`].
    pub(crate) fn pack(
        parts: usize,
        [planes, rows, columns]: [usize; 3],
        step: impl Fn(f64, f64) -> f64,
        value: impl Fn(usize, usize, usize) -> f64,
    ) -> Result<Self> {
        let (count, height) = (columns.div_ceil(PANEL), rows / parts);
        let mut words = Arena::zeroed("a layer's weights", count * planes * height * PANEL)?;
        let mut steps = Arena::zeroed("a layer's weights", count * planes * PANEL)?;
        let mut column_values = vec![0.0; rows];
        for plane in 0..planes {
            for column in 0..columns {
                column_values.iter_mut().enumerate().for_each(|(row, v)| *v = value(plane, row, column));
                let largest = column_values.iter().fold(0.0f64, |top, v| top.max(v.abs()));
                let sum = column_values.iter().map(|v| v.abs()).sum();
                let step = step(largest, sum).max(LEAST_STEP);
                let block = column / PANEL * planes + plane;
                steps[block * PANEL + column % PANEL] = step as f32;
                for (row, v) in column_values.iter().enumerate() {
                    let word = (block * height + row / parts) * PANEL + column % PANEL;
                    let whole = (v / step).round_ties_even();
                    if parts == 4 {
                        bytemuck::cast_slice_mut::<f32, i8>(&mut words)[word * 4 + row % 4] = whole as i8;
                    } else {
                        bytemuck::cast_slice_mut::<f32, i16>(&mut words)[word * 2 + row % 2] = whole as i16;
                    }
                }
            }
        }
        Ok(Self { words, steps, planes, height, count })
    }

    /// The number of panels.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The number of words in a column of a plane, which is the length of the sums.
    pub(crate) fn height(&self) -> usize {
        self.height
    }

    /// Plane `plane` of panel `index`, `[height][PANEL]` words.
    pub(crate) fn plane(&self, index: usize, plane: usize) -> &[i32] {
        let size = self.height * PANEL;
        bytemuck::cast_slice(&self.words[(index * self.planes + plane) * size..][..size])
    }

    /// The sum of each column of a plane, whose words have `parts` values.
    pub(crate) fn sums(&self, index: usize, plane: usize, parts: usize) -> [i32; PANEL] {
        let mut sums = [0; PANEL];
        for (i, word) in self.plane(index, plane).iter().enumerate() {
            sums[i % PANEL] += match parts {
                4 => bytemuck::cast::<i32, [i8; 4]>(*word).map(i32::from).iter().sum::<i32>(),
                _ => bytemuck::cast::<i32, [i16; 2]>(*word).map(i32::from).iter().sum::<i32>(),
            };
        }
        sums
    }

    /// The quantisation steps of panel `index`, `[planes][PANEL]`.
    pub(crate) fn steps(&self, index: usize) -> &[f32] {
        &self.steps[index * self.planes * PANEL..][..self.planes * PANEL]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_weight_is_within_half_a_step_of_its_value() {
        let value =
            |plane: usize, row: usize, column: usize| ((plane * 100 + row * 7 + column * 13) % 29) as f64 / 10.0 - 1.4;
        for (parts, most) in [(2usize, 32767.0), (4, 127.0)] {
            let panels = IntegerPanels::pack(parts, [2, 8, 40], |largest, _| largest / most, value).unwrap();
            assert_eq!((panels.count(), panels.height()), (2, 8 / parts));
            for (plane, row, column) in (0..2 * 8 * 64).map(|i| (i / 512, i / 64 % 8, i % 64)) {
                let words = panels.plane(column / PANEL, plane);
                let word = words[row / parts * PANEL + column % PANEL].to_ne_bytes();
                let whole = match parts {
                    4 => f64::from(word[row % 4] as i8),
                    _ => f64::from(i16::from_ne_bytes([word[row % 2 * 2], word[row % 2 * 2 + 1]])),
                };
                let step = f64::from(panels.steps(column / PANEL)[plane * PANEL + column % PANEL]);
                let expected = if column < 40 { value(plane, row, column) } else { 0.0 };
                assert!((whole * step - expected).abs() <= 0.51 * step, "{plane} {row} {column}");
            }
        }
    }
}
