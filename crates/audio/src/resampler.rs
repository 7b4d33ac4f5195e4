//! Converts audio from one sampling rate to another.

use audioadapter_buffers::direct::SequentialSlice;
use error::{Code, Error, Result};
use rubato::{Fft, FixedSync, Resampler as _};

/// Samples per block at the lower of the two rates. The block is as long as the anti-aliasing filter, and determines
/// how close the pass band comes to the Nyquist frequency.
const BLOCK: usize = 1024;

/// The highest sampling rate, in Hz. Two rates without a common factor need a block of two seconds: 130 MB at this
/// rate.
pub(crate) const MAX_SAMPLING_RATE: u32 = limits::HIGHEST_SAMPLING_RATE;

/// Converts mono f32 from one sampling rate to another as a stream, with rubato's FFT resampler; its delay is removed.
///
/// The response is flat within 0.1 dB up to 0.9 of the lower Nyquist frequency; aliasing is below -80 dB. `n` samples
/// give `round(n * to / from)` samples, and the first output sample has the time of the first input sample.
pub struct Resampler {
    from: u32,
    to: u32,
    /// None when the rates are equal.
    fft: Option<Fft<f32>>,
    /// Input that does not fill a whole block yet.
    pending: Vec<f32>,
    /// Output of one block.
    block: Vec<f32>,
    /// Samples of the filter's delay that must still be dropped.
    delay: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// Makes a resampler from `from` Hz to `to` Hz.
    ///
    /// # Errors
    /// ERR_INVALID_OPTION if a rate is 0 or above [`limits::HIGHEST_SAMPLING_RATE`].
    pub fn new(from: u32, to: u32) -> Result<Self> {
        let invalid = |reason: String| {
            Error::new(Code::InvalidOption, format!("cannot resample from {from} Hz to {to} Hz: {reason}"))
        };
        if [from, to].iter().any(|rate| !(1..=MAX_SAMPLING_RATE).contains(rate)) {
            return Err(invalid(format!("a sampling rate must be between 1 and {MAX_SAMPLING_RATE} Hz")));
        }
        let mut fft = None;
        let (mut block, mut delay) = (0, 0);
        if from != to {
            let divisor = greatest_common_divisor(from, to);
            let (unit, lower) = ((from / divisor) as usize, (from.min(to) / divisor) as usize);
            // An even number of units makes both blocks even, and the filter's delay a whole number of samples.
            let units = BLOCK.div_ceil(lower).next_multiple_of(2);
            let made = Fft::new_custom(
                from as usize,
                to as usize,
                units * unit,
                1,
                1,
                rubato::WindowFunction::BlackmanHarris2,
                FixedSync::Both,
            )
            .map_err(|reason| invalid(reason.to_string()))?;
            (block, delay) = (made.output_frames_next(), made.output_delay());
            fft = Some(made);
        }
        Ok(Self { from, to, fft, pending: Vec::new(), block: vec![0.0; block], delay, taken: 0, given: 0 })
    }

    /// Adds `samples` to the input, and appends the output that is available so far to `out`.
    ///
    /// # Errors
    /// ERR_INTERNAL if rubato refuses a block, which would be a bug of this crate.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<()> {
        self.taken += samples.len() as u64;
        let Some(fft) = &self.fft else {
            self.given += samples.len() as u64;
            out.extend_from_slice(samples);
            return Ok(());
        };
        let block = fft.input_frames_next();
        let mut rest = samples;
        if !self.pending.is_empty() {
            let (head, tail) = rest.split_at(rest.len().min(block - self.pending.len()));
            self.pending.extend_from_slice(head);
            rest = tail;
            if self.pending.len() == block {
                let pending = std::mem::take(&mut self.pending);
                self.resample(&pending, out)?;
                self.pending = pending;
                self.pending.clear();
            }
        }
        // Whole blocks are passed on without a copy.
        let whole = rest.chunks_exact(block);
        self.pending.extend_from_slice(whole.remainder());
        whole.into_iter().try_for_each(|input| self.resample(input, out))
    }

    /// Ends the stream: appends the rest to `out`, so that the total output is `round(n * to / from)` samples. The
    /// resampler must not be used afterwards.
    ///
    /// # Errors
    /// As [`Resampler::push`].
    pub fn finish(&mut self, out: &mut Vec<f32>) -> Result<()> {
        let Some(fft) = &self.fft else { return Ok(()) };
        let block = fft.input_frames_next();
        let total = resampled_length(self.taken, self.from, self.to);
        while self.given < total {
            let mut input = std::mem::take(&mut self.pending);
            input.resize(block, 0.0);
            let before = out.len();
            self.resample(&input, out)?;
            let surplus = self.given.saturating_sub(total) as usize;
            out.truncate(out.len().saturating_sub(surplus).max(before));
            self.given = self.given.min(total);
        }
        Ok(())
    }

    /// Resamples one whole block.
    fn resample(&mut self, input: &[f32], out: &mut Vec<f32>) -> Result<()> {
        let Some(fft) = &mut self.fft else { return Ok(()) };
        let internal = |reason: String| Error::new(Code::Internal, format!("the resampler failed: {reason}"));
        let frames = self.block.len();
        let source = SequentialSlice::new(input, 1, input.len()).map_err(|e| internal(e.to_string()))?;
        let mut target = SequentialSlice::new_mut(&mut self.block, 1, frames).map_err(|e| internal(e.to_string()))?;
        fft.process_into_buffer(&source, &mut target, None).map_err(|e| internal(e.to_string()))?;
        let drop = self.delay.min(frames);
        self.delay -= drop;
        out.extend_from_slice(&self.block[drop..]);
        self.given += (frames - drop) as u64;
        Ok(())
    }
}

/// The number of samples at `to` Hz for `samples` samples at `from` Hz: `round(samples * to / from)`.
pub(crate) fn resampled_length(samples: u64, from: u32, to: u32) -> u64 {
    let (from, to) = (u128::from(from), u128::from(to));
    u64::try_from((u128::from(samples) * to + from / 2) / from).unwrap_or(u64::MAX)
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}
