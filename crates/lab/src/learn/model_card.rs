//! The card of a learnt model: what it was learnt from, what it can tell, and which tags are withheld.

use net::{Card, CardOutput, CardScores, CardTagScores, CardWithheld};

use super::event::{LearnFineTuning, LearnTag};

/// Most tags that the model says of a song where the reader asks for no number.
const TOP: usize = 5;

/// What the card says about the whole model.
pub(super) struct CardFacts<'a> {
    /// Number of songs from which was learnt.
    pub(super) songs: usize,
    /// All tags of the library.
    pub(super) tags: &'a [LearnTag],
    /// The metrics over the tags of the model.
    pub(super) roc_auc: Option<f64>,
    pub(super) roc_auc_interval: Option<[f64; 2]>,
    pub(super) pr_auc: Option<f64>,
    /// The fine-tuning, if its network is the model.
    pub(super) tuned: Option<&'a LearnFineTuning>,
    /// Whether the model has thresholds.
    pub(super) thresholds: bool,
}

/// The card.
pub(super) fn card(facts: &CardFacts<'_>) -> Card {
    let withheld = facts.tags.iter().filter(|tag| !tag.kept && !tag.tag.chars().any(char::is_control));
    let scores = match facts.tuned {
        Some(tuned) => CardScores {
            measured_on: "songs of the library that the network did not learn from".to_owned(),
            clips: Some(tuned.songs).filter(|&songs| songs > 0),
            roc_auc: Some(tuned.tuned),
            ..CardScores::default()
        },
        None => CardScores {
            measured_on: "cross-validation over the library; no artist or album in two parts where they are known"
                .to_owned(),
            clips: Some(facts.songs),
            roc_auc: facts.roc_auc,
            roc_auc_interval: facts.roc_auc_interval.filter(|_| facts.roc_auc.is_some()),
            pr_auc: facts.pr_auc,
            pr_auc_interval: None,
            per_tag: facts.tags.iter().filter(|tag| tag.kept).map(of_tag).collect(),
        },
    };
    Card {
        summary: Some(format!("Learnt by samplecnn from the tags of a library of {} songs.", facts.songs)),
        scores: vec![scores],
        withheld: withheld
            .map(|tag| CardWithheld {
                tag: tag.tag.clone(),
                reason: error::shown(tag.reason.as_deref().unwrap_or("not learnt")),
            })
            .collect(),
        limits: vec![
            "It knows the music and the habit of tagging of one library; other music may be scored wrongly.".to_owned()
        ],
        output: facts.thresholds.then_some(CardOutput::Thresholds { top: TOP }),
        ..Card::default()
    }
}

fn of_tag(tag: &LearnTag) -> CardTagScores {
    CardTagScores {
        tag: tag.tag.clone(),
        positives: Some(tag.positives),
        roc_auc: tag.roc_auc,
        roc_auc_interval: tag.interval.filter(|_| tag.roc_auc.is_some()),
        pr_auc: tag.pr_auc,
        pr_auc_interval: tag.pr_auc_interval.filter(|_| tag.pr_auc.is_some()),
        rank_correlation: None,
    }
}
