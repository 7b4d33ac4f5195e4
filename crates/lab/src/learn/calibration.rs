//! The calibration and the thresholds of a learnt model, and the calibration error of songs that it was not fitted to.

use net::{Calibration, Task};
use train::metrics::{calibration_error, platt_lines, Metrics};

/// Songs with and without a tag that a line needs.
const FEWEST: usize = 5;

/// What the scores of songs by other heads say about calibration.
pub(super) struct Calibrated {
    /// The calibration that was fitted on all songs: a line for each tag, of which some may be missing, or one
    /// temperature. `None` leaves the scores as they are.
    calibration: Option<Calibration>,
    /// The threshold of each tag for scores that are not calibrated: the one with the best F1. All are `None` in a
    /// single-label task, in which the highest score decides.
    pub(super) thresholds: Vec<Option<f32>>,
    /// `[songs, tags]`: the probability of every song by a calibration that was fitted on the other parts.
    pub(super) probabilities: Vec<f32>,
    /// The expected calibration error of these probabilities, for each tag.
    pub(super) errors: Vec<Option<f64>>,
}

impl Calibrated {
    /// The calibration of a model with only the tags `kept`; all of them in a single-label task.
    pub(super) fn of_tags(&self, kept: &[usize]) -> Option<Calibration> {
        match self.calibration.as_ref()? {
            Calibration::Platt { tags } => {
                let tags: Vec<_> = kept.iter().map(|&tag| tags[tag]).collect();
                tags.iter().any(Option::is_some).then_some(Calibration::Platt { tags })
            }
            temperature @ Calibration::Temperature { .. } => Some(temperature.clone()),
        }
    }
}

/// Fits the calibration to `scores` `[songs, tags]`, which heads gave that did not learn from the part `part_of` of the
/// song. The error is that of probabilities whose calibration was fitted on the other parts too.
pub(super) fn calibrate(
    scores: &[f32],
    targets: &[bool],
    tags: usize,
    task: Task,
    part_of: &[usize],
    parts: usize,
) -> Calibrated {
    let mut probabilities = scores.to_vec();
    for part in 0..parts {
        let others = (0..part_of.len()).filter(|&song| part_of[song] != part);
        let cells: Vec<usize> = others.flat_map(|song| song * tags..(song + 1) * tags).collect();
        let known: Vec<f32> = cells.iter().map(|&cell| scores[cell]).collect();
        let labels: Vec<bool> = cells.iter().map(|&cell| targets[cell]).collect();
        let Some(calibration) = fitted(&known, &labels, tags, task) else { continue };
        for song in (0..part_of.len()).filter(|&song| part_of[song] == part) {
            calibration.apply(&mut probabilities[song * tags..(song + 1) * tags]);
        }
    }
    let column = |values: &[f32], tag: usize| values.iter().skip(tag).step_by(tags).copied().collect::<Vec<f32>>();
    let labels = |tag: usize| targets.iter().skip(tag).step_by(tags).copied().collect::<Vec<bool>>();
    Calibrated {
        calibration: fitted(scores, targets, tags, task),
        thresholds: match task {
            Task::MultiLabel => Metrics::thresholds(scores, targets, tags),
            Task::SingleLabel => vec![None; tags],
        },
        errors: (0..tags).map(|tag| calibration_error(&column(&probabilities, tag), &labels(tag))).collect(),
        probabilities,
    }
}

/// The calibration that fits `scores` best.
fn fitted(scores: &[f32], targets: &[bool], tags: usize, task: Task) -> Option<Calibration> {
    match task {
        Task::MultiLabel => Some(Calibration::Platt { tags: platt_lines(scores, targets, tags, FEWEST) }),
        Task::SingleLabel => train::metrics::calibration(scores, targets, tags, task),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_that_are_too_sure_become_probabilities_of_songs_that_the_line_never_saw() {
        let mut draws = vec![0.0f32; 4000];
        engine::Philox::new(5, engine::Purpose::Synthesise, 0).fill_uniform(0, &mut draws);
        // The true probability is p; the scores are much surer.
        let truth: Vec<f32> = draws[..2000].to_vec();
        let targets: Vec<bool> = truth.iter().zip(&draws[2000..]).map(|(&p, &u)| u < p).collect();
        let scores: Vec<f32> = truth.iter().map(|&p| 1.0 / (1.0 + ((1.0 - p) / p.max(1e-6)).powi(3))).collect();
        let part_of: Vec<usize> = (0..2000).map(|song| song % 5).collect();
        let found = calibrate(&scores, &targets, 1, Task::MultiLabel, &part_of, 5);
        assert!(calibration_error(&scores, &targets).unwrap() > 0.08);
        assert!(found.errors[0].unwrap() < 0.04, "{:?}", found.errors);
        let Some(Calibration::Platt { tags }) = found.of_tags(&[0]) else { panic!("no line") };
        let line = tags[0].unwrap();
        assert!((line.scale - 1.0 / 3.0).abs() < 0.05, "{line:?}");
        // The best F1 is at a true probability of about 0.38, which has a score of about 0.19.
        assert!((0.05..0.4).contains(&found.thresholds[0].unwrap()), "{:?}", found.thresholds);
    }

    #[test]
    fn a_tag_with_too_few_songs_keeps_its_scores() {
        let scores = [0.9, 0.1, 0.2, 0.3, 0.1, 0.2];
        let targets = [true, false, false, false, false, false];
        let found = calibrate(&scores, &targets, 1, Task::MultiLabel, &[0, 1, 2, 0, 1, 2], 3);
        assert_eq!((found.of_tags(&[0]), found.probabilities), (None, scores.to_vec()));
    }

    #[test]
    fn scores_of_classes_get_one_temperature_and_no_thresholds() {
        // The class is drawn with the probabilities 0.6, 0.3, 0.1, of which the scores are much surer.
        let mut draws = vec![0.0f32; 900];
        engine::Philox::new(6, engine::Purpose::Synthesise, 0).fill_uniform(0, &mut draws);
        let (mut scores, mut targets) = (Vec::new(), Vec::new());
        for (song, u) in draws.iter().enumerate() {
            let p = [0.6f32, 0.3, 0.1].map(|p| p.powi(3) / (0.6f32.powi(3) + 0.3f32.powi(3) + 0.1f32.powi(3)));
            let class = if *u < 0.6 { 0 } else { 1 + usize::from(*u >= 0.9) };
            // The order of the classes differs from song to song.
            let turned = |at: usize| (at + song) % 3;
            scores.extend((0..3).map(|at| p[turned(at)]));
            targets.extend((0..3).map(|at| turned(at) == class));
        }
        let part_of: Vec<usize> = (0..900).map(|song| song % 5).collect();
        let found = calibrate(&scores, &targets, 3, Task::SingleLabel, &part_of, 5);
        let Some(Calibration::Temperature { temperature }) = found.of_tags(&[0, 1, 2]) else {
            panic!("no temperature")
        };
        assert!((temperature - 3.0).abs() < 0.4, "{temperature}");
        assert!(found.thresholds.iter().all(Option::is_none));
        assert!(found.errors.iter().all(|error| error.unwrap() < 0.06), "{:?}", found.errors);
        assert!(found.probabilities.chunks_exact(3).all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-5));
    }
}
