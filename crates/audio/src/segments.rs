//! A stream of samples into the network's inputs.

use error::Result;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Which segments of a clip are used. Segments are consecutive from sample 0 without overlap; an incomplete last one is
/// dropped; a clip shorter than one segment is one segment, padded with zeros.
///
/// In options and in files it is `"all"` or the number of segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SegmentPolicy {
    /// Every complete segment.
    #[default]
    All,
    /// So many of them, evenly spread: of `t` complete segments number `floor((2k + 1) * t / 2n)` for k = 0 .. n-1, the
    /// middles of n equal parts. All of them where there are no more than that.
    Spread(usize),
}

impl SegmentPolicy {
    /// The number of segments of [`SegmentPolicy::Spread`].
    pub fn count(self) -> Option<usize> {
        match self {
            SegmentPolicy::All => None,
            SegmentPolicy::Spread(count) => Some(count),
        }
    }

    /// Whether segment `index` of `total` complete ones is used.
    fn takes(self, index: u64, total: u64) -> bool {
        match self {
            SegmentPolicy::All => true,
            SegmentPolicy::Spread(count) => {
                let (count, index, total) = (count as u128, u128::from(index), u128::from(total));
                // The first k whose segment is not before index.
                let k = (2 * count * index).saturating_sub(total).div_ceil(2 * total.max(1));
                count >= total || (k < count && (2 * k + 1) * total / (2 * count) == index)
            }
        }
    }
}

impl Serialize for SegmentPolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            SegmentPolicy::All => "all".serialize(serializer),
            SegmentPolicy::Spread(count) => count.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for SegmentPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PolicyVisitor)
    }
}

/// Reads `"all"` or a number.
struct PolicyVisitor;

impl serde::de::Visitor<'_> for PolicyVisitor {
    type Value = SegmentPolicy;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("segments: \"all\" or a number of them")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<SegmentPolicy, E> {
        match text {
            "all" => Ok(SegmentPolicy::All),
            _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, count: u64) -> Result<SegmentPolicy, E> {
        Ok(SegmentPolicy::Spread(usize::try_from(count).unwrap_or(usize::MAX)))
    }
}

/// What came out of a segmenter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentCount {
    /// Segments handed out.
    pub segments: usize,
    /// The clip was shorter than one segment, and padded with zeros.
    pub short: bool,
    /// The segments handed out are those of the policy. False only for [`SegmentPolicy::Spread`] when the stream had
    /// another number of complete segments than `total_samples` promised: cut again, with `samples`.
    pub exact: bool,
    /// Samples that went in.
    pub samples: u64,
}

/// Cuts a stream into segments, holding one segment at most.
pub struct Segments {
    length: usize,
    policy: SegmentPolicy,
    /// Complete segments expected; None: unknown.
    expected: Option<u64>,
    /// The segment being filled; empty while a segment is skipped.
    buffer: Vec<f32>,
    samples: u64,
    handed_out: usize,
}

impl Segments {
    /// Segments of `length` samples. `total_samples` is the length of the whole stream as far as it is known; only
    /// [`SegmentPolicy::Spread`] needs it: without it nothing is handed out, and `finish` tells the length to cut with.
    pub fn new(length: usize, policy: SegmentPolicy, total_samples: Option<u64>) -> Self {
        let length = length.max(1);
        let expected = total_samples.map(|total| total / length as u64);
        Self { length, policy, expected, buffer: Vec::new(), samples: 0, handed_out: 0 }
    }

    /// Takes the next samples and hands each complete segment (`length` samples) to `sink`, in order.
    ///
    /// # Errors
    /// Those of `sink`, at once.
    pub fn push(&mut self, samples: &[f32], sink: &mut dyn FnMut(&[f32]) -> Result<()>) -> Result<()> {
        let mut rest = samples;
        while !rest.is_empty() {
            let filled = (self.samples % self.length as u64) as usize;
            let (head, tail) = rest.split_at(rest.len().min(self.length - filled));
            let wanted = self.wants(self.samples / self.length as u64);
            self.samples += head.len() as u64;
            rest = tail;
            if !wanted {
                continue;
            }
            if head.len() == self.length {
                self.handed_out += 1;
                sink(head)?;
                continue;
            }
            self.buffer.extend_from_slice(head);
            if self.buffer.len() == self.length {
                self.handed_out += 1;
                sink(&self.buffer)?;
                self.buffer.clear();
            }
        }
        Ok(())
    }

    /// Ends the stream: a clip shorter than one segment is padded with zeros and handed to `sink`.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn finish(mut self, sink: &mut dyn FnMut(&[f32]) -> Result<()>) -> Result<SegmentCount> {
        let complete = self.samples / self.length as u64;
        let exact = self.policy == SegmentPolicy::All || self.expected == Some(complete);
        let short = complete == 0 && self.samples > 0;
        if short && exact {
            self.buffer.resize(self.length, 0.0);
            self.handed_out += 1;
            sink(&self.buffer)?;
        }
        Ok(SegmentCount { segments: self.handed_out, short, exact, samples: self.samples })
    }

    fn wants(&self, index: u64) -> bool {
        match (self.policy, self.expected) {
            (SegmentPolicy::All, _) => true,
            (SegmentPolicy::Spread(_), None) => false,
            // Shorter than one segment: the incomplete one is kept, to be padded.
            (SegmentPolicy::Spread(_), Some(0)) => index == 0,
            (SegmentPolicy::Spread(_), Some(expected)) => index < expected && self.policy.takes(index, expected),
        }
    }
}
