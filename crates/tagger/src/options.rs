//! What a tagging job is asked to do.

use std::path::PathBuf;

use engine::Precision;
use error::{Code, Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What to tag, with which model, and where the records go. The JSON form uses the same names in camelCase; an unknown key is
/// refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TagOptions {
    /// Files and folders, in this order. A folder is walked recursively (see [`crate::Walk`]).
    #[serde(default)]
    pub paths: Vec<PathBuf>,
    /// A list of further files and folders, one a line, read after `paths`; `-` is standard input. Default: none.
    #[serde(default)]
    pub files_from: Option<PathBuf>,
    /// Whether the entries of `files_from` end with NUL instead of a line feed. Default: false.
    #[serde(default)]
    pub null_separated: bool,
    /// The model file.
    pub model: PathBuf,
    /// How many of the best tags a record keeps. Default: 5, without a limit where `threshold` is given.
    #[serde(default)]
    pub top: Option<usize>,
    /// The lowest score (0..1) that a record keeps; scores have f32, so does the comparison. Default: none.
    #[serde(default)]
    pub threshold: Option<f64>,
    /// Keep every tag, in the model's order instead of by score. Excludes `top` and `threshold`. Default: false.
    #[serde(default)]
    pub all: bool,
    /// Which segments of a clip are heard. Default: all.
    #[serde(default)]
    pub segments: Segments,
    /// A file for the records: JSON lines, or CSV where the name ends in `.csv`. What it holds already is skipped. Default: none.
    #[serde(default)]
    pub out: Option<PathBuf>,
    /// Try files again that `out` lists as failed. Default: false.
    #[serde(default)]
    pub retry_failed: bool,
    /// `auto`, `cpu`, `cuda` or `cuda:N`. Default: auto.
    #[serde(default)]
    pub device: Option<String>,
    /// In which numbers inference multiplies on the CPU. Default: f32.
    #[serde(default)]
    pub precision: Precision,
    /// Threads of the network. Default, and 0: all physical cores.
    #[serde(default)]
    pub threads: usize,
    /// Files decoded at the same time. Default, and 0: one a core.
    #[serde(default)]
    pub jobs: usize,
    /// Segments of one batch. Default, and 0: 16.
    #[serde(default)]
    pub batch_size: usize,
}

/// Which segments of a clip are heard: `"all"` or a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Segments {
    /// Consecutive from sample 0, without overlap.
    #[default]
    All,
    /// At most so many of them, evenly spread.
    Spread(usize),
}

impl Serialize for Segments {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Segments::All => serializer.serialize_str("all"),
            Segments::Spread(count) => serializer.serialize_u64(*count as u64),
        }
    }
}

impl<'de> Deserialize<'de> for Segments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        match (value.as_str(), value.as_u64()) {
            (Some("all"), _) => Ok(Segments::All),
            (_, Some(count)) if count > 0 => Ok(Segments::Spread(count as usize)),
            _ => Err(serde::de::Error::custom(format!(
                "segments must be \"all\" or a whole number from 1, received {value}"
            ))),
        }
    }
}

impl TagOptions {
    /// Reads the JSON form. An unknown key or a wrong type is [`Code::InvalidOption`].
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|reason| Error::new(Code::InvalidOption, format!("tag options: {reason}")))
    }

    /// Which tags of a clip a record keeps. Options that exclude each other, and a threshold outside 0..1, are
    /// [`Code::InvalidOption`].
    pub fn selection(&self) -> Result<Selection> {
        let invalid = |message: String| Err(Error::new(Code::InvalidOption, message));
        if self.all && (self.top.is_some() || self.threshold.is_some()) {
            return invalid("all keeps every tag: leave out top and threshold, or leave out all".into());
        }
        match (self.top, self.threshold) {
            (Some(0), _) => invalid("top must be a whole number from 1, received 0".into()),
            (_, Some(threshold)) if !(0.0..=1.0).contains(&threshold) => {
                invalid(format!("threshold must be a score in 0..1, received {threshold}"))
            }
            _ if self.all => Ok(Selection::All),
            (top, Some(threshold)) => {
                Ok(Selection::Best { top: top.unwrap_or(usize::MAX), threshold: threshold as f32 })
            }
            (top, None) => Ok(Selection::Best { top: top.unwrap_or(5), threshold: 0.0 }),
        }
    }
}

/// Which tags of a clip a record keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Selection {
    /// Every tag, in the model's order.
    All,
    /// The best ones by score, ties in the model's order.
    Best {
        /// At most so many.
        top: usize,
        /// None below this score.
        threshold: f32,
    },
}

impl Selection {
    /// Indices into `scores` of the tags that are kept, in the order of the record.
    pub fn indices(self, scores: &[f32]) -> Vec<usize> {
        let mut indices: Vec<usize> = (0..scores.len()).collect();
        if let Selection::Best { top, threshold } = self {
            indices.retain(|&index| scores[index] >= threshold);
            indices.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
            indices.truncate(top);
        }
        indices
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORES: [f32; 5] = [0.2, 0.9, 0.2, 0.5, 0.1];

    fn selection(json: &str) -> Result<Selection> {
        TagOptions::from_json(json)?.selection()
    }

    #[test]
    fn five_best_tags_are_kept_unless_said_otherwise() {
        let chosen = selection(r#"{"model":"m"}"#).unwrap();
        assert_eq!(chosen, Selection::Best { top: 5, threshold: 0.0 });
        assert_eq!(chosen.indices(&SCORES), [1, 3, 0, 2, 4], "by score, ties in the model's order");
        assert_eq!(selection(r#"{"model":"m","top":2}"#).unwrap().indices(&SCORES), [1, 3]);
    }

    #[test]
    fn a_threshold_lifts_the_limit_of_five() {
        let many = [0.6_f32; 9];
        assert_eq!(selection(r#"{"model":"m","threshold":0.5}"#).unwrap().indices(&many).len(), 9);
        assert_eq!(selection(r#"{"model":"m","threshold":0.5,"top":3}"#).unwrap().indices(&many), [0, 1, 2]);
        assert_eq!(selection(r#"{"model":"m","threshold":0.95}"#).unwrap().indices(&SCORES), [0usize; 0]);
    }

    #[test]
    fn all_keeps_the_order_of_the_model() {
        assert_eq!(selection(r#"{"model":"m","all":true}"#).unwrap().indices(&SCORES), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn options_that_cannot_work_are_refused_with_the_value() {
        for (json, word) in [
            (r#"{"model":"m","tresholt":0.5}"#, "tresholt"),
            (r#"{"model":"m","all":true,"top":3}"#, "all"),
            (r#"{"model":"m","top":0}"#, "received 0"),
            (r#"{"model":"m","threshold":1.5}"#, "1.5"),
            (r#"{"model":"m","segments":"some"}"#, "some"),
            (r#"{"model":"m","segments":0}"#, "received 0"),
            (r#"{}"#, "model"),
        ] {
            let error = selection(json).unwrap_err();
            assert_eq!(error.code, Code::InvalidOption, "{json}");
            assert!(error.message.contains(word), "{json}: {}", error.message);
        }
    }

    #[test]
    fn segments_are_written_as_they_are_read() {
        for json in [r#""all""#, "10"] {
            let segments: Segments = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&segments).unwrap(), json);
        }
    }
}
