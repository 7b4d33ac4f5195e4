//! The first layer without memory: a short convolution of the waveform is cheaper to repeat than to store.
//!
//! Its batch statistics follow from the mean and the second moments of the waveform's frames; its output is made where it is
//! read; its parameters' gradients follow from the sum of the gated gradient and of that times each tap's sample.

use super::arena::Span;
use super::partition::{columns, Block, LANES};
use super::state::{Conv, State};
use super::winograd::Size;
use super::work::Work;
use crate::cpu::kernels::simd::Simd;
use crate::tape::{Operation, Shortcut, Taker, Tape, Value};

/// Buffers of a convolution that is repeated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wave {
    /// `[kernel, to]`: weights times scale.
    pub scaled: Span,
    /// In f64, `[batch, kernel (1 + kernel)]`: sums of a segment's frames, and of their products.
    pub frames: Span,
    /// `[batch, blocks of the reader's segment, 1 + kernel, to]`.
    pub sums: Span,
    /// The convolution that reads it.
    pub reader: usize,
}

/// The reader of convolution `id`, where `id` is worth repeating: few taps on the waveform, a norm, no pool, and all that reads
/// it is one Winograd convolution.
pub(crate) fn reader(tape: &Tape, id: usize) -> Option<usize> {
    let conv = &tape.convs[id];
    let Taker::Map(map) = conv.taker else { return None };
    let plain = tape.maps[conv.input].value == Value::Input
        && conv.from == 1
        && (2..=5).contains(&conv.kernel)
        && conv.norm.is_some()
        && conv.pool == 1
        && conv.to.is_multiple_of(LANES)
        && tape.maps[map].excite.is_none()
        && tape.maps[map].dropout == 0.0;
    let mut readers = (0..tape.convs.len()).filter(|&reader| tape.convs[reader].input == map);
    let (reader, more) = (readers.next()?, readers.next());
    let elsewhere = tape.operations.iter().any(|operation| match *operation {
        Operation::Join(join) => {
            matches!(tape.joins[join].shortcut, Shortcut::Identity { map: other, .. } if other == map)
        }
        Operation::Gather => tape.gather.iter().any(|gather| gather.levels.contains(&map)),
        Operation::Output => tape.output_input == map,
        Operation::Conv(_) | Operation::Excite(_) | Operation::Dropout(_) => false,
    });
    (plain && more.is_none() && !elsewhere && Size::of(&tape.convs[reader]).is_some()).then_some(reader)
}

/// Calls `$call` with the number of taps.
macro_rules! taps {
    ($kernel:expr, $call:ident ( $($argument:expr),* )) => {
        match $kernel {
            2 => $call::<2>($($argument),*),
            3 => $call::<3>($($argument),*),
            4 => $call::<4>($($argument),*),
            _ => $call::<5>($($argument),*),
        }
    };
}

/// The samples that output row `row` sees.
#[inline(always)]
fn frame<const K: usize>(conv: &Conv, wave: &[f32], row: usize) -> [f32; K] {
    let start = (row * conv.spec.stride) as isize - conv.spec.padding as isize;
    std::array::from_fn(|k| {
        let at = start + k as isize;
        if at >= 0 && (at as usize) < wave.len() {
            wave[at as usize]
        } else {
            0.0
        }
    })
}

/// `shift + weights . frame`, always in this order: forward and backward must agree on what passes ReLU.
#[inline(always)]
fn affine<const K: usize>(shift: f32, weights: &[f32], channels: usize, c: usize, frame: &[f32; K]) -> f32 {
    let mut sum = shift;
    for k in 0..K {
        sum += weights[k * channels + c] * frame[k];
    }
    sum
}

#[inline(always)]
fn rows<const K: usize>(
    conv: &Conv,
    wave: &[f32],
    first: usize,
    (weights, shift): (&[f32], Option<&[f32]>),
    into: &mut [f32],
) {
    let channels = conv.spec.to;
    for (index, out) in into.chunks_exact_mut(channels).enumerate() {
        let frame = frame::<K>(conv, wave, first + index);
        match shift {
            Some(shift) => {
                for c in 0..channels {
                    out[c] = super::load::relu(affine(shift[c], weights, channels, c, &frame));
                }
            }
            None => {
                for c in 0..channels {
                    out[c] = affine(0.0, weights, channels, c, &frame);
                }
            }
        }
    }
}

/// Adds the sums of one block's rows in 16 channels from `column`. `gradient` holds the block's rows, `pitch` apart.
#[inline(always)]
fn block_sums<const K: usize>(
    conv: &Conv,
    wave: &[f32],
    range: std::ops::Range<usize>,
    (weights, shift): (&[f32], &[f32]),
    (gradient, pitch): (&[f32], usize),
    column: usize,
    out: &mut [f32],
) {
    let channels = conv.spec.to;
    let mut total = [0.0f32; LANES];
    let mut products = [[0.0f32; LANES]; K];
    for (index, row) in range.enumerate() {
        let frame = frame::<K>(conv, wave, row);
        let gradient = &gradient[index * pitch..][..LANES];
        for i in 0..LANES {
            let open = affine(shift[column + i], weights, channels, column + i, &frame) > 0.0;
            let g = if open { gradient[i] } else { 0.0 };
            total[i] += g;
            for k in 0..K {
                products[k][i] += g * frame[k];
            }
        }
    }
    out[column..column + LANES].copy_from_slice(&total);
    for k in 0..K {
        out[(k + 1) * channels + column..][..LANES].copy_from_slice(&products[k]);
    }
}

impl State {
    /// A segment of the waveform.
    #[inline(always)]
    unsafe fn wave(&self, conv: &Conv, n: usize) -> &[f32] {
        let length = conv.spec.input_length;
        // SAFETY: the waveform is only written between steps.
        unsafe { self.memory.read(self.maps[conv.spec.input].data.part(n * length, length)) }
    }

    /// Rows from `first` of a repeated convolution's activated output, as many as `into` holds.
    ///
    /// # Safety
    /// Nobody writes its coefficients meanwhile.
    #[inline(always)]
    pub(crate) unsafe fn repeat_rows(&self, conv: &Conv, wave: &Wave, n: usize, first: usize, into: &mut [f32]) {
        // SAFETY: by the contract.
        let (samples, weights, shift) =
            unsafe { (self.wave(conv, n), self.memory.read(wave.scaled), self.memory.read(conv.shift)) };
        taps!(conv.spec.kernel, rows(conv, samples, first, (weights, Some(shift)), into));
    }

    /// The same before norm and ReLU.
    ///
    /// # Safety
    /// As above.
    #[inline(always)]
    pub(crate) unsafe fn repeat_raw(&self, conv: &Conv, n: usize, first: usize, into: &mut [f32]) {
        // SAFETY: by the contract.
        let (samples, weights) = unsafe { (self.wave(conv, n), self.memory.read(conv.forward)) };
        taps!(conv.spec.kernel, rows(conv, samples, first, (weights, None), into));
    }

    /// Rows `start..end` of the gradient of a repeated convolution's raw output.
    ///
    /// # Safety
    /// Nobody writes the gradient of its map meanwhile.
    pub(crate) unsafe fn wave_gradient(
        &self,
        conv: &Conv,
        wave: &Wave,
        n: usize,
        start: usize,
        end: usize,
        into: &mut [f32],
    ) {
        let (channels, rows) = (conv.spec.to, start..end);
        let Taker::Map(map) = conv.spec.taker else { return };
        // SAFETY: by the contract; coefficients are written before.
        unsafe {
            let place = (n * conv.spec.length + start) * channels;
            let gradient = self.memory.read(self.maps[map].gradient.part(place, (end - start) * channels));
            let one = |span: Span, c: usize| self.memory.read(span.part(c, 1))[0];
            self.repeat_raw(conv, n, start, into);
            let mut activated = vec![0.0; channels];
            for row in rows {
                self.repeat_rows(conv, wave, n, row, &mut activated);
                let at = (row - start) * channels;
                for c in 0..channels {
                    let g = if activated[c] > 0.0 { one(conv.slope, c) * gradient[at + c] } else { 0.0 };
                    into[at + c] = g + (one(conv.tilt, c) * into[at + c] + one(conv.level, c));
                }
            }
        }
    }

    /// Sums of a reader's block in segment `n`, from its rows of gradient; `width` channels from `column`.
    ///
    /// # Safety
    /// Nobody else writes these sums meanwhile.
    #[inline(always)]
    pub(crate) unsafe fn wave_sums(
        &self,
        conv: &Conv,
        wave: &Wave,
        (n, block): (usize, &Block),
        (gradient, pitch): (&[f32], usize),
        (column, width): (usize, usize),
    ) {
        let size = (1 + conv.spec.kernel) * conv.spec.to;
        let place = (n * self.convs[wave.reader].blocks.per_segment + block.index) * size;
        // SAFETY: by the contract; items of other columns write other elements.
        unsafe {
            let samples = self.wave(conv, n);
            let coefficients = (self.memory.read(wave.scaled), self.memory.read(conv.shift));
            let out = self.memory.write(wave.sums.part(place, size));
            for c in (0..width).step_by(LANES) {
                let gradient = (&gradient[c..], pitch);
                let range = block.rows.clone();
                taps!(conv.spec.kernel, block_sums(conv, samples, range, coefficients, gradient, column + c, out));
            }
        }
    }
}

/// Sums of frames and of their products. One item for each segment.
pub(crate) struct Frames<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
    pub wave: Wave,
}

impl Work for Frames<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, n: usize, _worker: usize) {
        #[inline(always)]
        fn sums<const K: usize>(conv: &Conv, wave: &[f32], out: &mut [f64]) {
            let mut first = [0.0f64; K];
            let mut second = [[0.0f64; K]; K];
            for row in 0..conv.spec.length {
                let x = frame::<K>(conv, wave, row).map(f64::from);
                for k in 0..K {
                    first[k] += x[k];
                    for l in 0..K {
                        second[k][l] += x[k] * x[l];
                    }
                }
            }
            out[..K].copy_from_slice(&first);
            for k in 0..K {
                out[K + k * K..][..K].copy_from_slice(&second[k]);
            }
        }
        let kernel = self.conv.spec.kernel;
        let size = kernel * (1 + kernel);
        // SAFETY: an item writes its own segment's sums.
        unsafe {
            let out = self.state.doubles.write(self.wave.frames.part(n * size, size));
            let samples = self.state.wave(self.conv, n);
            taps!(kernel, sums(self.conv, samples, out));
        }
    }
}

/// Means of the batch's frames, and of their products.
pub(crate) struct Moments {
    pub first: [f64; 5],
    pub second: [[f64; 5]; 5],
}

impl Moments {
    /// Over `batch` segments, in their order.
    ///
    /// # Safety
    /// Nobody writes the sums meanwhile.
    pub(crate) unsafe fn of(state: &State, conv: &Conv, wave: &Wave, batch: usize) -> Self {
        let kernel = conv.spec.kernel;
        let size = kernel * (1 + kernel);
        let count = (batch * conv.spec.length) as f64;
        let mut moments = Self { first: [0.0; 5], second: [[0.0; 5]; 5] };
        // SAFETY: by the contract.
        for sums in unsafe { state.doubles.read(wave.frames.part(0, batch * size)) }.chunks_exact(size) {
            for k in 0..kernel {
                moments.first[k] += sums[k] / count;
                for l in 0..kernel {
                    moments.second[k][l] += sums[kernel + k * kernel + l] / count;
                }
            }
        }
        moments
    }

    /// Mean and variance of `weights . frame`.
    pub(crate) fn through(&self, weights: &[f64]) -> (f64, f64) {
        let mean: f64 = weights.iter().zip(&self.first).map(|(w, m)| w * m).sum();
        let mut variance = 0.0;
        for (k, a) in weights.iter().enumerate() {
            for (l, b) in weights.iter().enumerate() {
                variance += a * b * (self.second[k][l] - self.first[k] * self.first[l]);
            }
        }
        (mean, variance.max(0.0))
    }
}

/// Weights times scale, once the scale is known. One item for 16 channels.
pub(crate) struct Scale<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
    pub wave: Wave,
}

impl Work for Scale<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let (memory, spec) = (&self.state.memory, &self.conv.spec);
        // SAFETY: an item writes its own channels.
        unsafe {
            for c in columns(item, super::norm::channel_items(spec.to), spec.to) {
                let scale = memory.read(self.conv.scale.part(c, 1))[0];
                for k in 0..spec.kernel {
                    let weight = memory.read(self.conv.forward.part(k * spec.to + c, 1))[0];
                    memory.write(self.wave.scaled.part(k * spec.to + c, 1))[0] = scale * weight;
                }
            }
        }
    }
}

/// The sums from a stored gradient, where somebody wants the waveform's. One item for each block of the reader.
pub(crate) struct StoredSums<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
    pub wave: Wave,
    pub batch: usize,
}

impl Work for StoredSums<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let (state, spec) = (self.state, &self.conv.spec);
        let block = &state.convs[self.wave.reader].blocks.blocks[item];
        let Taker::Map(map) = spec.taker else { return };
        for n in block.segment..(block.segment + block.segments).min(self.batch) {
            let place = (n * spec.length + block.rows.start) * spec.to;
            // SAFETY: an item writes its own block's sums.
            unsafe {
                let gradient = state.memory.read(state.maps[map].gradient.part(place, block.rows.len() * spec.to));
                for column in (0..spec.to).step_by(LANES) {
                    let from = (&gradient[column..], spec.to);
                    state.wave_sums(self.conv, &self.wave, (n, block), from, (column, LANES));
                }
            }
        }
    }
}

/// The gradient of the weights, from the sums. One item for 16 channels.
pub(crate) struct WaveWeights<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
    pub wave: Wave,
    pub batch: usize,
}

impl Work for WaveWeights<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let (state, memory, conv, spec) = (self.state, &self.state.memory, self.conv, &self.conv.spec);
        // SAFETY: an item writes its own channels.
        unsafe {
            let moments = Moments::of(state, conv, &self.wave, self.batch);
            let count = (self.batch * spec.length) as f64;
            for c in columns(item, super::norm::channel_items(spec.to), spec.to) {
                let one = |span: Span| f64::from(memory.read(span.part(c, 1))[0]);
                let totals = self.state.wave_totals(conv, &self.wave, self.batch, c);
                let weight = |k: usize| f64::from(memory.read(conv.forward.part(k * spec.to + c, 1))[0]);
                for k in 0..spec.kernel {
                    let with_raw: f64 = (0..spec.kernel).map(|l| weight(l) * moments.second[l][k]).sum();
                    let rest = count * (one(conv.tilt) * with_raw + one(conv.level) * moments.first[k]);
                    let gradient = one(conv.sign) * (one(conv.slope) * totals[1 + k] + rest);
                    memory.write(state.slope_of(spec.weight + k * spec.to + c, 1))[0] = gradient as f32;
                }
            }
        }
    }
}

impl State {
    /// Sum of the gated gradient of channel `c`, and of it times each tap's sample; in f64, in the order of the blocks.
    ///
    /// # Safety
    /// Nobody writes the sums meanwhile.
    #[inline(always)]
    pub(crate) unsafe fn wave_totals(&self, conv: &Conv, wave: &Wave, batch: usize, c: usize) -> [f64; 6] {
        let mut totals = [0.0; 6];
        let terms = 1 + conv.spec.kernel;
        // SAFETY: by the contract.
        let sums = unsafe { self.memory.read(wave.sums) };
        for block in 0..batch * self.convs[wave.reader].blocks.per_segment {
            for term in 0..terms {
                totals[term] += f64::from(sums[(block * terms + term) * conv.spec.to + c]);
            }
        }
        totals
    }
}
