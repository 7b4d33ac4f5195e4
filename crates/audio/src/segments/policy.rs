//! Which segments of a clip are used.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Which segments of a clip are used. A clip shorter than one segment gives one segment, padded with zeros.
///
/// In options and in files it is `"all"`, the number of segments, or `"overlapping:N"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SegmentPolicy {
    /// Every complete segment: consecutive from sample 0, without overlap; an incomplete last segment is dropped.
    #[default]
    All,
    /// The given number `n` of these segments, evenly spread: of `t` complete segments those with the index
    /// `floor((2k + 1) * t / 2n)` for k = 0 .. n-1, which are the middles of n equal parts. All segments if there are
    /// no more than `n`.
    Spread(usize),
    /// The given number `n` of segments, whether they overlap or not: they begin at `k * floor((samples - length) / n)`
    /// for k = 0 .. n-1, as the chunks of the benchmark of Won et al. 2020 (protocols.md 4.1, rule W). One segment if
    /// the clip is not longer than a segment.
    Overlapping(usize),
}

/// What stands before the number of overlapping segments.
const OVERLAPPING: &str = "overlapping:";

impl SegmentPolicy {
    /// The number of segments of [`SegmentPolicy::Spread`] and [`SegmentPolicy::Overlapping`].
    pub fn count(self) -> Option<usize> {
        match self {
            SegmentPolicy::All => None,
            SegmentPolicy::Spread(count) | SegmentPolicy::Overlapping(count) => Some(count),
        }
    }

    /// Whether the segments depend on the length of the clip, so that they are certain at its end only.
    pub fn needs_length(self) -> bool {
        self != SegmentPolicy::All
    }

    /// The first samples of the segments of a clip with `samples` samples, in order; a segment has `length` samples.
    pub fn starts(self, samples: u64, length: u64) -> impl Iterator<Item = u64> {
        let complete = samples / length.max(1);
        (0..).map_while(move |index| match self {
            SegmentPolicy::All if index >= complete.max(1) => None,
            _ => self.start(index, samples, length),
        })
    }

    /// The first sample of segment `index`; `None` behind the last one. The segments of [`SegmentPolicy::All`] have no
    /// end here, so that a stream of unknown length can be cut.
    pub(super) fn start(self, index: u64, samples: u64, length: u64) -> Option<u64> {
        let complete = (samples / length.max(1)).max(1);
        match self {
            SegmentPolicy::All => Some(index * length),
            SegmentPolicy::Spread(count) => {
                let count = complete.min(count as u64);
                let middle = |complete: u128, count: u128| (2 * u128::from(index) + 1) * complete / (2 * count);
                let number =
                    if count == complete { index } else { middle(u128::from(complete), u128::from(count)) as u64 };
                (index < count).then_some(number * length)
            }
            SegmentPolicy::Overlapping(_) if samples <= length => (index == 0).then_some(0),
            SegmentPolicy::Overlapping(count) => {
                let hop = (samples - length).checked_div(count as u64)?;
                (index < count as u64).then_some(index * hop)
            }
        }
    }
}

impl Serialize for SegmentPolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            SegmentPolicy::All => "all".serialize(serializer),
            SegmentPolicy::Spread(count) => count.serialize(serializer),
            SegmentPolicy::Overlapping(count) => serializer.collect_str(&format_args!("{OVERLAPPING}{count}")),
        }
    }
}

impl<'de> Deserialize<'de> for SegmentPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PolicyVisitor)
    }
}

/// Reads `"all"`, a number, or `"overlapping:N"`.
struct PolicyVisitor;

impl serde::de::Visitor<'_> for PolicyVisitor {
    type Value = SegmentPolicy;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("segments: \"all\", a number of them, or \"overlapping:N\"")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<SegmentPolicy, E> {
        let overlapping = |text: &str| text.strip_prefix(OVERLAPPING)?.parse().ok().map(SegmentPolicy::Overlapping);
        match text {
            "all" => Ok(SegmentPolicy::All),
            _ => overlapping(text).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, count: u64) -> Result<SegmentPolicy, E> {
        Ok(SegmentPolicy::Spread(usize::try_from(count).unwrap_or(usize::MAX)))
    }
}
