//! The options of a tagging job.

mod embed;
mod selection;

use std::path::PathBuf;

use audio::SegmentPolicy;
use engine::{Embedding, Precision};
use error::{Code, Error, Result};
use limits::TOP_TAGS;
use net::DefaultOutput;
use options::tag;
use serde::{Deserialize, Serialize};

use crate::output::has_suffix;
pub use embed::EmbedOptions;
pub use selection::Selection;

/// What to tag, with which model, and where to write the records. The JSON form uses the same names in camelCase;
/// unknown keys are refused. Names, limits and defaults are those of [`tag`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TagOptions {
    /// Files and folders, in this order. A folder is walked recursively (see [`crate::Walk`]).
    #[serde(default)]
    pub paths: Vec<PathBuf>,
    /// A list of further files and folders, one per line, read after `paths`; `-` is standard input. Default: none.
    #[serde(default)]
    pub files_from: Option<PathBuf>,
    /// Whether the entries of `files_from` end with NUL instead of a line feed. Default: false.
    #[serde(default)]
    pub null_separated: bool,
    /// The model file.
    pub model: PathBuf,
    /// Number of best tags in a record. Default: 5, or the rule of the model's card; no limit if `threshold` is given.
    #[serde(default)]
    pub top: Option<usize>,
    /// Lowest score (0..1) of a tag in a record; scores are compared as f32. Default: none.
    #[serde(default)]
    pub threshold: Option<f64>,
    /// Keeps every tag, in the order of the model instead of by score. Excludes `top` and `threshold`. Default: false.
    #[serde(default)]
    pub all: bool,
    /// Whether a record also has the scores of its tags over the time of the file. It needs all segments, and an output
    /// that can hold it (not CSV). Default: false.
    #[serde(default)]
    pub timeline: bool,
    /// Maps the scores to probabilities by the calibration of the model. Default: false.
    #[serde(default)]
    pub calibrated: bool,
    /// Which segments of a file are used. Default: all.
    #[serde(default)]
    pub segments: SegmentPolicy,
    /// The output file for the records: JSON lines, or CSV if the name ends in `.csv`. Files that it contains already
    /// are skipped. Default: none.
    #[serde(default)]
    pub out: Option<PathBuf>,
    /// Tries files again that are listed as failed in `out`. Default: false.
    #[serde(default)]
    pub retry_failed: bool,
    /// `auto`, `cpu`, `cuda` or `cuda:N`. Default: auto.
    #[serde(default = "default_device")]
    pub device: String,
    /// Arithmetic precision. Default: f32.
    #[serde(default)]
    pub precision: Precision,
    /// Threads of the network; 0: one per physical core. Default: 0.
    #[serde(default)]
    pub threads: usize,
    /// Number of files decoded at the same time; 0: one per core. Default: 0.
    #[serde(default)]
    pub jobs: usize,
    /// Segments per batch. Default: 16.
    #[serde(default = "default_batch_size")]
    pub batch_size: usize,
    /// What to compute besides or instead of tags; set by [`EmbedOptions`]. Default: only tags.
    #[serde(skip)]
    pub embedding: Option<EmbeddingChoice>,
}

/// The embedding that a job computes.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddingChoice {
    /// The embedding.
    pub embedding: Embedding,
    /// Whether the records also have tags.
    pub tags: bool,
}

fn default_device() -> String {
    tag::DEVICE.to_owned()
}

fn default_batch_size() -> usize {
    tag::BATCH_SIZE.default
}

impl Default for TagOptions {
    fn default() -> Self {
        Self {
            paths: Vec::new(),
            files_from: None,
            null_separated: false,
            model: PathBuf::new(),
            top: None,
            threshold: None,
            all: false,
            timeline: false,
            calibrated: false,
            segments: SegmentPolicy::All,
            out: None,
            retry_failed: false,
            device: default_device(),
            precision: Precision::default(),
            threads: 0,
            jobs: 0,
            batch_size: default_batch_size(),
            embedding: None,
        }
    }
}

impl TagOptions {
    /// Reads the JSON form. An unknown key or a wrong type is [`Code::InvalidOption`].
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|reason| Error::new(Code::InvalidOption, format!("tag options: {reason}")))
    }

    /// Refuses invalid options; [`crate::Tagger`] calls it first.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], naming the option and the value received.
    pub fn validate(&self) -> Result<()> {
        let table = if self.embedding.is_some() { options::embed::ALL } else { tag::ALL };
        options::check_relations(table, |name| match name {
            "tags" => self.embedding.as_ref().is_some_and(|choice| choice.tags),
            "all" => self.all,
            "timeline" => self.timeline,
            "calibrated" => self.calibrated,
            "top" => self.top.is_some(),
            "threshold" => self.threshold.is_some(),
            "retryFailed" => self.retry_failed,
            "out" => self.out.is_some(),
            "nullSeparated" => self.null_separated,
            "filesFrom" => self.files_from.is_some(),
            _ => false,
        })?;
        if self.timeline && self.segments != SegmentPolicy::All {
            let message = "timeline shows the whole file: leave out segments";
            return Err(Error::new(Code::InvalidOption, message));
        }
        if self.timeline && self.out.as_ref().is_some_and(|path| has_suffix(path, "csv")) {
            let message = "timeline does not fit into a CSV table: write to a file that ends in .jsonl";
            return Err(Error::new(Code::InvalidOption, message));
        }
        tag::TOP.check(self.top)?;
        tag::THRESHOLD.check(self.threshold)?;
        tag::SEGMENTS.check(self.segments.count())?;
        tag::JOBS.check_or_zero(self.jobs)?;
        tag::BATCH_SIZE.check(self.batch_size)?;
        tag::THREADS.check_or_zero(self.threads)
    }

    /// The tags of a clip that are in its record; the options must be valid. `default` is the rule of the model, if it
    /// has one.
    pub fn selection(&self, default: Option<DefaultOutput>) -> Selection {
        match (self.all, self.top, self.threshold, default) {
            (true, ..) => Selection::All,
            (false, top, Some(threshold), _) => {
                Selection::Best { top: top.unwrap_or(usize::MAX), threshold: threshold as f32 }
            }
            (false, Some(top), None, _) => Selection::Best { top, threshold: 0.0 },
            (false, None, None, Some(DefaultOutput { top, thresholds })) => {
                Selection::AboveThresholds { top, thresholds: thresholds.into() }
            }
            (false, None, None, None) => Selection::Best { top: TOP_TAGS, threshold: 0.0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORES: [f32; 5] = [0.2, 0.9, 0.2, 0.5, 0.1];

    fn selection(json: &str) -> Result<Selection> {
        let options = TagOptions::from_json(json)?;
        options.validate()?;
        Ok(options.selection(None))
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
    fn the_rule_of_a_model_holds_unless_tags_are_chosen() {
        let rule = DefaultOutput { top: 2, thresholds: vec![Some(0.1), Some(0.9), Some(0.1), Some(0.4), None] };
        let with_rule = |json: &str| TagOptions::from_json(json).unwrap().selection(Some(rule.clone()));
        let chosen = with_rule(r#"{"model":"m"}"#);
        assert_eq!(chosen.indices(&SCORES), [3, 0], "0.9 is not above its threshold");
        for json in [r#"{"model":"m","top":3}"#, r#"{"model":"m","threshold":0.5}"#, r#"{"model":"m","all":true}"#] {
            assert_eq!(with_rule(json), selection(json).unwrap(), "{json}");
        }
    }

    #[test]
    fn options_that_cannot_work_are_refused_with_the_value() {
        for (json, word) in [
            (r#"{"model":"m","tresholt":0.5}"#, "tresholt"),
            (r#"{"model":"m","all":true,"top":3}"#, "all"),
            (r#"{"model":"m","top":0}"#, "received 0"),
            (r#"{"model":"m","threshold":1.5}"#, "1.5"),
            (r#"{"model":"m","batchSize":4097}"#, "batchSize must be a whole number from 1 to 4096, received 4097"),
            (r#"{"model":"m","batchSize":0}"#, "received 0"),
            (r#"{"model":"m","jobs":1025}"#, "jobs must be a whole number from 1 to 1024, received 1025"),
            (r#"{"model":"m","retryFailed":true}"#, "retryFailed needs out"),
            (r#"{"model":"m","nullSeparated":true}"#, "nullSeparated needs filesFrom"),
            (r#"{"model":"m","segments":3,"timeline":true}"#, "leave out segments"),
            (r#"{"model":"m","out":"a.csv","timeline":true}"#, ".jsonl"),
            (r#"{"model":"m","segments":"some"}"#, "some"),
            (r#"{"model":"m","segments":0}"#, "received 0"),
            (r#"{}"#, "model"),
        ] {
            let error = selection(json).unwrap_err();
            assert_eq!(error.code, Code::InvalidOption, "{json}");
            assert!(error.message.contains(word), "{json}: {}", error.message);
        }
    }
}
