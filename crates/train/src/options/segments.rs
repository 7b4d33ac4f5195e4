//! How many segments of a clip are heard, as options and the facts of models say it.

use audio::SegmentPolicy;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `"all"`, or a number of segments that are evenly spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentChoice {
    /// Every segment.
    All,
    /// This many; 0 is refused by those who use it.
    Count(usize),
}

impl SegmentChoice {
    /// The choice of an option that is a number or nothing.
    pub(crate) fn of(count: Option<usize>) -> Self {
        count.map_or(SegmentChoice::All, SegmentChoice::Count)
    }

    pub(crate) fn policy(self) -> SegmentPolicy {
        match self {
            SegmentChoice::All => SegmentPolicy::All,
            SegmentChoice::Count(count) => SegmentPolicy::Spread(count),
        }
    }
}

impl Serialize for SegmentChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            SegmentChoice::All => "all".serialize(serializer),
            SegmentChoice::Count(count) => count.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for SegmentChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        match (value.as_str(), value.as_u64()) {
            (Some("all"), _) => Ok(SegmentChoice::All),
            (_, Some(count)) => Ok(SegmentChoice::Count(count as usize)),
            _ => Err(serde::de::Error::custom(format!("segments must be \"all\" or a number, received {value}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_and_numbers_are_read_and_written() {
        for (choice, text) in [(SegmentChoice::All, "\"all\""), (SegmentChoice::Count(8), "8")] {
            assert_eq!(serde_json::to_string(&choice).unwrap(), text);
            assert_eq!(serde_json::from_str::<SegmentChoice>(text).unwrap(), choice);
        }
        assert!(serde_json::from_str::<SegmentChoice>("\"some\"").is_err());
        assert!(serde_json::from_str::<SegmentChoice>("-1").is_err());
    }
}
