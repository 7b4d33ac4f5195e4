//! Gradients with respect to raw values, from the gradients of outputs: through ReLU and pool, or through the sum of a
//! residual block.

use std::ops::Range;

use engine_core::tape::Consumer;

use crate::kernels::scalar::Scalar;
use crate::kernels::simd::Simd;
use crate::kernels::tile::prefetch;
use crate::train::arena::Span;
use crate::train::partition::{by_vectors, window_rows, LANES};
use crate::train::state::{Conv, Map, State, CLOSED};

/// The number of floats between a raw value in use and the raw value that is prefetched.
const AHEAD: usize = 4_096;
/// The same for pooled values; windows of 3 rows are the most common.
const AHEAD_POOLED: usize = AHEAD / 3;

impl State {
    /// Writes rows `from..from + count` of the gradient with respect to `conv`'s raw output in segment `n` to `into`
    /// `[count, to]`; rows outside the output are zero.
    ///
    /// # Safety
    /// Nobody writes the gradient of what `conv` feeds meanwhile; the processor has the instructions of `S`.
    #[inline(always)]
    pub(in crate::train) unsafe fn load_gradient<S: Simd>(
        &self,
        conv: &Conv,
        n: usize,
        from: isize,
        count: usize,
        into: &mut [f32],
    ) {
        let (channels, length) = (conv.spec.to, conv.spec.length);
        let start = from.clamp(0, length as isize) as usize;
        let end = (from + count as isize).clamp(0, length as isize) as usize;
        let into = &mut into[..count * channels];
        if start >= end {
            into.fill(0.0);
            return;
        }
        let before = (start as isize - from) as usize;
        into[..before * channels].fill(0.0);
        into[(before + end - start) * channels..].fill(0.0);
        let into = &mut into[before * channels..(before + end - start) * channels];
        // SAFETY: by the contract.
        unsafe {
            if let Some(wave) = &conv.wave {
                self.wave_gradient::<S>(conv, wave, n, start, end, into);
                return;
            }
            match conv.spec.consumer {
                Consumer::Map(map) => self.pooled_gradient::<S>(conv, &self.maps[map], n, start, end, into),
                Consumer::Branch(addition) | Consumer::Shortcut(addition) => {
                    self.residual_add_gradient_of::<S>(conv, addition, n, start, end, into)
                }
            }
        }
    }

    /// The gradient through ReLU and pool, which goes to the first maximum of every window whose ReLU is open.
    #[inline(always)]
    unsafe fn pooled_gradient<S: Simd>(
        &self,
        conv: &Conv,
        map: &Map,
        n: usize,
        start: usize,
        end: usize,
        into: &mut [f32],
    ) {
        let (channels, length, spec) = (conv.spec.to, conv.spec.length, &conv.spec);
        let excite = self.excite_of(conv);
        // SAFETY: earlier operations wrote all of these, by the contract.
        let (raw, peak, gradient, affine, factors) = unsafe {
            let at = |span: Span, rows: usize| self.memory.read(span.part(n * rows * channels, rows * channels));
            (
                at(conv.raw, length),
                at(conv.peak, spec.pooled),
                at(map.gradient, spec.pooled),
                Affine::of(self, conv),
                excite.map(|e| (at(e.factors, 1), at(e.gradient, 1))),
            )
        };
        let first = ((start + spec.pool_padding) / spec.pool).min(spec.pooled);
        let last = ((end - 1 + spec.pool_padding) / spec.pool + 1).min(spec.pooled);
        for window in first..last {
            let rows = window_rows(spec, window);
            let own = window * channels..(window + 1) * channels;
            let incoming = Incoming { peak: &peak[own.clone()], gradient: &gradient[own], factors };
            // SAFETY: the processor has the instructions.
            unsafe {
                by_vectors!(S, channels, c =>
                    window_gradient::<S>((c, channels), &affine, incoming, raw, rows.clone(), start..end, into),
                    window_gradient::<Scalar>((c, channels), &affine, incoming, raw, rows.clone(), start..end, into));
            }
        }
        let behind = if spec.pooled == 0 { 0 } else { window_rows(spec, spec.pooled - 1).end };
        for row in behind.max(start)..end {
            let out = &mut into[(row - start) * channels..][..channels];
            for c in 0..channels {
                out[c] = affine.raw_scale[c] * raw[row * channels + c] + affine.gradient_shift[c];
            }
        }
    }

    /// The gradient of a residual block's branch or shortcut.
    #[inline(always)]
    unsafe fn residual_add_gradient_of<S: Simd>(
        &self,
        conv: &Conv,
        addition: usize,
        n: usize,
        start: usize,
        end: usize,
        into: &mut [f32],
    ) {
        let channels = conv.spec.to;
        let excite = self.excite_of(conv);
        // SAFETY: earlier operations wrote all of these.
        let (raw, affine, factors) = unsafe {
            let at = |span: Span| self.memory.read(span.part(n * channels, channels));
            let place = conv.raw.part((n * conv.spec.length + start) * channels, (end - start) * channels);
            (self.memory.read(place), Affine::of(self, conv), excite.map(|e| (at(e.factors), at(e.gradient))))
        };
        for row in start..end {
            let at = (row - start) * channels;
            // SAFETY: by the contract.
            unsafe {
                by_vectors!(S, channels, c =>
                    affine.behind::<S>(self.residual_add_row::<S>(addition, n, row, c), factors, raw, at, c, into),
                    affine.behind::<Scalar>(
                        self.residual_add_row::<Scalar>(addition, n, row, c), factors, raw, at, c, into));
            }
        }
    }

    /// One vector of channels from `c` of row `row` of the gradient with respect to a residual block's sum, before ReLU
    /// and pool.
    ///
    /// # Safety
    /// Nobody writes the gradient of the block's output meanwhile; the processor has the instructions of `S`.
    #[inline(always)]
    pub(in crate::train) unsafe fn residual_add_row<S: Simd>(
        &self,
        addition: usize,
        n: usize,
        row: usize,
        c: usize,
    ) -> S::V {
        let addition = &self.residual_adds[addition];
        let spec = &addition.spec;
        let window = (row + spec.pool_padding) / spec.pool;
        let at = (n * spec.pooled + window) * spec.channels + c;
        let mine = row + spec.pool_padding - window * spec.pool;
        debug_assert!(mine != usize::from(CLOSED));
        // SAFETY: by the contract.
        unsafe {
            if window >= spec.pooled {
                return S::splat(0.0);
            }
            let gradient = S::load(self.memory.pointer(self.maps[spec.output].gradient.part(at, S::LANES)));
            let winner = S::load_u8(self.bytes.pointer(addition.winner.part(at, S::LANES)));
            S::where_equal(winner, S::splat(mine as f32), gradient)
        }
    }
}

/// The coefficients of each channel of a convolution.
#[derive(Clone, Copy)]
struct Affine<'a> {
    scale: &'a [f32],
    shift: &'a [f32],
    gradient_scale: &'a [f32],
    raw_scale: &'a [f32],
    gradient_shift: &'a [f32],
}

impl<'a> Affine<'a> {
    #[inline(always)]
    unsafe fn of(state: &'a State, conv: &Conv) -> Self {
        // SAFETY: the caller guarantees that nobody writes them.
        unsafe {
            Self {
                scale: state.memory.read(conv.scale),
                shift: state.memory.read(conv.shift),
                gradient_scale: state.memory.read(conv.gradient_scale),
                raw_scale: state.memory.read(conv.raw_scale),
                gradient_shift: state.memory.read(conv.gradient_shift),
            }
        }
    }
}

impl Affine<'_> {
    /// The gradient with respect to raw values, from the gradient of the sum, through an excitation's factors and
    /// means: one vector of channels from `c` of the row at `at`.
    ///
    /// # Safety
    /// The processor has the instructions of `S`.
    #[inline(always)]
    unsafe fn behind<S: Simd>(
        &self,
        mut gradient: S::V,
        factors: Option<(&[f32], &[f32])>,
        raw: &[f32],
        at: usize,
        c: usize,
        into: &mut [f32],
    ) {
        let channels = self.scale.len();
        assert!(c + S::LANES <= channels && at + channels <= raw.len().min(into.len()));
        // SAFETY: the vector is inside the row by the assertion, and inside slices of all channels.
        unsafe {
            let of = |from: &[f32]| S::load(from[..channels].as_ptr().add(c));
            if let Some((factor, mean)) = factors {
                gradient = S::fma(of(factor), gradient, of(mean));
            }
            let raw = S::fma(of(self.raw_scale), S::load(raw.as_ptr().add(at + c)), of(self.gradient_shift));
            S::store(into.as_mut_ptr().add(at + c), S::fma(of(self.gradient_scale), gradient, raw));
        }
    }
}

/// The maxima of a window and the gradient of its output, `[channels]`; and the factors and means of an excitation.
#[derive(Clone, Copy)]
struct Incoming<'a> {
    peak: &'a [f32],
    gradient: &'a [f32],
    factors: Option<(&'a [f32], &'a [f32])>,
}

/// Writes the gradient of a window's rows in one vector of channels from `c`. Rows outside `written` are read but not
/// written; `into` begins with the first row of `written`.
///
/// # Safety
/// The processor has the instructions of `S`.
#[inline(always)]
unsafe fn window_gradient<S: Simd>(
    (c, channels): (usize, usize),
    affine: &Affine,
    incoming: Incoming,
    raw: &[f32],
    rows: Range<usize>,
    written: Range<usize>,
    into: &mut [f32],
) {
    assert!(c + S::LANES <= channels);
    assert!(raw.len() >= rows.end * channels && into.len() >= written.len() * channels);
    // SAFETY: the vector is inside every slice of all channels, and inside the rows by the assertion.
    unsafe {
        let at = |from: &[f32]| S::load(from[..channels].as_ptr().add(c));
        let (raw_scale, gradient_shift) = (at(affine.raw_scale), at(affine.gradient_shift));
        let (peak, mut waiting) = (at(incoming.peak), at(incoming.gradient));
        if let Some((factor, mean)) = incoming.factors {
            waiting = S::fma(waiting, at(factor), at(mean));
        }
        let open = S::fma(at(affine.scale), peak, at(affine.shift));
        waiting = S::where_positive(open, S::mul(at(affine.gradient_scale), waiting));
        prefetch_line(c, incoming.peak.as_ptr().wrapping_add(AHEAD_POOLED));
        prefetch_line(c, incoming.gradient.as_ptr().wrapping_add(AHEAD_POOLED));
        for row in rows {
            let y = raw.as_ptr().add(row * channels);
            prefetch_line(c, y.wrapping_add(AHEAD));
            let y = S::load(y.add(c));
            // Only the first maximum takes the gradient.
            let here = S::where_equal(y, peak, waiting);
            waiting = S::sub(waiting, here);
            if written.contains(&row) {
                let out = S::add(S::fma(raw_scale, y, gradient_shift), here);
                S::store(into.as_mut_ptr().add((row - written.start) * channels + c), out);
            }
        }
    }
}

/// Prefetches channel `c` of the row at `row` if it begins a cache line.
#[inline(always)]
fn prefetch_line(c: usize, row: *const f32) {
    if c.is_multiple_of(LANES) {
        prefetch(row.wrapping_add(c));
    }
}
