//! Cuts a stream of samples into the inputs of the network.

use error::Result;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Which segments of a clip are used. Segments are consecutive from sample 0 without overlap. An incomplete last
/// segment is dropped. A clip shorter than one segment gives one segment, padded with zeros.
///
/// In options and in files it is `"all"` or the number of segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SegmentPolicy {
    /// Every complete segment.
    #[default]
    All,
    /// The given number `n` of segments, evenly spread: of `t` complete segments those with the index
    /// `floor((2k + 1) * t / 2n)` for k = 0 .. n-1, which are the middles of n equal parts. All segments if there are
    /// no more than `n`.
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

    /// Whether the segment `index` of `total` complete segments is used.
    fn takes(self, index: u64, total: u64) -> bool {
        match self {
            SegmentPolicy::All => true,
            SegmentPolicy::Spread(count) => {
                let (count, index, total) = (count as u128, u128::from(index), u128::from(total));
                // The first k whose segment is not before `index`.
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

/// The result of cutting a clip into segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentCount {
    /// The number of segments returned.
    pub segments: usize,
    /// Whether the clip was shorter than one segment and was padded with zeros.
    pub short: bool,
    /// Whether the returned segments are those of the policy. False only for [`SegmentPolicy::Spread`] if the stream
    /// had a different number of complete segments from that of `total_samples`: cut the clip again, with `samples`.
    pub exact: bool,
    /// The number of input samples.
    pub samples: u64,
}

/// Cuts a stream into segments, with at most one segment in memory.
pub struct Segmenter {
    length: usize,
    policy: SegmentPolicy,
    /// The expected number of complete segments; None if unknown.
    expected: Option<u64>,
    /// The segment being filled; empty while a segment is skipped.
    buffer: Vec<f32>,
    samples: u64,
    handed_out: usize,
}

impl Segmenter {
    /// Makes a segmenter for segments of `length` samples. `total_samples` is the length of the whole stream if it is
    /// known. Only [`SegmentPolicy::Spread`] needs it: without it no segment is returned, and `finish` returns the
    /// length with which to cut again.
    pub fn new(length: usize, policy: SegmentPolicy, total_samples: Option<u64>) -> Self {
        let length = length.max(1);
        let expected = total_samples.map(|total| total / length as u64);
        Self { length, policy, expected, buffer: Vec::new(), samples: 0, handed_out: 0 }
    }

    /// Takes the next samples and passes each complete segment (`length` samples) to `sink`, in order.
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

    /// Ends the stream: a clip shorter than one segment is padded with zeros and passed to `sink`.
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
            // The clip is shorter than one segment: the incomplete segment is kept and padded.
            (SegmentPolicy::Spread(_), Some(0)) => index == 0,
            (SegmentPolicy::Spread(_), Some(expected)) => index < expected && self.policy.takes(index, expected),
        }
    }
}
