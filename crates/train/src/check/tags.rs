//! Parts without clips, and tags that a part cannot measure.

use super::{Finding, Findings, Severity};
use crate::dataset::{Clip, Dataset, Part};
use crate::some::some;

/// Tags with fewer positives than this in a part have unreliable metrics.
const FEW: usize = 5;

pub(super) fn check(dataset: &Dataset, usable: &[&Clip], found: &mut Findings) {
    for part in Part::ALL {
        let clips: Vec<&&Clip> = usable.iter().filter(|clip| clip.part == part).collect();
        if clips.is_empty() {
            let message = format!("no usable clip is in the {part} part: a training needs clips in every part");
            found.add(Finding::of("empty-part", Severity::Error, [], 0, message));
            continue;
        }
        let mut counts = vec![0; dataset.tags.len()];
        clips.iter().flat_map(|clip| &clip.tags).for_each(|&tag| counts[tag as usize] += 1);
        let having = |wanted: &dyn Fn(usize) -> bool| -> Vec<&String> {
            dataset.tags.iter().zip(&counts).filter(|(_, count)| wanted(**count)).map(|(tag, _)| tag).collect()
        };
        let mut tell = |kind: &str, severity: Severity, tags: Vec<&String>, what: &str| {
            if !tags.is_empty() {
                let message = format!("in the {part} part {} tags {what}: {}", tags.len(), some(&tags));
                found.add(Finding::of(kind, severity, [], tags.len(), message));
            }
        };
        let none = "have no positives, so that their metrics are null";
        tell("tags-without-positives", Severity::Warning, having(&|count| count == 0), none);
        if dataset.tags.len() > 1 {
            let all = "have no negatives, so that their metrics are null";
            tell("tags-without-negatives", Severity::Warning, having(&|count| count == clips.len()), all);
        }
        let few = format!("have fewer than {FEW} positives, so that their metrics are unreliable");
        tell("tags-with-few-positives", Severity::Note, having(&|count| (1..FEW).contains(&count)), &few);
    }
}
