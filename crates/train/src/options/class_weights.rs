//! The weights of tags or classes in the training loss.

use std::collections::BTreeMap;

use error::{Code, Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The weights of tags or classes in the training loss. Multi-label: the weight of the positives of each tag.
/// Single-label: the weight of the clips of each class.
#[derive(Clone, Debug, PartialEq)]
pub enum ClassWeights {
    /// From the clips of the training part. Multi-label: negatives divided by positives, so that both have the same
    /// weight in the loss of a tag. Single-label: the mean number of clips of a class divided by that of the class.
    Balanced,
    /// By the name of the tag; 1 for the others.
    Given(BTreeMap<String, f64>),
}

/// The text for [`ClassWeights::Balanced`].
const BALANCED: &str = "balanced";

impl Serialize for ClassWeights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Balanced => serializer.serialize_str(BALANCED),
            Self::Given(weights) => weights.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ClassWeights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Weights(BTreeMap<String, f64>),
        }
        match Form::deserialize(deserializer)? {
            Form::Text(text) if text == BALANCED => Ok(Self::Balanced),
            Form::Text(text) => Err(serde::de::Error::custom(format!(
                "classWeights must be \"{BALANCED}\" or a weight for each tag, received \"{text}\""
            ))),
            Form::Weights(weights) => Ok(Self::Given(weights)),
        }
    }
}

impl ClassWeights {
    /// Refuses weights that are not above 0.
    pub(super) fn check(&self) -> Result<()> {
        let Self::Given(weights) = self else { return Ok(()) };
        match weights.iter().find(|(_, weight)| !(**weight > 0.0 && weight.is_finite())) {
            Some((tag, weight)) => {
                let message = format!("classWeights must be numbers above 0, received {weight} for \"{tag}\"");
                Err(Error::new(Code::InvalidOption, message))
            }
            None => Ok(()),
        }
    }

    /// The weight of each of `tags`. `counts` are the clips of the training part that have each tag, of `clips`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a weight of a tag that the dataset does not have.
    pub(crate) fn of(&self, tags: &[String], counts: &[usize], clips: usize, single_label: bool) -> Result<Vec<f32>> {
        match self {
            Self::Balanced => {
                let classes = counts.iter().filter(|&&count| count > 0).count();
                let weight = |&count: &usize| match (single_label, count) {
                    // A tag without positives (or negatives) has no balance.
                    (_, 0) => 1.0,
                    (true, count) => clips as f32 / (classes * count) as f32,
                    (false, count) if count == clips => 1.0,
                    (false, count) => (clips - count) as f32 / count as f32,
                };
                Ok(counts.iter().map(weight).collect())
            }
            Self::Given(weights) => {
                if let Some(name) = weights.keys().find(|name| !tags.contains(name)) {
                    let message = format!(
                        "classWeights has a weight for \"{name}\", which is not a tag of the dataset; its tags are {}",
                        crate::some::some(tags)
                    );
                    return Err(Error::new(Code::InvalidOption, message));
                }
                Ok(tags.iter().map(|tag| weights.get(tag).map_or(1.0, |&weight| weight as f32)).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tags() -> Vec<String> {
        ["rock", "jazz", "rare"].map(str::to_owned).to_vec()
    }

    #[test]
    fn balanced_weights_come_from_the_counts() {
        let weights = |single| ClassWeights::Balanced.of(&tags(), &[6, 2, 0], 8, single).unwrap();
        assert_eq!(weights(false), [2.0 / 6.0, 3.0, 1.0]);
        assert_eq!(weights(true), [8.0 / 12.0, 2.0, 1.0]);
        assert_eq!(ClassWeights::Balanced.of(&tags(), &[8, 2, 0], 8, false).unwrap()[0], 1.0);
    }

    #[test]
    fn given_weights_are_found_by_name() {
        let read = |value| serde_json::from_value::<ClassWeights>(value);
        let given = read(json!({"jazz": 4, "rare": 0.5})).unwrap();
        assert_eq!(given.of(&tags(), &[1, 1, 1], 3, true).unwrap(), [1.0, 4.0, 0.5]);
        let refused = read(json!({"pop": 4})).unwrap().of(&tags(), &[1, 1, 1], 3, true).unwrap_err();
        assert!(refused.code == Code::InvalidOption && refused.message.contains("\"pop\""), "{refused}");
        assert!(read(json!({"jazz": 0.0})).unwrap().check().unwrap_err().message.contains("received 0 for \"jazz\""));
        assert!(read(json!("balance")).unwrap_err().to_string().contains("\"balanced\""));
        assert_eq!(serde_json::to_value(read(json!("balanced")).unwrap()).unwrap(), json!("balanced"));
    }
}
