//! One interface to the vector instructions of every level, so that a kernel is written once.
//!
//! A [`Kernel`] has a method `run` that is generic over [`Simd`]. It is inlined into a function that is compiled for
//! the instructions of a level. [`dispatch`](crate::kernels::dispatch) selects that function.

/// The number of columns in a packed panel of weights, to whose multiple channels are padded: two 512-bit vectors.
pub(crate) const PANEL: usize = 32;

/// The destination of the sums of a tile (`tile.rs`).
#[derive(Clone, Copy)]
pub(crate) struct Target {
    /// The first element of the output.
    pub(crate) out: *mut f32,
    /// The number of floats from one row of the output to the next.
    pub(crate) stride: usize,
    /// [`PANEL`] biases, with which the sums start; the results then pass a ReLU. If null, there is neither bias nor
    /// ReLU.
    pub(crate) bias: *const f32,
}

impl Target {
    /// The destination for sums without bias and ReLU, in rows of one panel.
    pub(crate) fn products(out: *mut f32) -> Self {
        Self { out, stride: PANEL, bias: std::ptr::null() }
    }
}

/// Vectors of f32 at one level.
///
/// # Safety
/// The functions may only be called inside [`Kernel::run`], where the processor is known to support the level's
/// instructions. Pointers must be valid for [`Simd::LANES`] values, which need not be aligned.
#[allow(dead_code)] // Each plan uses only some of the functions.
pub(crate) trait Simd: Copy {
    /// A vector.
    type V: Copy;
    /// The number of f32 values in a vector.
    const LANES: usize;
    /// The number of rows of the largest tile of [`Simd::tile`].
    const ROWS: usize;

    unsafe fn load(from: *const f32) -> Self::V;
    unsafe fn store(to: *mut f32, v: Self::V);
    unsafe fn splat(value: f32) -> Self::V;
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    /// `a b + c`, with a single rounding if the level supports it.
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The larger value of each lane; `b` if either is NaN.
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn abs(v: Self::V) -> Self::V;
    /// `x` in the lanes in which `v` > 0, else 0.
    unsafe fn where_positive(v: Self::V, x: Self::V) -> Self::V;
    /// `x` in the lanes in which `a` = `b`, else 0.
    unsafe fn where_equal(a: Self::V, b: Self::V, x: Self::V) -> Self::V;
    /// `x` in the lanes in which `a` > `b` or `a` is NaN, else `y`.
    unsafe fn select_better(a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V;
    /// Stores past the caches, if the level can. `to` is aligned to the size of a vector; [`Simd::fence`] must follow
    /// before anything else reads the values.
    #[inline(always)]
    unsafe fn stream(to: *mut f32, v: Self::V) {
        // SAFETY: by the contract of `Simd`.
        unsafe { Self::store(to, v) }
    }
    /// Ends a series of [`Simd::stream`].
    #[inline(always)]
    unsafe fn fence() {}
    /// The largest of the values, by [`Simd::max`] in some order.
    unsafe fn largest(v: Self::V) -> f32;
    /// [`Simd::largest`] of four vectors.
    #[inline(always)]
    unsafe fn largest_four([a, b, c, d]: [Self::V; 4]) -> [f32; 4] {
        // SAFETY: by the contract of `Simd`.
        unsafe { [Self::largest(a), Self::largest(b), Self::largest(c), Self::largest(d)] }
    }
    /// Rounds to the nearest integer, ties to even, and stores i16. The absolute values must be at most 32,767; larger
    /// values and NaN give arbitrary results.
    unsafe fn store_i16(to: *mut i16, v: Self::V);
    /// As [`Simd::store_i16`], but stores u8; the values must be in 0..=255.
    unsafe fn store_u8(to: *mut u8, v: Self::V);
    /// [`Simd::store_u8`] of four vectors, one after the other.
    #[inline(always)]
    unsafe fn store_u8_four(to: *mut u8, [a, b, c, d]: [Self::V; 4]) {
        // SAFETY: by the contract of `Simd`, with room for four.
        unsafe {
            Self::store_u8(to, a);
            Self::store_u8(to.add(Self::LANES), b);
            Self::store_u8(to.add(2 * Self::LANES), c);
            Self::store_u8(to.add(3 * Self::LANES), d);
        }
    }
    /// Loads u8 and converts them to floats.
    unsafe fn load_u8(from: *const u8) -> Self::V;
    /// Loads integers and converts them to floats.
    unsafe fn load_i32(from: *const i32) -> Self::V;
    /// Products of `rows` <= [`Simd::ROWS`] rows with one panel: see `tile.rs`.
    unsafe fn tile(rows: usize, a: *const f32, lda: usize, k: usize, panel: *const f32, target: Target);
}

/// A computation that is compiled once for each level.
pub(crate) trait Kernel {
    /// The result.
    type Output;

    /// Runs with the vectors `S`; must be `#[inline(always)]`.
    ///
    /// # Safety
    /// The processor has the instructions of `S`; an implementation states what else must hold.
    unsafe fn run<S: Simd>(self) -> Self::Output;
}
