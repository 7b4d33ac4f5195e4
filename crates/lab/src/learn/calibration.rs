//! The calibration and the thresholds of a learnt model, and the calibration error of songs that it was not fitted to.

use net::PlattLine;
use train::metrics::{calibration_error, platt_lines, Metrics};

/// Songs with and without a tag that a line needs.
const FEWEST: usize = 5;

/// What the scores of songs by other heads say about calibration.
pub(super) struct Calibrated {
    /// The line of each tag, fitted on all songs; `None` leaves the scores of the tag as they are.
    pub(super) lines: Vec<Option<PlattLine>>,
    /// The threshold of each tag for scores that are not calibrated: the one with the best F1.
    pub(super) thresholds: Vec<Option<f32>>,
    /// `[songs, tags]`: the probability of every song by lines that were fitted on the other parts.
    pub(super) probabilities: Vec<f32>,
    /// The expected calibration error of these probabilities, for each tag.
    pub(super) errors: Vec<Option<f64>>,
}

/// Fits the calibration to `scores` `[songs, tags]`, which heads gave that did not learn from the part `part_of` of the
/// song. The error is that of probabilities whose lines were fitted on the other parts too.
pub(super) fn calibrate(scores: &[f32], targets: &[bool], tags: usize, part_of: &[usize], parts: usize) -> Calibrated {
    let mut probabilities = scores.to_vec();
    for part in 0..parts {
        let others = |values: &dyn Fn(usize, usize) -> f32| -> Vec<f32> {
            let songs = (0..part_of.len()).filter(|&song| part_of[song] != part);
            songs.flat_map(|song| (0..tags).map(move |tag| (song, tag))).map(|(song, tag)| values(song, tag)).collect()
        };
        let known = others(&|song, tag| scores[song * tags + tag]);
        let labels: Vec<bool> =
            others(&|song, tag| f32::from(targets[song * tags + tag])).into_iter().map(|is| is > 0.5).collect();
        let lines = platt_lines(&known, &labels, tags, FEWEST);
        for song in (0..part_of.len()).filter(|&song| part_of[song] == part) {
            let row = &mut probabilities[song * tags..(song + 1) * tags];
            for (probability, line) in row.iter_mut().zip(&lines) {
                if let Some(line) = line {
                    *probability = line.apply(*probability);
                }
            }
        }
    }
    let column = |values: &[f32], tag: usize| values.iter().skip(tag).step_by(tags).copied().collect::<Vec<f32>>();
    let labels = |tag: usize| targets.iter().skip(tag).step_by(tags).copied().collect::<Vec<bool>>();
    Calibrated {
        lines: platt_lines(scores, targets, tags, FEWEST),
        thresholds: Metrics::thresholds(scores, targets, tags),
        errors: (0..tags).map(|tag| calibration_error(&column(&probabilities, tag), &labels(tag))).collect(),
        probabilities,
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
        let found = calibrate(&scores, &targets, 1, &part_of, 5);
        assert!(calibration_error(&scores, &targets).unwrap() > 0.08);
        assert!(found.errors[0].unwrap() < 0.04, "{:?}", found.errors);
        let line = found.lines[0].unwrap();
        assert!((line.scale - 1.0 / 3.0).abs() < 0.05, "{line:?}");
        // The best F1 is at a true probability of about 0.38, which has a score of about 0.19.
        assert!((0.05..0.4).contains(&found.thresholds[0].unwrap()), "{:?}", found.thresholds);
    }

    #[test]
    fn a_tag_with_too_few_songs_keeps_its_scores() {
        let scores = [0.9, 0.1, 0.2, 0.3, 0.1, 0.2];
        let targets = [true, false, false, false, false, false];
        let found = calibrate(&scores, &targets, 1, &[0, 1, 2, 0, 1, 2], 3);
        assert_eq!((found.lines, found.probabilities), (vec![None], scores.to_vec()));
    }
}
