//! Scores of songs by heads that did not learn from them: the basis of everything that is said about a learnt model.

use std::time::Instant;

use error::{Error, Result};
use net::Task;
use train::metrics::Metrics;

use super::event::LearnFold;
use super::head_search::{best, losses, Candidate, Fitting};

/// The result of a cross-validation.
pub(super) struct CrossValidated {
    /// `[songs, tags]`: the score of every song by the head that did not learn from its part.
    pub(super) scores: Vec<f32>,
    /// The candidate with the smallest loss over all folds.
    pub(super) chosen: Candidate,
    /// The mean loss of the chosen candidate over the folds.
    pub(super) loss: f64,
}

/// Cross-validates the songs of `fitting` with the parts `part_of` `[songs]`, `0..parts`. For every part the candidates
/// are compared on the next part; the best one learns from all other parts and scores the songs of the part, whose
/// segments `segments_of` gives.
///
/// # Errors
/// Those of [`Fitting::fit`] and of `segments_of`.
pub(super) fn cross_validate(
    fitting: &Fitting<'_>,
    part_of: &[usize],
    parts: usize,
    segments_of: &dyn Fn(usize) -> Result<Vec<f32>>,
    on_fold: &mut dyn FnMut(LearnFold),
) -> Result<CrossValidated> {
    let set = fitting.set;
    let mut scores = vec![0.0f32; set.songs() * set.tags];
    let mut sums = vec![0.0; Candidate::all().len()];
    for part in 0..parts {
        let started = Instant::now();
        let rows = |wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
            (0..set.songs()).filter(|&song| wanted(part_of[song])).collect()
        };
        let next = (part + 1) % parts;
        let (test, valid) = (rows(&|of| of == part), rows(&|of| of == next));
        let train = rows(&|of| of != part && of != next);
        let found = losses(fitting, &train, &valid)?;
        sums.iter_mut().zip(&found).for_each(|(sum, loss)| *sum += loss);
        let candidate = best(&found);
        let head = fitting.fit(candidate, &train, &valid)?;
        let mut of_part = Vec::with_capacity(test.len() * set.tags);
        for &song in &test {
            if fitting.cancel.load(std::sync::atomic::Ordering::Relaxed) {
                return Err(Error::aborted());
            }
            let of_song = head.scores(set.layout, &segments_of(song)?, set.task);
            scores[song * set.tags..(song + 1) * set.tags].copy_from_slice(&of_song);
            of_part.extend(of_song);
        }
        let names: Vec<String> = (0..set.tags).map(|tag| tag.to_string()).collect();
        let single_label = set.task == Task::SingleLabel;
        let metrics = Metrics::new(&names, &of_part, &set.targets_of(&test), single_label, None);
        on_fold(LearnFold {
            fold: part + 1,
            folds: parts,
            songs: test.len(),
            train: train.len() + valid.len(),
            head: candidate.describe(),
            roc_auc: metrics.macro_average.roc_auc,
            pr_auc: metrics.macro_average.pr_auc,
            accuracy: metrics.accuracy,
            seconds: started.elapsed().as_secs_f64(),
        });
    }
    sums.iter_mut().for_each(|sum| *sum /= parts as f64);
    let chosen = best(&sums);
    let number = Candidate::all().iter().position(|&candidate| candidate == chosen).unwrap_or(0);
    Ok(CrossValidated { scores, chosen, loss: sums[number] })
}
