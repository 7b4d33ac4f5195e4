//! The micro-kernel of a whole unit of 8-bit tiles: its sums stay in registers until the windows are pooled.
//!
//! Three tiles of F(2, 3) with four points each are twelve rows, which need as many sums as the largest tile of rows.
//! The six outputs computed from these sums are adjacent and need not pass through memory.

use crate::kernels::integer::tile::Words;
use crate::kernels::simd::{Simd, PANEL};
use crate::kernels::unroll::unroll;

/// The number of tiles in a unit.
pub(crate) const TILES: usize = 3;

/// The operands of a unit of [`TILES`] tiles with one panel.
pub(crate) struct Unit {
    /// The words of the first tile at the first point; those of the next tile follow.
    pub(crate) a: *const i32,
    /// The number of words from one point to the next.
    pub(crate) plane: usize,
    /// The number of words in a row.
    pub(crate) k: usize,
    /// The panel, `[points][k][PANEL]`.
    pub(crate) panel: *const i32,
    /// The initial values of the sums, `[points][PANEL]`.
    pub(crate) starts: *const i32,
    /// The quantisation steps of the columns, `[points][PANEL]`.
    pub(crate) columns: *const f32,
    /// The quantisation steps of the rows, `[TILES][points]`.
    pub(crate) rows: *const f32,
    /// The bias of the columns, and the smallest value of an output.
    pub(crate) bias: *const f32,
    pub(crate) floor: f32,
    /// The first pooled output, and the number of floats from one to the next.
    pub(crate) out: *mut f32,
    pub(crate) stride: usize,
}

/// Writes the maxima over windows of `pool` = 1, 2, 3 or 6 outputs of a unit.
///
/// # Safety
/// The processor has the kernel's instructions; everything that the unit points to is readable, its outputs writable.
pub(crate) type UnitKernel = unsafe fn(unit: &Unit, pool: usize);

/// Vectors of words that can be converted to vectors of floats.
///
/// # Safety
/// The contracts of [`Words`] and [`Simd`]; vectors have half a [`PANEL`], and there are 32 registers for them.
pub(crate) trait Sums: Words {
    /// The float vectors of the level.
    type Floats: Simd;

    /// Converts integers to floats.
    unsafe fn floats(v: Self::V) -> <Self::Floats as Simd>::V;
}

/// Computes one unit: y0 = p0 + p1 + p2 and y1 = p1 - p2 + p3 for each tile, then the windows.
///
/// # Safety
/// The contract of [`UnitKernel`].
#[inline(always)]
#[allow(clippy::out_of_bounds_indexing)] // The statements that `unroll` generates beyond its limit never run.
pub(crate) unsafe fn unit<W: Sums, const POOL: usize>(unit: &Unit) {
    const POINTS: usize = 4;
    type Vector<W> = <<W as Sums>::Floats as Simd>::V;
    // SAFETY: all offsets stay inside the ranges of the contract.
    unsafe {
        let mut sums = [[[W::splat(0); 2]; TILES]; POINTS];
        let (mut a, mut b) = ([unit.a; POINTS], [unit.panel; POINTS]);
        unroll!(pairs POINTS, POINT => {
            a[POINT] = unit.a.add(POINT * unit.plane);
            b[POINT] = unit.panel.add(POINT * unit.k * PANEL);
            let start = [0, 1].map(|half| W::load(unit.starts.add(POINT * PANEL + half * W::LANES)));
            sums[POINT] = [start; TILES];
        });
        for i in 0..unit.k {
            unroll!(pairs POINTS, POINT => {
                let weights = [W::load(b[POINT].add(i * PANEL)), W::load(b[POINT].add(i * PANEL + W::LANES))];
                unroll!(pairs TILES, TILE => {
                    let x = W::splat(a[POINT].add(TILE * unit.k + i).read_unaligned());
                    sums[POINT][TILE][0] = W::dot(sums[POINT][TILE][0], x, weights[0]);
                    sums[POINT][TILE][1] = W::dot(sums[POINT][TILE][1], x, weights[1]);
                });
            });
        }
        unroll!(pairs 2, HALF => {
            let c = HALF * W::LANES;
            let nothing = W::Floats::splat(f32::NEG_INFINITY);
            let mut outputs: [Vector<W>; 2 * TILES] = [nothing; 2 * TILES];
            unroll!(pairs TILES, TILE => {
                let mut products = [nothing; POINTS];
                let mut steps = [nothing; POINTS];
                unroll!(pairs POINTS, POINT => {
                    products[POINT] = W::floats(sums[POINT][TILE][HALF]);
                    let step = W::Floats::splat(*unit.rows.add(TILE * POINTS + POINT));
                    steps[POINT] = W::Floats::mul(step, W::Floats::load(unit.columns.add(POINT * PANEL + c)));
                });
                let (p1, p2) = (W::Floats::mul(products[1], steps[1]), W::Floats::mul(products[2], steps[2]));
                outputs[2 * TILE] = W::Floats::fma(products[0], steps[0], W::Floats::add(p1, p2));
                outputs[2 * TILE + 1] = W::Floats::fma(products[3], steps[3], W::Floats::sub(p1, p2));
            });
            let (bias, floor) = (W::Floats::load(unit.bias.add(c)), W::Floats::splat(unit.floor));
            let mut top = nothing;
            unroll!(2 * TILES, I => {
                top = if I.is_multiple_of(POOL) { outputs[I] } else { W::Floats::max(top, outputs[I]) };
                if (I + 1).is_multiple_of(POOL) {
                    let to = unit.out.add(I / POOL * unit.stride + c);
                    W::Floats::store(to, W::Floats::max(W::Floats::add(top, bias), floor));
                }
            });
        });
    }
}
