//! The card of a learnt model: what it was learnt from, what it can tell, and which tags are withheld.

use net::{Card, CardOutput, CardScores, CardTagScores, CardWithheld, Model};
use train::metrics::{Averages, Metrics};

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
    pub(super) metrics: &'a Metrics,
    /// The fine-tuning, if its network is the model.
    pub(super) tuned: Option<&'a LearnFineTuning>,
    /// Whether the model has thresholds.
    pub(super) thresholds: bool,
    /// The base model.
    pub(super) base: &'a Model,
}

/// The card.
pub(super) fn card(facts: &CardFacts<'_>) -> Card {
    let withheld = facts.tags.iter().filter(|tag| !tag.kept && !tag.tag.chars().any(char::is_control));
    let metrics = facts.metrics;
    let Averages { roc_auc, pr_auc } = metrics.macro_average;
    let scores = match facts.tuned {
        Some(tuned) => {
            let is_accuracy = metrics.accuracy.is_some();
            CardScores {
                measured_on: "songs of the library that the network did not learn from".to_owned(),
                clips: Some(tuned.songs).filter(|&songs| songs > 0),
                accuracy: Some(tuned.tuned).filter(|_| is_accuracy),
                roc_auc: Some(tuned.tuned).filter(|_| !is_accuracy),
                ..CardScores::default()
            }
        }
        None => CardScores {
            measured_on: "cross-validation over the library; no artist or album in two parts where they are known"
                .to_owned(),
            clips: Some(facts.songs),
            accuracy: metrics.accuracy,
            accuracy_interval: metrics.intervals.accuracy,
            roc_auc,
            roc_auc_interval: metrics.intervals.roc_auc.filter(|_| roc_auc.is_some()),
            pr_auc,
            pr_auc_interval: None,
            per_tag: facts.tags.iter().filter(|tag| tag.kept).map(of_tag).collect(),
        },
    };
    let base = facts.base.card.as_ref();
    let own =
        "It knows the music and the habit of tagging of one library; other music may be scored wrongly.".to_owned();
    Card {
        summary: Some(format!("Learnt by samplecnn from the tags of a library of {} songs.", facts.songs)),
        scores: vec![scores],
        withheld: withheld
            .map(|tag| CardWithheld {
                tag: tag.tag.clone(),
                reason: error::shown(tag.reason.as_deref().unwrap_or("not learnt")),
            })
            .collect(),
        limits: std::iter::once(own).chain(network_of(facts)).collect(),
        attribution: base.and_then(|card| card.attribution.clone()),
        teacher: base.and_then(|card| card.teacher.clone()),
        output: facts.thresholds.then_some(CardOutput::Thresholds { top: TOP }),
        ..Card::default()
    }
}

/// From which model the network comes, as far as that is known.
fn network_of(facts: &CardFacts<'_>) -> Option<String> {
    let card = facts.base.card.as_ref();
    let name = card.and_then(|card| card.name.as_ref())?;
    let version = card.and_then(|card| card.version.as_ref()).map_or_else(String::new, |version| format!(" {version}"));
    let licence = facts.base.licence.as_ref().map_or_else(String::new, |licence| format!(", licence {licence}"));
    Some(match facts.tuned {
        Some(_) => format!("Its network was fine-tuned from that of {name}{version}{licence}."),
        None => format!("Its network is that of {name}{version}{licence}."),
    })
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

#[cfg(test)]
mod tests {
    use engine::{untrained, Initialisation};
    use net::{Architecture, CardTeacher, Task};

    use super::*;

    #[test]
    fn the_card_names_the_base_model_with_its_licence_attribution_and_teacher() {
        let architecture = Architecture::preset("3^3").unwrap();
        let mut base =
            untrained(architecture, vec!["a".into()], Task::MultiLabel, Initialisation::default(), 1).unwrap();
        let of = |base: &Model| {
            let metrics = &Metrics::default();
            card(&CardFacts { songs: 30, tags: &[], metrics, tuned: None, thresholds: false, base })
        };
        assert_eq!((of(&base).limits.len(), of(&base).attribution), (1, None));
        base.licence = Some("CC-BY-4.0".into());
        base.card = Some(Card {
            name: Some("samplecnn-music".into()),
            version: Some("1.0.0".into()),
            attribution: Some("https://example.org/authors".into()),
            teacher: Some(CardTeacher { name: "teacher".into(), ..CardTeacher::default() }),
            ..Card::default()
        });
        let found = of(&base);
        assert_eq!(found.limits[1], "Its network is that of samplecnn-music 1.0.0, licence CC-BY-4.0.");
        let expected = base.card.unwrap();
        assert_eq!((found.attribution, found.teacher), (expected.attribution, expected.teacher));
        assert_eq!(found.name, None);
    }
}
