//! The card of a released model: what a user of the model must know about it.

mod check;

use std::path::Path;

use error::{shown, shown_path, Code, Error, Result};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::unknown_fields::unknown_fields;
use crate::suggestion::{did_you_mean, with_suggestion};

/// The longest file of a card in bytes: far longer than one that a person reads.
const MAX_FILE: u64 = 1 << 20;

/// The names of all fields, of the card and of everything in it.
const FIELDS: [&str; 28] = [
    "name",
    "version",
    "summary",
    "licence",
    "attribution",
    "data",
    "teacher",
    "scores",
    "withheld",
    "limits",
    "output",
    "url",
    "description",
    "clips",
    "sources",
    "measuredOn",
    "accuracy",
    "accuracyInterval",
    "rocAuc",
    "rocAucInterval",
    "prAuc",
    "prAucInterval",
    "perTag",
    "tag",
    "positives",
    "rankCorrelation",
    "reason",
    "top",
];

/// The card of a released model, as in the metadata of its file and in the file of `export --card`. Every field may be
/// missing. Texts are single lines of plain text. Fields that this version does not know are ignored in a model file,
/// which a later version may have written, and refused in the file of `export --card`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename = "ModelCard")]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// The name of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
    /// The version of the model, such as `1.0.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub version: Option<String>,
    /// What the model does, in a few sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub summary: Option<String>,
    /// The licence of the weights; the same as the licence of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub licence: Option<String>,
    /// Where the authors of the data are named: a URL, or a file beside the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub attribution: Option<String>,
    /// The data on which the model was trained.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<CardSource>>")]
    pub data: Vec<CardSource>,
    /// The model whose scores were the targets of the training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub teacher: Option<CardTeacher>,
    /// How good the model is: one entry for each set of clips on which it was measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<CardScores>>")]
    pub scores: Vec<CardScores>,
    /// Tags that were left out of the model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<CardWithheld>>")]
    pub withheld: Vec<CardWithheld>,
    /// What the model cannot do, one limit for each entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub limits: Vec<String>,
    /// Which tags `tag` names by default. Without it, the five best ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub output: Option<CardOutput>,
}

/// Data, code or weights, with their licence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CardSource {
    /// The name.
    pub name: String,
    /// The licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub licence: Option<String>,
    /// The address, which begins with `https://` or `http://`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub url: Option<String>,
    /// What it is, in a few sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub description: Option<String>,
    /// Number of clips, of data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub clips: Option<usize>,
}

/// The model whose scores were the targets of a training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CardTeacher {
    /// The name.
    pub name: String,
    /// The licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub licence: Option<String>,
    /// The address, which begins with `https://` or `http://`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub url: Option<String>,
    /// What it is, in a few sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub description: Option<String>,
    /// What the teacher was made from: code, weights and data, each with its licence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<CardSource>>")]
    pub sources: Vec<CardSource>,
}

/// How good a model is on one set of clips. The names are those of the record of `evaluate`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CardScores {
    /// The clips, and where their labels come from.
    pub measured_on: String,
    /// Number of clips.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub clips: Option<usize>,
    /// Share of the clips whose highest score is that of their tag, 0..1, of a single-label model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub accuracy: Option<f64>,
    /// 95 % interval of `accuracy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub accuracy_interval: Option<[f64; 2]>,
    /// Macro-averaged area under the ROC curve of the tags of the model, 0..1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub roc_auc: Option<f64>,
    /// 95 % interval of `rocAuc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub roc_auc_interval: Option<[f64; 2]>,
    /// Macro-averaged average precision of the tags of the model, 0..1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub pr_auc: Option<f64>,
    /// 95 % interval of `prAuc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub pr_auc_interval: Option<[f64; 2]>,
    /// The tags, in any order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<CardTagScores>>")]
    pub per_tag: Vec<CardTagScores>,
}

/// How good a model is at one tag.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CardTagScores {
    /// The tag's name.
    pub tag: String,
    /// Number of clips with the tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub positives: Option<usize>,
    /// Area under the ROC curve, 0..1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub roc_auc: Option<f64>,
    /// 95 % interval of `rocAuc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub roc_auc_interval: Option<[f64; 2]>,
    /// Average precision, 0..1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub pr_auc: Option<f64>,
    /// 95 % interval of `prAuc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub pr_auc_interval: Option<[f64; 2]>,
    /// Rank correlation with the scores of the teacher, -1..1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub rank_correlation: Option<f64>,
}

/// A tag that was left out of a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CardWithheld {
    /// The tag's name.
    pub tag: String,
    /// Why the model does not have it.
    pub reason: String,
}

/// The rule by which `tag` chooses the tags of a file if its options do not choose them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum CardOutput {
    /// The tags whose scores are above the thresholds in the model file, best first. If there is none, the model
    /// abstains: it names no tag.
    Thresholds {
        /// Largest number of tags.
        top: usize,
    },
}

impl Card {
    /// Reads the JSON file `path`.
    ///
    /// # Errors
    /// [`Code::FileNotFound`]; [`Code::InvalidOption`] for a file that cannot be a card, and for an unknown field, with
    /// the name that was probably meant. Whether the card fits a model is checked when the model is written. All errors name the file.
    pub fn read(path: &Path) -> Result<Self> {
        let refuse = |why: String| {
            let message = shown(&format!("{}: {why}", shown_path(path)));
            Error::new(Code::InvalidOption, message).with_file(path)
        };
        let unread = |reason: std::io::Error| Error::input(path, Code::InvalidOption, &reason);
        let found = std::fs::metadata(path).map_err(unread)?;
        if !found.is_file() || found.len() > MAX_FILE {
            return Err(refuse(format!(
                "is not a card of a model: a JSON file of at most {MAX_FILE} bytes is expected"
            )));
        }
        let text = std::fs::read_to_string(path).map_err(unread)?;
        let no_card = |why: &str| refuse(format!("is not a card of a model: {why}"));
        // Parsed from the text, so that an error has a line.
        let card: Self =
            serde_json::from_str(&text).map_err(|reason| no_card(&with_suggestion(&reason.to_string())))?;
        let given = serde_json::from_str(&text).unwrap_or_default();
        match unknown_fields(&given, &card).first() {
            Some(unknown) => {
                let name = unknown.rsplit('.').next().unwrap_or(unknown);
                Err(no_card(&format!("unknown field `{unknown}`{}", did_you_mean(name, FIELDS))))
            }
            None => Ok(card),
        }
    }

    /// The card of the model with only the outputs `tags`: without the scores of other tags. If the model has `fewer`
    /// tags than before, or if scores of other tags were there, also without the averages.
    pub(super) fn cut(&mut self, tags: &[String], fewer: bool) {
        for scores in &mut self.scores {
            let before = scores.per_tag.len();
            scores.per_tag.retain(|row| tags.contains(&row.tag));
            if fewer || scores.per_tag.len() < before {
                (scores.accuracy, scores.accuracy_interval) = (None, None);
                (scores.roc_auc, scores.roc_auc_interval) = (None, None);
                (scores.pr_auc, scores.pr_auc_interval) = (None, None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_all_fields_are_known() {
        let source = CardSource {
            licence: Some("a".into()),
            url: Some("a".into()),
            description: Some("a".into()),
            clips: Some(1),
            ..CardSource::default()
        };
        let row = CardTagScores {
            positives: Some(1),
            roc_auc: Some(0.5),
            roc_auc_interval: Some([0.0, 1.0]),
            pr_auc: Some(0.5),
            pr_auc_interval: Some([0.0, 1.0]),
            rank_correlation: Some(0.0),
            ..CardTagScores::default()
        };
        let teacher = CardTeacher { sources: vec![source.clone()], ..CardTeacher::default() };
        let card = Card {
            name: Some("a".into()),
            version: Some("a".into()),
            summary: Some("a".into()),
            licence: Some("a".into()),
            attribution: Some("a".into()),
            data: vec![source],
            teacher: Some(teacher),
            scores: vec![CardScores {
                accuracy: Some(0.5),
                accuracy_interval: Some([0.0, 1.0]),
                clips: Some(1),
                roc_auc: Some(0.5),
                per_tag: vec![row],
                ..CardScores::default()
            }],
            withheld: vec![CardWithheld::default()],
            limits: vec!["a".into()],
            output: Some(CardOutput::Thresholds { top: 1 }),
        };
        let whole = serde_json::to_value(&card).unwrap();
        let (teacher, scores) = (&whole["teacher"], &whole["scores"][0]);
        let parts = [
            &whole,
            teacher,
            &teacher["sources"][0],
            scores,
            &scores["perTag"][0],
            &whole["withheld"][0],
            &whole["output"],
        ];
        let mut names: Vec<String> = parts.iter().flat_map(|part| part.as_object().unwrap().keys().cloned()).collect();
        names.retain(|name| name != "kind");
        names.sort();
        names.dedup();
        let mut expected = FIELDS.map(str::to_owned);
        expected.sort();
        assert_eq!(names, expected);
    }

    #[test]
    fn averages_stay_only_if_no_tag_is_left_out() {
        let card = |per_tag: &[&str]| {
            let row = |tag: &&str| CardTagScores { tag: (*tag).into(), ..CardTagScores::default() };
            let per_tag = per_tag.iter().map(row).collect();
            let averages = CardScores {
                clips: Some(7),
                roc_auc: Some(0.8),
                roc_auc_interval: Some([0.7, 0.9]),
                pr_auc: Some(0.5),
                pr_auc_interval: Some([0.4, 0.6]),
                ..CardScores::default()
            };
            Card { scores: vec![CardScores { per_tag, ..averages }], ..Card::default() }
        };
        let tags = ["guitar".to_owned()];
        for (per_tag, fewer, stay) in [
            (&[][..], true, false),
            (&[], false, true),
            (&["guitar"], true, false),
            (&["guitar"], false, true),
            (&["guitar", "choir"], false, false),
        ] {
            let (whole, mut cut) = (card(per_tag), card(per_tag));
            cut.cut(&tags, fewer);
            let scores = &cut.scores[0];
            assert_eq!(scores.clips, Some(7));
            assert!(scores.per_tag.iter().all(|row| row.tag == "guitar"));
            if stay {
                assert_eq!(cut, whole, "{per_tag:?}");
            } else {
                let gone = (scores.roc_auc, scores.roc_auc_interval, scores.pr_auc, scores.pr_auc_interval);
                assert_eq!(gone, (None, None, None, None), "{per_tag:?}");
            }
        }
    }
}
