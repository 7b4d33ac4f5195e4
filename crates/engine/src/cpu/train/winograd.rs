//! Convolutions by Winograd: F(m, k) forward and for the data gradient, F(k, m) for the weight gradient, which has the same
//! points and so the same transform of the input. Tiles are whole pooling windows.

use super::partition::{panels, Block};
use super::state::{Conv, State};
use crate::cpu::kernels::simd::{Simd, PANEL};
use crate::cpu::kernels::tile::Target;
use crate::cpu::kernels::winograd::{transform_input, transform_output, transforms, Tile, F, MAX_POINTS};
use crate::tape::{self, Value};

/// Outputs of a tile for each kernel size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    F6k2,
    F6k3,
    F4k4,
    F5k5,
}

impl Size {
    /// The size that suits `conv`; none where a direct product is better or a window would be cut.
    pub(crate) fn of(conv: &tape::Conv) -> Option<Self> {
        let size = match conv.kernel {
            2 => Size::F6k2,
            3 => Size::F6k3,
            4 => Size::F4k4,
            5 => Size::F5k5,
            _ => return None,
        };
        let (outputs, points) = (size.outputs(), size.points());
        let fits = super::partition::is_same(conv)
            && outputs.is_multiple_of(conv.pool)
            && conv.pool_padding == 0
            && conv.from.is_multiple_of(16)
            && conv.to.is_multiple_of(16);
        (fits && conv.length.div_ceil(outputs) * points < conv.length * conv.kernel).then_some(size)
    }

    /// Outputs of a tile.
    pub(crate) fn outputs(self) -> usize {
        match self {
            Size::F6k2 | Size::F6k3 => 6,
            Size::F4k4 => 4,
            Size::F5k5 => 5,
        }
    }

    /// Products of a tile.
    pub(crate) fn points(self) -> usize {
        match self {
            Size::F6k2 | Size::F4k4 => 7,
            Size::F6k3 => 8,
            Size::F5k5 => 9,
        }
    }

    /// G of the convolution: points x taps.
    pub(crate) fn weights(self, kernel: usize) -> [[f32; MAX_POINTS]; MAX_POINTS] {
        narrow(transforms(self.outputs(), kernel).weight)
    }

    /// A of the weight gradient: taps x points.
    pub(crate) fn taps(self, kernel: usize) -> [[f32; MAX_POINTS]; MAX_POINTS] {
        narrow(transforms(kernel, self.outputs()).output)
    }
}

fn narrow(matrix: [[f64; MAX_POINTS]; MAX_POINTS]) -> [[f32; MAX_POINTS]; MAX_POINTS] {
    matrix.map(|row| row.map(|x| x as f32))
}

/// Most products of a tile.
pub(crate) const MAX_PRODUCTS: usize = MAX_POINTS;

/// Calls `$call` with the constants of `$size` as M and K.
macro_rules! sized {
    ($size:expr, $call:ident ( $($argument:expr),* )) => {
        match $size {
            Size::F6k2 => $call::<S, 6, 2>($($argument),*),
            Size::F6k3 => $call::<S, 6, 3>($($argument),*),
            Size::F4k4 => $call::<S, 4, 4>($($argument),*),
            Size::F5k5 => $call::<S, 5, 5>($($argument),*),
        }
    };
}
pub(crate) use sized;

/// Repeats a block with a constant, so that arrays of vectors stay in registers: to 9 at most, `rows` to 12, `pairs` to 4.
macro_rules! repeat {
    ($limit:expr, $i:ident => $body:block) => {
        repeat!(@ $limit, $i, $body, 0 1 2 3 4 5 6 7 8)
    };
    (rows $limit:expr, $i:ident => $body:block) => {
        repeat!(@ $limit, $i, $body, 0 1 2 3 4 5 6 7 8 9 10 11)
    };
    (pairs $limit:expr, $i:ident => $body:block) => {
        repeat!(@ $limit, $i, $body, 0 1 2 3)
    };
    (vectors $limit:expr, $i:ident => $body:block) => {
        repeat!(@ $limit, $i, $body, 0 1)
    };
    (@ $limit:expr, $i:ident, $body:block, $($n:literal)*) => {
        $(if $n < $limit { const $i: usize = $n; $body })*
    };
}

/// Floats from one tile's channels to the next tile's: a line more than the channels, so that tiles fall on different sets.
pub(crate) fn pitch(channels: usize) -> usize {
    channels + 16
}

/// Floats from one point to the next.
pub(crate) fn plane(tiles: usize, channels: usize) -> usize {
    tiles * pitch(channels) + 16
}

/// Transforms `tiles` tiles of `rows` `[tiles m + k - 1, channels]` to `[points][tile][channels]`, at [`pitch`] and `plane`.
///
/// # Safety
/// Both are as long as that; the processor has the instructions of `S`.
#[inline(always)]
unsafe fn transform<S: Simd, T: Tile>(rows: *const f32, channels: usize, tiles: usize, to: *mut f32, plane: usize) {
    for tile in 0..tiles {
        let mut c = 0;
        while c < channels {
            // SAFETY: by the contract; channels are a multiple of 16.
            unsafe {
                let from = rows.add(tile * T::OUTPUTS * channels + c);
                transform_input::<S, T>(from, channels, to.add(tile * pitch(channels) + c), plane);
            }
            c += S::LANES;
        }
    }
}

/// Transforms the `T::POINTS - T::OUTPUTS + 1` rows of every tile as if they were the taps of F(k, m), to
/// `[points][panel][tile][32]`.
///
/// # Safety
/// `rows` holds `[tiles m, channels]`, `to` is long enough; the processor has the instructions of `S`.
#[inline(always)]
unsafe fn transform_taps<S: Simd, const M: usize, const K: usize>(
    rows: *const f32,
    channels: usize,
    tiles: usize,
    to: *mut f32,
    (first, stride, plane): (usize, usize, usize),
) where
    F<K, M>: Tile,
{
    let points = M + K - 1;
    let pairs = (points - 1) / 2;
    for tile in 0..tiles {
        let mut c = 0;
        while c < channels {
            // SAFETY: by the contract; channels are a multiple of 16.
            unsafe {
                let mut x = [S::splat(0.0); MAX_POINTS];
                repeat!(M, I => { x[I] = S::load(rows.add((tile * M + I) * channels + c)); });
                let to = to.add((c / PANEL) * stride + (first + tile) * PANEL + c % PANEL);
                repeat!(pairs pairs, PAIR => {
                    let (mut same, mut opposite) = (S::splat(0.0), S::splat(0.0));
                    repeat!(M, I => {
                        let factor = const { <F<K, M> as Tile>::TRANSFORMS.weight[2 * PAIR + 1][I] } as f32;
                        if I.is_multiple_of(2) {
                            same = S::fma(S::splat(factor), x[I], same);
                        } else {
                            opposite = S::fma(S::splat(factor), x[I], opposite);
                        }
                    });
                    S::store(to.add((2 * PAIR + 1) * plane), S::add(same, opposite));
                    S::store(to.add((2 * PAIR + 2) * plane), S::sub(same, opposite));
                });
                let zero = const { <F<K, M> as Tile>::TRANSFORMS.weight[0][0] } as f32;
                S::store(to, S::mul(S::splat(zero), x[0]));
                if points.is_multiple_of(2) {
                    S::store(to.add((points - 1) * plane), x[M - 1]);
                }
            }
            c += S::LANES;
        }
    }
}

/// Products of all tiles with one panel of weights, and their outputs `[tiles m][32]`.
///
/// # Safety
/// As long as their names say; the processor has the instructions of `S`.
#[inline(always)]
unsafe fn outputs<S: Simd, T: Tile>(
    values: *const f32,
    plane: usize,
    channels: usize,
    tiles: usize,
    panel: *const f32,
    products: *mut f32,
    to: *mut f32,
) {
    let mut tile = 0;
    while tile < tiles {
        let rows = S::ROWS.min(tiles - tile);
        // SAFETY: by the contract.
        unsafe {
            for point in 0..T::POINTS {
                let from = values.add(point * plane + tile * pitch(channels));
                let weights = panel.add(point * channels * PANEL);
                let target = Target::products(products.add(point * S::ROWS * PANEL));
                S::tile(rows, from, pitch(channels), channels, weights, target);
            }
            for row in 0..rows {
                let mut c = 0;
                while c < PANEL {
                    let y = transform_output::<S, T>(products.add(row * PANEL + c), S::ROWS * PANEL);
                    repeat!(T::OUTPUTS, I => {
                        S::store(to.add(((tile + row) * T::OUTPUTS + I) * PANEL + c), y[I]);
                    });
                    c += S::LANES;
                }
            }
        }
        tile += rows;
    }
}

/// `sum[R, N vectors] (+)= a^T b` over `k` rows.
///
/// # Safety
/// Valid for that; the processor has the instructions of `S`.
#[inline(always)]
unsafe fn rank<S: Simd, const R: usize, const N: usize>(
    a: *const f32,
    lda: usize,
    k: usize,
    b: *const f32,
    sum: *mut f32,
    ldc: usize,
    first: bool,
) {
    // SAFETY: by the contract.
    unsafe {
        let mut sums = [[S::splat(0.0); N]; R];
        if !first {
            repeat!(rows R, ROW => {
                repeat!(vectors N, J => { sums[ROW][J] = S::load(sum.add(ROW * ldc + J * S::LANES)); });
            });
        }
        for i in 0..k {
            let row = a.add(i * lda);
            let mut values = [S::splat(0.0); N];
            repeat!(vectors N, J => { values[J] = S::load(b.add(i * PANEL + J * S::LANES)); });
            repeat!(rows R, ROW => {
                let x = S::splat(*row.add(ROW));
                repeat!(vectors N, J => { sums[ROW][J] = S::fma(x, values[J], sums[ROW][J]); });
            });
        }
        repeat!(rows R, ROW => {
            repeat!(vectors N, J => { S::store(sum.add(ROW * ldc + J * S::LANES), sums[ROW][J]); });
        });
    }
}

/// The weight gradient's sum of one point, in the columns of one panel.
///
/// # Safety
/// As `rank`.
#[inline(always)]
unsafe fn weight_sum<S: Simd>(
    values: *const f32,
    (from, width): (usize, usize),
    tiles: usize,
    gradient: *const f32,
    sum: *mut f32,
    to: usize,
    first: bool,
) {
    let lda = pitch(from);
    let mut column = 0;
    while column < width {
        let two = width - column >= 2 * S::LANES;
        let mut i = 0;
        while i < from {
            let left = from - i;
            let rows = if S::ROWS < 12 || left < 8 {
                4
            } else if left >= 12 && left != 16 {
                12
            } else {
                8
            };
            // SAFETY: by the contract; `from` and `width` are multiples of 16.
            unsafe {
                let (a, b, c) = (values.add(i), gradient.add(column), sum.add(i * to + column));
                match (rows, two) {
                    (12, true) => rank::<S, 12, 2>(a, lda, tiles, b, c, to, first),
                    (8, true) => rank::<S, 8, 2>(a, lda, tiles, b, c, to, first),
                    (_, true) => rank::<S, 4, 2>(a, lda, tiles, b, c, to, first),
                    (12, false) => rank::<S, 12, 1>(a, lda, tiles, b, c, to, first),
                    (8, false) => rank::<S, 8, 1>(a, lda, tiles, b, c, to, first),
                    (_, false) => rank::<S, 4, 1>(a, lda, tiles, b, c, to, first),
                }
            }
            i += rows;
        }
        column += if two { 2 * S::LANES } else { S::LANES };
    }
}

/// Tiles of a block's segment.
fn tiles_of(block: &Block, outputs: usize) -> usize {
    block.rows.len().div_ceil(outputs)
}

/// One block and column part going forward: see `forward.rs`. `keep` takes (segment, its rows `[row][32]`, first column, width).
///
/// # Safety
/// As [`super::work::Work::item`].
#[inline(always)]
pub(crate) unsafe fn forward<S: Simd, const M: usize, const K: usize>(
    state: &State,
    conv: &Conv,
    (block, segments, part): (&Block, usize, usize),
    worker: usize,
    dropout: bool,
    mut keep: impl FnMut(usize, &[f32], usize, usize),
) where
    F<M, K>: Tile,
{
    let spec = &conv.spec;
    let scratch = state.scratch[worker];
    let each = tiles_of(block, M);
    let tiles = segments * each;
    let points = M + K - 1;
    let plane = plane(tiles, spec.from);
    // SAFETY: the scratch is this worker's and was measured for the largest block; inputs are not written meanwhile.
    unsafe {
        let rows = state.memory.write(scratch.input);
        let values = state.memory.pointer(scratch.values.part(0, points * plane));
        for s in 0..segments {
            let start = block.rows.start as isize - spec.padding as isize;
            state.load_map(&state.maps[spec.input], block.segment + s, start, each * M + K - 1, dropout, rows);
            transform::<S, F<M, K>>(rows.as_ptr(), spec.from, each, values.add(s * each * pitch(spec.from)), plane);
        }
        let products = state.memory.pointer(scratch.products.part(0, points * S::ROWS * PANEL));
        for panel in panels(part, conv.blocks.forward_parts, spec.to) {
            let size = points * spec.from * PANEL;
            let weights = state.memory.pointer(conv.forward.part(panel * size, size));
            let out = scratch.product.part(0, tiles * M * PANEL);
            outputs::<S, F<M, K>>(values, plane, spec.from, tiles, weights, products, state.memory.pointer(out));
            let out = state.memory.read(out);
            for s in 0..segments {
                let width = PANEL.min(spec.to - panel * PANEL);
                keep(block.segment + s, &out[s * each * M * PANEL..], panel * PANEL, width);
            }
        }
    }
}

/// One block going backward: adds to the group's weight sums, writes the input's gradient.
///
/// # Safety
/// As [`super::work::Work::item`].
#[inline(always)]
pub(crate) unsafe fn backward<S: Simd, const M: usize, const K: usize>(
    state: &State,
    conv: &Conv,
    (block, segments, part): (&Block, usize, usize),
    (group, first): (usize, bool),
    worker: usize,
    (dropout, input_gradient): (bool, bool),
) where
    F<M, K>: Tile,
    F<K, M>: Tile,
{
    let spec = &conv.spec;
    let scratch = state.scratch[worker];
    let each = tiles_of(block, M);
    let tiles = segments * each;
    let points = M + K - 1;
    let parts = conv.blocks.backward_parts;
    let before = K - 1 - spec.padding;
    let length = each * M + K - 1;
    // SAFETY: the scratch is this worker's and was measured for the largest block; the sum's panels are this item's; inputs and
    // gradients of outputs are not written meanwhile.
    unsafe {
        let rows = state.memory.write(scratch.input);
        let gradients = state.memory.write(scratch.gradient);
        let values = state.memory.pointer(scratch.values);
        let taps = state.memory.pointer(scratch.taps);
        let wide = plane(tiles, spec.from);
        let stride = tiles * PANEL;
        let deep = spec.to.div_ceil(PANEL) * stride + 16;
        for s in 0..segments {
            let n = block.segment + s;
            let start = block.rows.start as isize - spec.padding as isize;
            state.load_map(&state.maps[spec.input], n, start, length, dropout, rows);
            transform::<S, F<M, K>>(rows.as_ptr(), spec.from, each, values.add(s * each * pitch(spec.from)), wide);
            let gradient = &mut gradients[s * length * spec.to..];
            state.load_gradient(conv, n, block.rows.start as isize - before as isize, length, gradient);
            let own = gradient.as_ptr().add(before * spec.to);
            transform_taps::<S, M, K>(own, spec.to, each, taps, (s * each, stride, deep));
        }
        let size = spec.from * spec.to;
        for point in 0..points {
            let sum = state.memory.pointer(state.weight_sums.part((group * points + point) * size, size));
            for panel in panels(part, parts, spec.to) {
                let column = panel * PANEL;
                let shape = (spec.from, PANEL.min(spec.to - column));
                let gradient = taps.add(point * deep + panel * stride);
                weight_sum::<S>(values.add(point * wide), shape, tiles, gradient, sum.add(column), spec.to, first);
            }
        }
        let own = panels(part, parts, spec.from);
        let (Some(weights), false) = (conv.backward, own.is_empty()) else { return };
        if !input_gradient && state.maps[spec.input].spec.value == Value::Input {
            return;
        }
        let wide = plane(tiles, spec.to);
        for s in 0..segments {
            let gradient = gradients[s * length * spec.to..].as_ptr();
            transform::<S, F<M, K>>(gradient, spec.to, each, values.add(s * each * pitch(spec.to)), wide);
        }
        let repeated = match state.maps[spec.input].spec.value {
            Value::Conv(id) if !input_gradient => state.convs[id].wave.as_ref().map(|wave| (&state.convs[id], wave)),
            _ => None,
        };
        let products = state.memory.pointer(scratch.products.part(0, points * S::ROWS * PANEL));
        for panel in own {
            let size = points * spec.to * PANEL;
            let weights = state.memory.pointer(weights.part(panel * size, size));
            let out = scratch.product.part(0, tiles * M * PANEL);
            outputs::<S, F<M, K>>(values, wide, spec.to, tiles, weights, products, state.memory.pointer(out));
            let out = state.memory.read(out);
            let (column, width) = (panel * PANEL, PANEL.min(spec.from - panel * PANEL));
            for s in 0..segments {
                if let Some((conv, wave)) = repeated {
                    // Nobody else needs this gradient: only its sums are kept.
                    let from = (&out[s * each * M * PANEL..], PANEL);
                    state.wave_sums(conv, wave, (block.segment + s, block), from, (column, width));
                    continue;
                }
                for row in block.rows.clone() {
                    let place = ((block.segment + s) * spec.input_length + row) * spec.from + column;
                    let to = state.memory.write(state.maps[spec.input].gradient.part(place, width));
                    let value = &out[(s * each * M + row - block.rows.start) * PANEL..][..width];
                    if spec.accumulate {
                        for c in 0..width {
                            to[c] += value[c];
                        }
                    } else {
                        to.copy_from_slice(value);
                    }
                }
            }
        }
    }
}
