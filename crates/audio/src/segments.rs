//! Cuts a stream of samples into the inputs of the network.

mod policy;

use error::Result;

pub use policy::SegmentPolicy;

/// The result of cutting a clip into segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentCount {
    /// The number of segments returned.
    pub segments: usize,
    /// Whether the clip was shorter than one segment and was padded with zeros.
    pub short: bool,
    /// Whether the returned segments are those of the policy. False only for a policy that needs the length, if the
    /// segments of the real length are others than those of `total_samples`: cut the clip again, with `samples`.
    pub exact: bool,
    /// The number of input samples.
    pub samples: u64,
}

/// Cuts a stream into segments, with at most one segment in memory.
pub struct Segmenter {
    length: usize,
    policy: SegmentPolicy,
    /// The expected number of samples; `None` if unknown.
    expected: Option<u64>,
    /// The samples from the start of the next segment on, as far as they have arrived.
    buffer: Vec<f32>,
    samples: u64,
    handed_out: usize,
}

impl Segmenter {
    /// Makes a segmenter for segments of `length` samples. `total_samples` is the length of the whole stream if it is
    /// known. Only a policy that needs the length ([`SegmentPolicy::needs_length`]) uses it: without it no segment is
    /// returned, and `finish` returns the length with which to cut again.
    pub fn new(length: usize, policy: SegmentPolicy, total_samples: Option<u64>) -> Self {
        Self { length: length.max(1), policy, expected: total_samples, buffer: Vec::new(), samples: 0, handed_out: 0 }
    }

    /// Takes the next samples and passes each complete segment (`length` samples) to `sink`, in order.
    ///
    /// # Errors
    /// Those of `sink`, at once.
    pub fn push(&mut self, samples: &[f32], sink: &mut dyn FnMut(&[f32]) -> Result<()>) -> Result<()> {
        let mut rest = samples;
        while !rest.is_empty() {
            let Some(start) = self.start(self.handed_out) else {
                self.samples += rest.len() as u64;
                break;
            };
            let skipped = start.saturating_sub(self.samples).min(rest.len() as u64) as usize;
            let (head, tail) = rest[skipped..].split_at((rest.len() - skipped).min(self.length - self.buffer.len()));
            self.samples += (skipped + head.len()) as u64;
            rest = tail;
            let overlaps = self.start(self.handed_out + 1).is_some_and(|next| next < start + self.length as u64);
            if head.len() == self.length && !overlaps {
                // No copy of a segment that has arrived whole.
                self.handed_out += 1;
                sink(head)?;
                continue;
            }
            self.buffer.extend_from_slice(head);
            self.hand_out(sink)?;
        }
        Ok(())
    }

    /// Passes on the segments that the buffer holds whole, and keeps what the next one needs.
    fn hand_out(&mut self, sink: &mut dyn FnMut(&[f32]) -> Result<()>) -> Result<()> {
        while self.buffer.len() == self.length {
            sink(&self.buffer)?;
            let (start, next) = (self.start(self.handed_out), self.start(self.handed_out + 1));
            let past = match start.zip(next) {
                Some((start, next)) => (next - start).min(self.length as u64) as usize,
                None => self.length,
            };
            self.handed_out += 1;
            self.buffer.drain(..past);
        }
        Ok(())
    }

    /// Ends the stream: a clip shorter than one segment is padded with zeros and passed to `sink`.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn finish(mut self, sink: &mut dyn FnMut(&[f32]) -> Result<()>) -> Result<SegmentCount> {
        let short = self.samples > 0 && self.samples < self.length as u64;
        let exact = !self.policy.needs_length() || self.expected.is_some_and(|expected| self.are_those_of(expected));
        if short && exact {
            self.buffer.resize(self.length, 0.0);
            self.handed_out += 1;
            sink(&self.buffer)?;
        }
        Ok(SegmentCount { segments: self.handed_out, short, exact, samples: self.samples })
    }

    /// Whether a clip of `expected` samples has the segments of a clip of the samples that have arrived.
    fn are_those_of(&self, expected: u64) -> bool {
        let length = self.length as u64;
        let is_short = |samples: u64| samples < length;
        is_short(expected) == is_short(self.samples)
            && self.policy.starts(expected, length).eq(self.policy.starts(self.samples, length))
    }

    /// The first sample of segment `index`; `None` if there is no such segment, or if it depends on an unknown length.
    fn start(&self, index: usize) -> Option<u64> {
        let samples = if self.policy.needs_length() { self.expected? } else { 0 };
        self.policy.start(index as u64, samples, self.length as u64)
    }
}
