//! What the scores of a cross-validation say: the verdict about every tag, the calibration, and likely wrong labels.

use error::Result;
use net::{Model, Task};
use train::metrics::Metrics;

use super::calibration::{calibrate, Calibrated};
use super::cross_validation::CrossValidated;
use super::event::{LearnFold, LearnTag};
use super::learn_set::{answers, columns, LearnSet};
use super::suspects::{suspects, Suspect};
use super::verdict::{metrics, objection, TagSongs};

/// The tags of a library and their songs.
pub(super) struct Tags<'a> {
    /// The names of all tags of the library, in the order of their code points.
    pub(super) names: &'a [String],
    /// The songs of each of them.
    pub(super) songs: &'a [TagSongs],
    /// The names of the tags that are learnt, in the same order.
    pub(super) learnt: &'a [String],
}

/// What the cross-validation said.
pub(super) struct Test {
    pub(super) validated: CrossValidated,
    pub(super) tested: Tested,
    pub(super) folds: Vec<LearnFold>,
}

/// The verdict about every tag of the library.
pub(super) struct Tested {
    /// All tags of the library.
    pub(super) tags: Vec<LearnTag>,
    /// The tags that are kept: positions among the learnt tags, in the order of the model.
    pub(super) kept: Vec<usize>,
    pub(super) calibrated: Calibrated,
    pub(super) suspects: Vec<Suspect>,
    /// The metrics over the kept tags.
    pub(super) metrics: Metrics,
}

impl Tested {
    /// Judges the tags by the scores of `validated`. `groups` and `part_of` are the group and the part of every song;
    /// `draws` is the number of draws of the bootstrap.
    ///
    /// # Errors
    /// Those of [`suspects`].
    pub(super) fn of(
        validated: &CrossValidated,
        set: &LearnSet<'_>,
        tags: &Tags<'_>,
        groups: &[usize],
        part_of: &[usize],
        parts: usize,
        draws: usize,
    ) -> Result<Self> {
        let found = metrics(tags.learnt, &validated.scores, &set.targets, set.task, groups, draws);
        let calibrated = calibrate(&validated.scores, &set.targets, set.tags, set.task, part_of, parts);
        let kept: Vec<usize> = (0..set.tags).filter(|&tag| objection(&found.per_tag[tag]).is_none()).collect();
        let mut records = Vec::with_capacity(tags.names.len());
        for (name, songs) in tags.names.iter().zip(tags.songs) {
            let mut record = LearnTag {
                tag: name.clone(),
                positives: songs.positives,
                groups: songs.groups,
                roc_auc: None,
                pr_auc: None,
                interval: None,
                pr_auc_interval: None,
                calibration_error: None,
                threshold: None,
                kept: false,
                reason: songs.objection(),
            };
            if let Some(tag) = tags.learnt.iter().position(|tag| tag == name) {
                let measured = &found.per_tag[tag];
                record.reason = objection(measured);
                record.kept = record.reason.is_none();
                (record.roc_auc, record.pr_auc) = (measured.roc_auc, measured.pr_auc);
                (record.interval, record.pr_auc_interval) = (measured.roc_auc_interval, measured.pr_auc_interval);
                record.calibration_error = calibrated.errors[tag];
                record.threshold = calibrated.thresholds[tag].filter(|_| record.kept);
            }
            records.push(record);
        }
        let all_are_kept = kept.len() == set.tags;
        let kept_names: Vec<String> = kept.iter().map(|&tag| tags.learnt[tag].clone()).collect();
        let of_kept = |values: &[f32]| columns(values, set.tags, &kept);
        let kept_targets = columns(&set.targets, set.tags, &kept);
        // Without the songs of a class that is withheld, the other classes are tested anew by the job.
        let (over_kept, suspects) = match kept.is_empty() || (set.task == Task::SingleLabel && !all_are_kept) {
            true => (Metrics::default(), Vec::new()),
            false => (
                match all_are_kept {
                    true => found,
                    false => metrics(&kept_names, &of_kept(&validated.scores), &kept_targets, set.task, groups, draws),
                },
                suspects(&kept_names, &kept_targets, &of_kept(&calibrated.probabilities), set.task)?,
            ),
        };
        Ok(Self { tags: records, kept, calibrated, suspects, metrics: over_kept })
    }

    /// The calibration error of all songs and kept tags together; in a single-label task of the highest probability of
    /// each song.
    pub(super) fn calibration_error(&self, set: &LearnSet<'_>) -> Option<f64> {
        let probabilities = columns(&self.calibrated.probabilities, set.tags, &self.kept);
        let targets = columns(&set.targets, set.tags, &self.kept);
        let (probabilities, targets) = match set.task {
            Task::MultiLabel => (probabilities, targets),
            Task::SingleLabel => answers(&probabilities, &targets, self.kept.len()),
        };
        train::metrics::calibration_error(&probabilities, &targets)
    }

    /// Takes over the thresholds of `tuned`, the fine-tuned model that is the result.
    pub(super) fn take_thresholds(&mut self, tuned: &Model) {
        let thresholds = tuned.thresholds.as_deref().unwrap_or_default();
        for record in self.tags.iter_mut().filter(|record| record.kept) {
            let place = tuned.tags.iter().position(|tag| *tag == record.tag);
            record.threshold = place.and_then(|place| thresholds.get(place).copied().flatten());
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::{untrained, Initialisation};
    use net::Architecture;

    use super::*;

    #[test]
    fn a_fine_tuned_model_gives_its_thresholds_to_the_tags_that_are_kept() {
        let targets: Vec<bool> = (0..60).flat_map(|song| [song % 3 == 0, song % 4 == 0]).collect();
        let sure = |is: bool| if is { 0.8 } else { 0.2 };
        let scores = (0..60).flat_map(|song| [sure(song % 3 == 0), ((song * 37) % 61) as f32 / 61.0]).collect();
        let groups: Vec<usize> = (0..60).collect();
        let part_of: Vec<usize> = (0..60).map(|song| song % 5).collect();
        let layout = super::super::head::FeatureLayout { levels: vec![-1], blocks: 0, hidden: 1 };
        let set = LearnSet { layout: &layout, means: &[0.0; 60], tags: 2, targets, task: Task::MultiLabel };
        let names = ["clear".to_owned(), "noise".to_owned()];
        let songs = [0, 1].map(|tag| TagSongs::of(tag, &set.targets, 2, &groups));
        let tags = Tags { names: &names, songs: &songs, learnt: &names };
        let chosen = super::super::head_search::Candidate::Hidden;
        let validated = CrossValidated { scores, chosen, loss: 0.5 };
        let mut tested = Tested::of(&validated, &set, &tags, &groups, &part_of, 5, 300).unwrap();
        assert_eq!(tested.kept, [0]);
        assert!((0.2..=0.8).contains(&tested.tags[0].threshold.unwrap()), "{:?}", tested.tags[0]);
        assert!(
            tested.metrics.macro_average.roc_auc == Some(1.0) && tested.tags[1].reason.is_some(),
            "{:?}",
            tested.tags
        );

        let architecture = Architecture::preset("3^3").unwrap();
        let kind = Initialisation::default();
        let mut tuned = untrained(architecture, vec!["clear".into()], Task::MultiLabel, kind, 1).unwrap();
        tuned.thresholds = Some(vec![Some(0.9)]);
        tested.take_thresholds(&tuned);
        assert_eq!((tested.tags[0].threshold, tested.tags[1].threshold), (Some(0.9), None));
    }
}
