//! Warnings about a training that works but will probably give poor results.

use error::WarningCode;

use super::parts::Parts;
use crate::dataset::Part;
use crate::event::Warning;

/// With fewer clips than the first number, the metrics of a part mean nothing; the second number is enough for useful
/// metrics.
const FEW_CLIPS: usize = 4;
const ENOUGH_CLIPS: usize = 100;

/// Warnings about the batch size and the sizes of the parts.
pub(super) fn warnings(batch_size: usize, parts: &Parts) -> Vec<Warning> {
    let sizes = parts.all().map(|(part, data)| (part, data.clips.len()));
    batch_of_one(batch_size).into_iter().chain(sizes.into_iter().filter_map(|(part, clips)| few(part, clips))).collect()
}

fn batch_of_one(batch_size: usize) -> Option<Warning> {
    let message = "batchSize 1: every norm is computed over a single segment, which trains badly and makes evaluation \
                   differ from training; 8 or more are usual, the paper uses 23";
    (batch_size == 1).then(|| Warning::new(WarningCode::BatchOfOne, message))
}

fn few(part: Part, clips: usize) -> Option<Warning> {
    let used_for = match part {
        Part::Train => return None,
        Part::Valid => {
            "it decides when stages end and which weights and thresholds are best by little more than chance"
        }
        Part::Test => "its scores say little about other music",
    };
    let count = if clips == 1 { "1 clip".to_owned() } else { format!("{clips} clips") };
    let message = format!("the {part} part has only {count}: {used_for}; add clips to it, {ENOUGH_CLIPS} if possible");
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
