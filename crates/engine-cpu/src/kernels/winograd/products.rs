//! What a tile's outputs are transformed from: products as floats, or as integers with their steps.

use crate::kernels::simd::{Simd, PANEL};

/// The products of a tile, from which a vector of channels can be read at every point.
///
/// # Safety
/// Its functions may be called where the products were promised to be, on a processor with the instructions of `S`.
pub(crate) trait Products<S: Simd>: Copy {
    /// One vector of the products at `point`.
    unsafe fn point(self, point: usize) -> S::V;
}

/// Products that are floats, `plane` of them from one point to the next.
#[derive(Clone, Copy)]
pub(crate) struct Floats {
    pub(crate) at: *const f32,
    pub(crate) plane: usize,
}

impl<S: Simd> Products<S> for Floats {
    #[inline(always)]
    unsafe fn point(self, point: usize) -> S::V {
        // SAFETY: by the contract of `Products`.
        unsafe { S::load(self.at.add(point * self.plane)) }
    }
}

/// Integer products, in steps of the row times steps of the column.
#[derive(Clone, Copy)]
pub(crate) struct Steps {
    pub(crate) at: *const i32,
    /// Products from one point to the next.
    pub(crate) plane: usize,
    /// Steps of the columns, [`PANEL`] from one point to the next.
    pub(crate) columns: *const f32,
    /// Steps of the row at every point.
    pub(crate) row: *const f32,
}

impl<S: Simd> Products<S> for Steps {
    #[inline(always)]
    unsafe fn point(self, point: usize) -> S::V {
        // SAFETY: by the contract of `Products`.
        unsafe {
            let step = S::mul(S::load(self.columns.add(point * PANEL)), S::splat(*self.row.add(point)));
            S::mul(S::load_i32(self.at.add(point * self.plane)), step)
        }
    }
}
