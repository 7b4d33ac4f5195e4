//! Probabilities of tags that no classifier trained on the same clip has computed.

use std::sync::atomic::AtomicBool;

use error::Result;
use train::dataset::Part;

use super::folds::folds;
use super::wrong_labels::FEW;
use crate::probe::{fit, Compute, Examples, Protocol, ProtocolName};

/// Most epochs of the training of a fold.
const EPOCHS: usize = 100;
/// A training ends after this many epochs without a new minimum of its validation loss.
const PATIENCE: usize = 10;
/// The first learning rate, and the clips of a step. A linear classifier learns fast, and folds can be small.
const LEARNING_RATE: f64 = 0.01;
const BATCH: usize = 64;

/// `[clips, tags]`: the probability of each tag for each clip, by a linear classifier on the features of `examples`
/// that was trained on the clips of other folds. The clips are divided into five folds: one is predicted, the next one
/// decides when the training ends, the others train. Clips with the same value in `groups` are in the same fold. A tag
/// that fewer than [`FEW`] clips of a training have gets NaN. `None` if there are fewer than three groups. The parts of
/// the examples are not used.
///
/// # Errors
/// Those of [`fit`].
pub fn out_of_fold(
    examples: &Examples,
    groups: &[usize],
    seed: u64,
    compute: &Compute,
    cancel: &AtomicBool,
) -> Result<Option<Vec<f32>>> {
    let Some((folds, count)) = folds(groups, seed) else { return Ok(None) };
    let protocol = Protocol {
        hidden: Vec::new(),
        dropout: 0.0,
        learning_rate: LEARNING_RATE,
        batch_size: BATCH,
        epochs: EPOCHS,
        patience: PATIENCE,
        ..Protocol::named(ProtocolName::Adam)
    };
    let tags = examples.tags.len();
    let mut examples = examples.clone();
    let mut probabilities = vec![f32::NAN; examples.clips.len() * tags];
    for fold in 0..count {
        let part = |of: &usize| match (of + count - fold) % count {
            0 => Part::Test,
            1 => Part::Valid,
            _ => Part::Train,
        };
        examples.parts = folds.iter().map(part).collect();
        let classifier = fit(&examples, &protocol, seed, compute, &mut |_| {}, cancel)?.classifier;
        let train = examples.rows(Part::Train);
        let positives = |tag: usize| train.iter().filter(|&&row| examples.targets[row * tags + tag]).count();
        let learnt: Vec<bool> = (0..tags).map(|tag| positives(tag) >= FEW).collect();
        let rows = examples.rows(Part::Test);
        let scores = classifier.scores_of(&examples, &rows)?;
        for (row, scores) in rows.iter().zip(scores.chunks_exact(tags)) {
            let cells = probabilities[row * tags..].iter_mut().zip(scores).zip(&learnt);
            cells.filter(|(_, learnt)| **learnt).for_each(|((to, score), _)| *to = *score);
        }
    }
    Ok(Some(probabilities))
}

#[cfg(test)]
mod tests {
    use engine::{Philox, Purpose};
    use net::Task;

    use super::super::wrong_labels::{wrong_labels, Labelled};
    use super::*;

    /// Clips of two classes that one feature tells apart, a tag of three clips, and ten wrong labels.
    #[test]
    fn planted_wrong_labels_are_found_by_classifiers_that_have_not_seen_them() {
        let (clips, width, tags) = (300, 8, 2);
        let mut features = vec![0.0; clips * width];
        Philox::new(2, Purpose::Synthesise, 0).fill_uniform(0, &mut features);
        let class = |clip: usize| clip.is_multiple_of(3);
        (0..clips).for_each(|clip| features[clip * width] += if class(clip) { 3.0 } else { 0.0 });
        let planted: Vec<usize> = (0..10).map(|number| 7 + 29 * number).collect();
        let given = |clip: usize| class(clip) != planted.contains(&clip);
        let examples = Examples {
            clips: (0..clips).map(|clip| clip.to_string()).collect(),
            parts: vec![Part::Train; clips],
            tags: vec!["x".into(), "rare".into()],
            task: Task::MultiLabel,
            width,
            features,
            targets: (0..clips).flat_map(|clip| [given(clip), clip < 3]).collect(),
        };
        let compute = Compute::new("cpu", 1).unwrap();
        let groups: Vec<usize> = (0..clips).collect();
        let go = AtomicBool::new(false);
        let probabilities = out_of_fold(&examples, &groups, 1, &compute, &go).unwrap().unwrap();
        let labelled =
            Labelled { task: Task::MultiLabel, tags, given: &examples.targets, probabilities: &probabilities };
        let found = wrong_labels(&labelled).unwrap();
        // Of the wrong labels, those are found that look at least like the mean of the other label.
        let doubtful: Vec<usize> = found.iter().map(|label| label.clip).collect();
        assert!(doubtful.len() >= 4 && doubtful.iter().all(|clip| planted.contains(clip)), "{doubtful:?}");
        assert!(probabilities.chunks_exact(tags).all(|row| row[0].is_finite() && row[1].is_nan()));
        assert_eq!(out_of_fold(&examples, &vec![0; clips], 1, &compute, &go).unwrap(), None);
    }
}
