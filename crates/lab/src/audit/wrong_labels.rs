//! Labels that are likely wrong, by confident learning (Northcutt, Jiang and Chuang 2021, arXiv:1911.00068).

use error::{Code, Error, Result};
use net::Task;

/// A tag with fewer clips that have it, or that lack it, says nothing about its labels.
pub const FEW: usize = 5;

/// Probabilities nearer to 0 are compared as this one, so that every margin is finite.
const LOWEST: f64 = 1e-6;

/// Given labels beside the probabilities that a classifier computed without having seen the labels of these clips:
/// the clips are divided into folds, and each fold is predicted by a classifier trained on the others.
#[derive(Clone, Copy, Debug)]
pub struct Labelled<'a> {
    /// Whether the tags exclude each other.
    pub task: Task,
    /// Number of tags.
    pub tags: usize,
    /// `[clips, tags]`: whether each clip was given each tag; exactly one when single-label.
    pub given: &'a [bool],
    /// `[clips, tags]`: the probability of each tag, 0..1. NaN where there is none: such labels are not judged.
    pub probabilities: &'a [f32],
}

/// A label that is likely wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WrongLabel {
    /// The row of the clip.
    pub clip: usize,
    /// The tag whose label is likely wrong. When single-label: the tag that the clip was given.
    pub tag: usize,
    /// Whether the clip was given the tag.
    pub given: bool,
    /// The probability of the tag, 0..1.
    pub probability: f32,
    /// How much more the clip looks like one with the other label, in natural logarithms, above 0:
    /// ln(p_other / t_other) - ln(p_given / t_given), where p is the probability of a label and t the mean of p over
    /// the clips that were given that label.
    pub margin: f32,
    /// The tag that fits instead, when single-label.
    pub instead: Option<usize>,
}

/// The labels that are likely wrong, the most doubtful first: those whose probability is lower than that of another
/// label that reaches its threshold, which is the mean probability over the clips that were given that label. When
/// multi-label, every tag is a question of its own with the labels yes and no.
///
/// The thresholds are means over the data itself, so neither a classifier that is too sure nor a rare tag needs
/// another setting. Labels are compared by the ratios of probability and threshold, so that removed labels of rare tags
/// are found beside wrongly added ones. Tags that fewer than [`FEW`] clips have, or lack, and tags that the classifier
/// does not recognise at all give no result.
///
/// # Errors
/// [`Code::Dataset`] for arrays of other lengths, probabilities outside of 0..1, and single-label clips with no label
/// or several.
pub fn wrong_labels(labelled: &Labelled) -> Result<Vec<WrongLabel>> {
    validate(labelled)?;
    let mut found = match labelled.task {
        Task::MultiLabel => (0..labelled.tags).flat_map(|tag| of_tag(labelled, tag)).collect(),
        Task::SingleLabel => of_classes(labelled),
    };
    found
        .sort_by(|a: &WrongLabel, b| b.margin.total_cmp(&a.margin).then_with(|| (a.clip, a.tag).cmp(&(b.clip, b.tag))));
    Ok(found)
}

fn validate(labelled: &Labelled) -> Result<()> {
    let Labelled { task, tags, given, probabilities } = *labelled;
    let refused = |message: String| Err(Error::new(Code::Dataset, message));
    if tags == 0 || given.len() != probabilities.len() || given.len() % tags != 0 {
        let (labels, values) = (given.len(), probabilities.len());
        return refused(format!("{labels} labels and {values} probabilities are not rows of {tags} tags"));
    }
    if let Some(&value) = probabilities.iter().find(|value| **value < 0.0 || **value > 1.0) {
        return refused(format!("a probability must be between 0 and 1, received {value}"));
    }
    if task == Task::SingleLabel {
        let count = |row: &[bool]| row.iter().filter(|has| **has).count();
        if let Some(clip) = given.chunks_exact(tags).position(|row| count(row) != 1) {
            let labels = count(&given[clip * tags..(clip + 1) * tags]);
            return refused(format!("clip {clip} has {labels} labels, expected exactly one in a single-label task"));
        }
    }
    Ok(())
}

/// Mean of `values`, at least [`LOWEST`]; `None` if there are fewer than [`FEW`].
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0usize, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count >= FEW).then(|| (sum / count as f64).max(LOWEST))
}

/// The margin of another label with probability and threshold `other` against the given label.
fn margin(other: (f64, f64), given: (f64, f64)) -> f64 {
    let log = |(p, threshold): (f64, f64)| (p.max(LOWEST) / threshold).ln();
    log(other) - log(given)
}

/// The doubtful labels of one tag, multi-label.
fn of_tag(labelled: &Labelled, tag: usize) -> Vec<WrongLabel> {
    let rows: Vec<(usize, bool, f64)> = (0..labelled.given.len() / labelled.tags)
        .map(|clip| (clip, clip * labelled.tags + tag))
        .map(|(clip, at)| (clip, labelled.given[at], f64::from(labelled.probabilities[at])))
        .filter(|(_, _, p)| !p.is_nan())
        .collect();
    let of = |label: bool, p: f64| if label { p } else { 1.0 - p };
    let threshold = |label: bool| mean(rows.iter().filter(|row| row.1 == label).map(|row| of(label, row.2)));
    let (Some(yes), Some(no)) = (threshold(true), threshold(false)) else { return Vec::new() };
    // Clips with the tag have no higher probability than the others: the classifier has not learnt the tag.
    if yes <= 1.0 - no {
        return Vec::new();
    }
    let threshold = |label: bool| if label { yes } else { no };
    rows.iter()
        .filter_map(|&(clip, given, p)| {
            let other = (of(!given, p), threshold(!given));
            let margin = margin(other, (of(given, p), threshold(given)));
            (other.0 >= other.1 && margin > 0.0).then_some(WrongLabel {
                clip,
                tag,
                given,
                probability: p as f32,
                margin: margin as f32,
                instead: None,
            })
        })
        .collect()
}

/// The doubtful labels, single-label.
fn of_classes(labelled: &Labelled) -> Vec<WrongLabel> {
    let Labelled { tags, given, probabilities, .. } = *labelled;
    let rows: Vec<(usize, usize, &[f32])> = given
        .chunks_exact(tags)
        .zip(probabilities.chunks_exact(tags))
        .enumerate()
        .filter_map(|(clip, (labels, row))| Some((clip, labels.iter().position(|has| *has)?, row)))
        .filter(|(_, class, row)| !row[*class].is_nan())
        .collect();
    let threshold = |tag: usize| mean(rows.iter().filter(|row| row.1 == tag).map(|row| f64::from(row.2[tag])));
    let thresholds: Vec<Option<f64>> = (0..tags).map(threshold).collect();
    rows.iter()
        .filter_map(|&(clip, class, row)| {
            let of = |tag: usize| Some((f64::from(row[tag]), thresholds[tag]?)).filter(|(p, _)| !p.is_nan());
            let given = of(class)?;
            let others = (0..tags).filter(|&tag| tag != class).filter_map(|tag| Some((tag, of(tag)?)));
            let reached = others.filter(|(_, (p, threshold))| p >= threshold);
            let (instead, margin) = reached
                .map(|(tag, other)| (tag, margin(other, given)))
                .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
            (margin > 0.0).then_some(WrongLabel {
                clip,
                tag: class,
                given: true,
                probability: row[class],
                margin: margin as f32,
                instead: Some(instead),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use engine::{Philox, Purpose};

    use super::*;

    fn uniform(count: usize, step: u64) -> Vec<f32> {
        let mut values = vec![0.0; count];
        Philox::new(11, Purpose::Synthesise, step).fill_uniform(0, &mut values);
        values
    }

    /// The share of `found` that is in `planted`.
    fn share_found(found: &[(usize, usize)], planted: &HashSet<(usize, usize)>) -> f64 {
        found.iter().filter(|label| planted.contains(label)).count() as f64 / found.len() as f64
    }

    /// Tags of different frequency, and scores whose sureness differs from tag to tag.
    #[test]
    fn planted_wrong_labels_are_first_when_multi_label() {
        let (clips, tags) = (600, 12);
        let cells = clips * tags;
        let (draws, flips) = (uniform(cells, 0), uniform(cells, 1));
        // Nearly normal, with deviation 1.
        let noise: Vec<f32> = uniform(12 * cells, 2).chunks_exact(12).map(|u| u.iter().sum::<f32>() - 6.0).collect();
        let truth: Vec<bool> = draws.iter().enumerate().map(|(at, u)| *u < 0.05 + 0.03 * (at % tags) as f32).collect();
        let (mut given, mut probabilities) = (truth.clone(), vec![0.0; cells]);
        let mut planted = HashSet::new();
        for at in 0..cells {
            let tag = (at % tags) as f32 / tags as f32;
            let logit = if truth[at] { 3.0 * tag } else { -4.0 } + noise[at];
            probabilities[at] = 1.0 / (1.0 + (-logit).exp());
            if flips[at] < if truth[at] { 0.08 } else { 0.008 } {
                given[at] = !truth[at];
                planted.insert((at / tags, at % tags));
            }
        }
        let labelled = Labelled { task: Task::MultiLabel, tags, given: &given, probabilities: &probabilities };
        let found = wrong_labels(&labelled).unwrap();
        assert!(planted.len() >= 100 && found.len() >= 50, "{} planted, {} found", planted.len(), found.len());
        assert!(found.windows(2).all(|pair| pair[0].margin >= pair[1].margin && pair[1].margin > 0.0));
        assert!(found.iter().all(|label| label.given == given[label.clip * tags + label.tag]));
        let first: Vec<_> = found.iter().map(|label| (label.clip, label.tag)).take(50).collect();
        assert!(share_found(&first, &planted) >= 0.8, "{}", share_found(&first, &planted));
        // Both kinds are found: tags that a clip lacks, and tags that it should not have.
        let lacking = found.iter().take(50).filter(|label| !label.given).count();
        assert!((5..=45).contains(&lacking), "{lacking}");
    }

    #[test]
    fn planted_wrong_labels_are_first_when_single_label() {
        let (clips, tags) = (1000, 5);
        let (draws, flips) = (uniform(clips * tags, 3), uniform(clips, 4));
        let (mut given, mut probabilities) = (vec![false; clips * tags], vec![0.0; clips * tags]);
        let mut planted = HashSet::new();
        for clip in 0..clips {
            let class = clip % tags;
            let wrong = flips[clip] < 0.15;
            let label = if wrong { (class + 1 + clip / tags % (tags - 1)) % tags } else { class };
            given[clip * tags + label] = true;
            if wrong {
                planted.insert((clip, class));
            }
            let row = &mut probabilities[clip * tags..(clip + 1) * tags];
            row.iter_mut().zip(&draws[clip * tags..]).for_each(|(p, u)| *p = *u);
            row[class] += 2.0;
            let total: f32 = row.iter().sum();
            row.iter_mut().for_each(|p| *p /= total);
        }
        let labelled = Labelled { task: Task::SingleLabel, tags, given: &given, probabilities: &probabilities };
        let found = wrong_labels(&labelled).unwrap();
        let first: Vec<_> = found.iter().map(|label| (label.clip, label.instead.unwrap())).take(50).collect();
        assert!(planted.len() >= 50 && first.len() == 50, "{} planted, {} found", planted.len(), found.len());
        assert!(share_found(&first, &planted) >= 0.8, "{}", share_found(&first, &planted));
        assert!(found.iter().all(|label| label.given && given[label.clip * tags + label.tag]));
    }

    #[test]
    fn tags_that_say_nothing_give_nothing() {
        let tags = 3;
        // Tag 0: four positives. Tag 1: ranked the wrong way round. Tag 2: no probabilities.
        let given: Vec<bool> = (0..40).flat_map(|clip| [clip < 4, clip < 20, clip < 20]).collect();
        let probabilities: Vec<f32> =
            (0..40).flat_map(|clip| [0.1, if clip < 20 { 0.2 } else { 0.8 }, f32::NAN]).collect();
        let labelled = Labelled { task: Task::MultiLabel, tags, given: &given, probabilities: &probabilities };
        assert_eq!(wrong_labels(&labelled).unwrap(), []);
    }

    #[test]
    fn arrays_that_do_not_fit_are_refused() {
        let refused = |task, given: &[bool], probabilities: &[f32], why: &str| {
            let failure = wrong_labels(&Labelled { task, tags: 2, given, probabilities }).unwrap_err();
            assert!(failure.code == Code::Dataset && failure.message.contains(why), "{failure}");
        };
        refused(Task::MultiLabel, &[true; 3], &[0.5; 3], "rows of 2 tags");
        refused(Task::MultiLabel, &[true; 4], &[0.5; 2], "2 probabilities");
        refused(Task::MultiLabel, &[true; 2], &[0.5, 1.5], "received 1.5");
        refused(Task::SingleLabel, &[true; 2], &[0.5; 2], "clip 0 has 2 labels");
    }
}
