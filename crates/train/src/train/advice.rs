//! What is odd about a training that can run nevertheless.

use error::WarningCode;

use super::parts::Parts;
use crate::dataset::Part;
use crate::event::Warning;

/// Clips under which the numbers of a part say nothing, and clips from which on they say something.
const FEW_CLIPS: usize = 4;
const ENOUGH_CLIPS: usize = 100;

/// Warnings about the sizes of a training.
pub(super) fn warnings(batch_size: usize, parts: &Parts) -> Vec<Warning> {
    let sizes = parts.all().map(|(part, data)| (part, data.clips.len()));
    batch_of_one(batch_size).into_iter().chain(sizes.into_iter().filter_map(|(part, clips)| few(part, clips))).collect()
}

fn batch_of_one(batch_size: usize) -> Option<Warning> {
    let message =
        "batchSize 1: every norm is taken over a single segment, which trains badly and measures differently from how \
                   it trained; 8 or more are usual, the paper's is 23";
    (batch_size == 1).then(|| Warning::new(WarningCode::BatchOfOne, message))
}

fn few(part: Part, clips: usize) -> Option<Warning> {
    let used_for = match part {
        Part::Train => return None,
        Part::Valid => "it ends the stages and chooses the best weights and thresholds by little more than chance",
        Part::Test => "its scores say little about other music",
    };
    let count = if clips == 1 { "1 clip".to_owned() } else { format!("{clips} clips") };
    let message =
        format!("the {part} part has only {count}: {used_for}; give it more, {ENOUGH_CLIPS} if they can be had");
    (1..FEW_CLIPS)
        .contains(&clips)
        .then(|| Warning { part: Some(part), ..Warning::new(WarningCode::FewClips, message) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_batches_and_parts_are_told_and_usual_ones_are_not() {
        assert_eq!(batch_of_one(1).unwrap().code, WarningCode::BatchOfOne);
        assert!(batch_of_one(2).is_none());
        let warning = few(Part::Valid, 2).unwrap();
        assert_eq!((warning.code, warning.part), (WarningCode::FewClips, Some(Part::Valid)));
        assert!(warning.message.contains("only 2 clips"), "{}", warning.message);
        assert!(few(Part::Test, 1).unwrap().message.contains("only 1 clip:"));
        for (part, clips) in [(Part::Valid, 4), (Part::Test, 0), (Part::Train, 3)] {
            assert!(few(part, clips).is_none(), "{part} {clips}");
        }
    }
}
