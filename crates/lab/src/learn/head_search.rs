//! The choice of a head: candidates are fitted on training songs and compared by their loss on other songs.

use std::sync::atomic::AtomicBool;

use error::Result;
use net::Task;
use train::dataset::Part;
use train::metrics::log_loss;

use super::head::{FeatureSet, LearntHead};
use super::learn_set::LearnSet;
use super::linear::Linear;
use super::logistic::{regress, Sample};
use crate::probe::{fit, Compute, Examples, Protocol, ProtocolName};

/// The strengths of the regressions, ascending: a weaker one shrinks the weights more.
pub(super) const STRENGTHS: [f64; 5] = [1e-4, 1e-3, 1e-2, 0.1, 1.0];
/// Units of the hidden layer.
const HIDDEN: usize = 128;
/// Loss of one part in a thousand that a candidate must win to be preferred to a simpler one before it.
const MARGIN: f64 = 1e-3;

/// Most songs from which one head learns, and most songs on which candidates are compared; of more songs a random
/// choice is used.
pub(super) const MOST_SONGS: usize = 20_000;

/// A way to learn a head.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Candidate {
    /// Logistic regression on a set of features, with the strength of this number in [`STRENGTHS`].
    Regression(FeatureSet, usize),
    /// One hidden layer on the features of the blocks.
    Hidden,
}

impl Candidate {
    /// All candidates, in the order of their sizes.
    pub(super) fn all() -> Vec<Self> {
        let regressions = |set| (0..STRENGTHS.len()).map(move |strength| Self::Regression(set, strength));
        regressions(FeatureSet::Hidden).chain(regressions(FeatureSet::Blocks)).chain([Self::Hidden]).collect()
    }

    /// What it is, for people.
    pub(super) fn describe(self) -> String {
        match self {
            Self::Regression(FeatureSet::Hidden, strength) => {
                format!("logistic regression on the hidden layer, C = {}", STRENGTHS[strength])
            }
            Self::Regression(FeatureSet::Blocks, strength) => {
                format!("logistic regression on the last blocks, C = {}", STRENGTHS[strength])
            }
            Self::Hidden => format!("{HIDDEN} hidden units on the last blocks"),
        }
    }
}

/// The settings of every fit.
pub(super) struct Fitting<'a> {
    /// The songs.
    pub(super) set: &'a LearnSet<'a>,
    /// The seed of the hidden layer.
    pub(super) seed: u64,
    /// Where the hidden layer is computed.
    pub(super) compute: &'a Compute,
    /// Ends the work.
    pub(super) cancel: &'a AtomicBool,
}

/// The loss of every candidate of [`Candidate::all`] on the songs `valid`, if it is learnt from the songs `train`.
///
/// # Errors
/// Those of [`Fitting::fit`].
pub(super) fn losses(fitting: &Fitting<'_>, train: &[usize], valid: &[usize]) -> Result<Vec<f64>> {
    let (train, valid) = (thinned(train.to_vec(), fitting.seed), thinned(valid.to_vec(), fitting.seed));
    let mut losses = Vec::new();
    for set in [FeatureSet::Hidden, FeatureSet::Blocks] {
        for linear in fitting.regressions(&train, set, STRENGTHS.len() - 1)? {
            losses.push(fitting.loss(&LearntHead::Linear(set, linear), &valid));
        }
    }
    losses.push(fitting.loss(&fitting.hidden(&train, &valid)?, &valid));
    Ok(losses)
}

/// The candidate with the smallest loss; a later one must be better than an earlier one by more than a thousandth.
pub(super) fn best(losses: &[f64]) -> Candidate {
    let candidates = Candidate::all();
    let mut best = 0;
    for (number, &loss) in losses.iter().enumerate() {
        if loss < losses[best] * (1.0 - MARGIN) {
            best = number;
        }
    }
    candidates[best]
}

impl Fitting<'_> {
    /// The head of `candidate`, learnt from `train`. A hidden layer stops early by its loss on `valid`; a regression
    /// learns from `valid` too.
    ///
    /// # Errors
    /// [`error::Code::Aborted`] after a cancellation; [`error::Code::Diverged`]; [`error::Code::Internal`].
    pub(super) fn fit(&self, candidate: Candidate, train: &[usize], valid: &[usize]) -> Result<LearntHead> {
        match candidate {
            Candidate::Regression(set, strength) => {
                let rows = thinned([train, valid].concat(), self.seed);
                let mut path = self.regressions(&rows, set, strength)?;
                let linear = path.pop().ok_or_else(|| internal("a regression without a strength"))?;
                Ok(LearntHead::Linear(set, linear))
            }
            Candidate::Hidden => {
                let (train, valid) = (thinned(train.to_vec(), self.seed), thinned(valid.to_vec(), self.seed));
                self.hidden(&train, &valid)
            }
        }
    }

    /// The regressions of the strengths up to the number `last`.
    fn regressions(&self, rows: &[usize], set: FeatureSet, last: usize) -> Result<Vec<Linear>> {
        let features = self.set.features_of(rows, set);
        let targets: Vec<f32> = self.set.targets_of(rows).into_iter().map(|is| if is { 1.0 } else { 0.0 }).collect();
        let width = self.set.layout.range(set).len();
        let sample = Sample { width, features: &features, tags: self.set.tags, targets: &targets, task: self.set.task };
        self.compute.with_threads(|| regress(&sample, &STRENGTHS[..=last], self.cancel))
    }

    /// The network with one hidden layer, by the protocol `adam` of `probe`.
    fn hidden(&self, train: &[usize], valid: &[usize]) -> Result<LearntHead> {
        let rows = [train, valid].concat();
        let examples = Examples {
            clips: rows.iter().map(usize::to_string).collect(),
            parts: (0..rows.len()).map(|row| if row < train.len() { Part::Train } else { Part::Valid }).collect(),
            tags: (0..self.set.tags).map(|tag| tag.to_string()).collect(),
            task: self.set.task,
            width: self.set.layout.blocks,
            features: self.set.features_of(&rows, FeatureSet::Blocks),
            targets: self.set.targets_of(&rows),
        };
        let protocol = Protocol { hidden: vec![HIDDEN], ..Protocol::named(ProtocolName::Adam) };
        let fitted = fit(&examples, &protocol, self.seed, self.compute, &mut |_| {}, self.cancel)?;
        let mut layers = fitted.classifier.layers()?.into_iter().map(|(weights, biases)| Linear {
            inputs: weights.len() / biases.len().max(1),
            outputs: biases.len(),
            weights,
            biases,
        });
        match (layers.next(), layers.next()) {
            (Some(first), Some(out)) => Ok(LearntHead::Hidden(first, out)),
            _ => Err(internal("a network without layers")),
        }
    }

    /// The mean cross-entropy of `head` by the means of the features of the songs `rows`: over all their cells, or over
    /// the songs in a single-label task.
    fn loss(&self, head: &LearntHead, rows: &[usize]) -> f64 {
        let LearnSet { layout, means, tags, task, .. } = *self.set;
        let width = layout.width();
        let of_row = |&row: &usize| head.scores(layout, &means[row * width..(row + 1) * width], task);
        let scores: Vec<f32> = rows.iter().flat_map(of_row).collect();
        let targets = self.set.targets_of(rows);
        match task {
            Task::MultiLabel => log_loss(&scores, &targets).unwrap_or(f64::INFINITY),
            Task::SingleLabel => class_loss(&scores, &targets, tags),
        }
    }
}

/// The mean cross-entropy of the classes of `targets` `[rows, tags]`; infinite without rows, and if a score is not a
/// number.
fn class_loss(scores: &[f32], targets: &[bool], tags: usize) -> f64 {
    if scores.is_empty() || scores.iter().any(|score| !score.is_finite()) {
        return f64::INFINITY;
    }
    let of_class = scores.iter().zip(targets).filter(|(_, &is)| is).map(|(&score, _)| -net::log(score));
    of_class.sum::<f64>() / (targets.len() / tags) as f64
}

/// At most [`MOST_SONGS`] of `rows`, drawn by `seed`.
fn thinned(rows: Vec<usize>, seed: u64) -> Vec<usize> {
    if rows.len() <= MOST_SONGS {
        return rows;
    }
    let order = train::permutation::permutation(seed, engine::Purpose::Shuffle, 0, rows.len());
    let mut kept: Vec<usize> = order[..MOST_SONGS].iter().map(|&place| rows[place as usize]).collect();
    kept.sort_unstable();
    kept
}

fn internal(why: &str) -> error::Error {
    error::Error::new(error::Code::Internal, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simple_candidate_is_kept_unless_a_later_one_is_clearly_better() {
        let mut losses = vec![0.5; Candidate::all().len()];
        assert_eq!(best(&losses), Candidate::Regression(FeatureSet::Hidden, 0));
        losses[8] = 0.4999;
        assert_eq!(best(&losses), Candidate::Regression(FeatureSet::Hidden, 0));
        losses[8] = 0.49;
        assert_eq!(best(&losses), Candidate::Regression(FeatureSet::Blocks, 3));
        *losses.last_mut().unwrap() = 0.4;
        assert_eq!(best(&losses), Candidate::Hidden);
    }

    #[test]
    fn the_loss_over_classes_is_that_of_the_right_ones() {
        let scores = [0.5, 0.25, 0.25, 0.1, 0.8, 0.1];
        let targets = [true, false, false, false, true, false];
        let expected = -(0.5f64.ln() + f64::from(0.8f32).ln()) / 2.0;
        assert!((class_loss(&scores, &targets, 3) - expected).abs() < 1e-9);
        assert_eq!(class_loss(&[f32::NAN, 0.5], &[true, false], 2), f64::INFINITY);
        assert_eq!(class_loss(&[], &[], 2), f64::INFINITY);
    }
}
