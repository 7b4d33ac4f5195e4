//! The input of a tile's output transform: products as floats, or as integers with their quantisation steps.

use crate::kernels::simd::{Simd, PANEL};

/// The products of a tile, from which a vector of channels can be read at every point.
///
/// # Safety
/// The functions may be called only if the products are readable, on a processor with the instructions of `S`.
pub(crate) trait Products<S: Simd>: Copy {
    /// One vector of the products at `point`.
    unsafe fn point(self, point: usize) -> S::V;
}

/// Products stored as floats, with `plane` products from one point to the next.
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

/// Integer products, in units of the row's quantisation step times the column's quantisation step.
#[derive(Clone, Copy)]
pub(crate) struct Steps {
    pub(crate) at: *const i32,
    /// The number of products from one point to the next.
    pub(crate) plane: usize,
    /// The quantisation steps of the columns, [`PANEL`] from one point to the next.
    pub(crate) columns: *const f32,
    /// The quantisation steps of the row at every point.
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
