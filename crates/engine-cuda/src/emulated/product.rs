//! Operands and results of matrix products, as cuBLAS takes and rounds them.

use engine_core::Precision;

use super::Emulated;
use crate::gpu::{Address, Element, Matrix, Product};

impl Emulated {
    pub(super) fn check(
        &self,
        what: &str,
        matrix: &Matrix,
        element: Element,
        rows: usize,
        columns: usize,
        count: usize,
    ) {
        let (rows, columns) = if matrix.transposed { (columns, rows) } else { (rows, columns) };
        assert!(
            matrix.leading >= rows.max(1),
            "{what}: cuBLAS refuses a leading dimension of {} under {rows}",
            matrix.leading
        );
        let last = (count - 1) * matrix.stride + (columns - 1) * matrix.leading + rows;
        assert!(self.holds(matrix.start, last * element.bytes()), "{what}: outside of all memory");
    }

    /// Address `index` of a list.
    pub(super) fn listed(&self, matrix: &Matrix, index: usize) -> Address {
        let place = Address(matrix.start.0 + 8 * index as u64);
        assert!(self.holds(place, 8), "a list outside of all memory");
        // SAFETY: inside our memory, at a multiple of 8 bytes, as lists begin at multiples of 256.
        Address(unsafe { *(place.0 as *const u64) })
    }

    /// Matrix `index` of a batch as f32 rows, rounded as the precision rounds what it multiplies.
    pub(super) fn operand(&self, matrix: &Matrix, of: Element, rows: usize, columns: usize, index: usize) -> Vec<f32> {
        let mut values = Vec::with_capacity(rows * columns);
        for row in 0..rows {
            for column in 0..columns {
                let at = if matrix.transposed { row * matrix.leading + column } else { column * matrix.leading + row };
                let place = matrix.start.offset((index * matrix.stride + at) as isize, of);
                values.push(self.value(place, of));
            }
        }
        values
    }

    fn value(&self, place: Address, of: Element) -> f32 {
        // SAFETY: the caller's matrix was checked to lie inside our memory, at multiples of its elements' size.
        let bits = unsafe {
            match of {
                Element::Bf16 => u32::from(*(place.0 as *const u16)) << 16,
                Element::F32 => *(place.0 as *const u32),
            }
        };
        let is_rounded = of == Element::F32 && self.precision == Precision::Tf32;
        f32::from_bits(if is_rounded { (bits + 0x0FFF + (bits >> 13 & 1)) & !0x1FFF } else { bits })
    }

    /// Writes a result, `[rows, columns]`, or adds it.
    pub(super) fn result(&self, product: &Product, index: usize, values: &[f32]) {
        let (to, into) = (&product.to, product.into);
        for (i, &value) in values.iter().enumerate() {
            let (row, column) = (i / product.columns, i % product.columns);
            let place = to.start.offset((index * to.stride + column * to.leading + row) as isize, into);
            // SAFETY: checked to lie inside our memory.
            unsafe {
                match into {
                    Element::F32 => {
                        let place = place.0 as *mut f32;
                        *place = if product.accumulate { *place + value } else { value };
                    }
                    Element::Bf16 => {
                        let before = if product.accumulate { self.value(place, into) } else { 0.0 };
                        *(place.0 as *mut u16) = bf16(before + value);
                    }
                }
            }
        }
    }
}

/// To the nearest bf16, ties to the even one.
fn bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        return 0x7FC0;
    }
    (bits.wrapping_add(0x7FFF + (bits >> 16 & 1)) >> 16) as u16
}
