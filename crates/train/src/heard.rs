//! The segments and seconds of each clip that an evaluation uses: those of the model's training, unless options set
//! them.

use audio::SegmentPolicy;
use engine::Reduction;
use net::Model;
use serde::Serialize;
use serde_json::Value;
use ts_rs::TS;

use crate::dataset::SplitRules;

/// The source of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// An option.
    Option,
    /// The training of the model.
    Training,
    /// The default: that of the dataset, or everything.
    Default,
}

/// What a model file records about its training.
pub(crate) struct TrainedWith<'a> {
    /// The facts about its dataset.
    dataset: Option<&'a Value>,
    /// The seed of its drawn split.
    split_seed: Option<u64>,
}

impl<'a> TrainedWith<'a> {
    /// The training record of `model`; imported models have none.
    pub(crate) fn of(model: &'a Model) -> Self {
        let dataset = model.training.get("dataset").filter(|facts| facts.is_object());
        let number = |name: &str| model.training.get(name).and_then(Value::as_u64);
        // Version 0.1.0 drew the split by the seed of the training.
        Self { dataset, split_seed: number("splitSeed").or_else(|| number("seed")) }
    }

    /// The seed by which the split was drawn; `None` if it is not recorded.
    pub(crate) fn split_seed(&self) -> Option<u64> {
        self.split_seed
    }

    /// The segments of each clip. Version 0.1.0 recorded them only as a sentence.
    pub(crate) fn segments(&self) -> Option<SegmentPolicy> {
        let facts = self.dataset?;
        if let Some(choice) = facts.get("segmentsPerClip") {
            return serde_json::from_value(choice.clone()).ok();
        }
        match facts["segmentRule"].as_str()?.split_once(" segments of ")?.0 {
            "all" => Some(SegmentPolicy::All),
            count => count.parse().ok().map(SegmentPolicy::Spread),
        }
    }

    /// The reduction of the scores over the segments of a clip, in the evaluation of the training. Version 0.1.0 knew
    /// only the mean, and recorded nothing.
    pub(crate) fn across_segments(&self) -> Option<Reduction> {
        let facts = self.dataset?;
        facts.get("acrossSegments").map_or(Some(Reduction::Mean), |name| serde_json::from_value(name.clone()).ok())
    }

    /// The rules that merged the tags of the dataset `kind`, if the training selected its tags.
    pub(crate) fn vocabulary(&self, kind: &str) -> Option<Vec<String>> {
        let facts = self.dataset.filter(|facts| facts["kind"] == kind)?;
        serde_json::from_value(facts.get("vocabulary")?.get("mergeTags")?.clone()).ok()
    }

    /// Seconds of each clip that were used; `Some(None)`: all.
    pub(crate) fn clip_seconds(&self) -> Option<Option<f64>> {
        match self.dataset?.get("clipSeconds")? {
            Value::Null => Some(None),
            seconds => seconds.as_f64().filter(|seconds| *seconds > 0.0).map(Some),
        }
    }

    /// The split rules of the training.
    pub(crate) fn split_rules(&self) -> SplitRules {
        let Some(facts) = self.dataset else { return SplitRules::default() };
        let named = facts.get("splitRules").and_then(|rules| serde_json::from_value(rules.clone()).ok());
        named.unwrap_or_else(SplitRules::unnamed)
    }
}

/// The value to use and its source: the option if it is given, else the training, else `otherwise`.
pub(crate) fn choose<T>(asked: Option<T>, trained: Option<T>, otherwise: T) -> (T, Origin) {
    match (asked, trained) {
        (Some(value), _) => (value, Origin::Option),
        (None, Some(value)) => (value, Origin::Training),
        (None, None) => (otherwise, Origin::Default),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn facts_of_this_and_of_earlier_versions_are_read() {
        let of = |facts: &Value| {
            let trained = TrainedWith { dataset: facts.is_object().then_some(facts), split_seed: None };
            (trained.segments(), trained.clip_seconds(), trained.split_rules())
        };
        let now = json!({"segmentsPerClip": 8, "segmentRule": "", "clipSeconds": 2.5, "splitRules": 2});
        assert_eq!(of(&now), (Some(SegmentPolicy::Spread(8)), Some(Some(2.5)), SplitRules::Hashed));
        let before = json!({"segmentRule": "12 segments of 729 samples, evenly spread", "clipSeconds": null});
        assert_eq!(of(&before), (Some(SegmentPolicy::Spread(12)), Some(None), SplitRules::Shuffled));
        let all = json!({"segmentRule": "all segments of 729 samples, no overlap"});
        assert_eq!(of(&all), (Some(SegmentPolicy::All), None, SplitRules::Shuffled));
        assert_eq!(of(&Value::Null), (None, None, SplitRules::Hashed));
    }
}
