//! Whether two groups of runs were tested in the same way.

use std::collections::{HashMap, HashSet};

use super::group::{FinishedRun, Group};
use crate::dataset::Part;
use crate::run::RunClip;
use crate::some::some;

/// Why the metrics of two groups must not be compared; `None` if they may be.
pub(super) fn obstacle(first: &Group, second: &Group) -> Option<String> {
    let (a, b) = (first.first()?, second.first()?);
    protocol(a, b).or_else(|| clips(a, b)).or_else(|| contamination(a, b)).or_else(|| contamination(b, a))
}

/// Differences in task, tags, split and the use of each clip.
fn protocol(a: &FinishedRun, b: &FinishedRun) -> Option<String> {
    let (of_a, of_b) = (&a.config, &b.config);
    if of_a.task != of_b.task {
        return Some("other task: one is single-label, the other multi-label".to_owned());
    }
    if of_a.tags != of_b.tags {
        let lacks = |of: &[String], other: &[String]| -> Vec<String> {
            other.iter().filter(|tag| !of.contains(tag)).cloned().collect()
        };
        let (in_b, in_a) = (lacks(&of_a.tags, &of_b.tags), lacks(&of_b.tags, &of_a.tags));
        return Some(match (in_a.is_empty(), in_b.is_empty()) {
            (true, true) => "other order of the tags".to_owned(),
            (false, true) => format!("other tags: only the first has {}", some(&in_a)),
            (true, false) => format!("other tags: only the second has {}", some(&in_b)),
            (false, false) => {
                format!("other tags: only the first has {}, only the second {}", some(&in_a), some(&in_b))
            }
        });
    }
    let (data_a, data_b) = (&of_a.dataset, &of_b.dataset);
    if data_a.kind != data_b.kind {
        return Some(format!("other dataset: {} and {}", data_a.kind, data_b.kind));
    }
    // The split of a list or of folders has the name of its source; there the test clips decide.
    let is_named = !["manifest", "folders"].contains(&data_a.kind.as_str());
    if is_named && data_a.split != data_b.split {
        return Some(format!("other split: {} and {}", data_a.split, data_b.split));
    }
    if data_a.clip_seconds != data_b.clip_seconds {
        let words = |seconds: Option<f64>| seconds.map_or_else(|| "whole clips".to_owned(), |s| format!("{s} s"));
        let (a, b) = (words(data_a.clip_seconds), words(data_b.clip_seconds));
        return Some(format!("other part of each clip: {a} and {b}"));
    }
    if of_a.options.segments != of_b.options.segments {
        return Some(format!("other segments of each clip: {} and {}", data_a.segment_rule, data_b.segment_rule));
    }
    None
}

/// Differences in the test clips, their tags and their audio.
fn clips(a: &FinishedRun, b: &FinishedRun) -> Option<String> {
    let of_b: HashMap<&str, &RunClip> = b.test().map(|clip| (clip.name.as_str(), clip)).collect();
    let of_a: HashSet<&str> = a.test().map(|clip| clip.name.as_str()).collect();
    let only_a: Vec<String> =
        a.test().filter(|clip| !of_b.contains_key(clip.name.as_str())).map(|clip| clip.name.clone()).collect();
    let only_b: Vec<String> =
        b.test().filter(|clip| !of_a.contains(clip.name.as_str())).map(|clip| clip.name.clone()).collect();
    let counted = |clips: &[String]| format!("{} ({})", clips.len(), some(clips));
    if !only_a.is_empty() || !only_b.is_empty() {
        let parts: Vec<String> = [("first", &only_a), ("second", &only_b)]
            .into_iter()
            .filter(|(_, clips)| !clips.is_empty())
            .map(|(which, clips)| format!("only in the {which} {}", counted(clips)))
            .collect();
        let (split_a, split_b) = (&a.config.dataset.split, &b.config.dataset.split);
        let splits = if split_a == split_b { String::new() } else { format!(" ({split_a}; {split_b})") };
        return Some(format!("other test clips{splits}: {}", parts.join(", ")));
    }
    let pairs = || a.test().filter_map(|clip| Some((clip, *of_b.get(clip.name.as_str())?)));
    let differing = |differs: fn(&RunClip, &RunClip) -> bool| -> Vec<String> {
        pairs().filter(|(one, other)| differs(one, other)).map(|(one, _)| one.name.clone()).collect()
    };
    let relabelled = differing(|one, other| one.tags != other.tags);
    if !relabelled.is_empty() {
        return Some(format!("other tags of the test clips: {}", counted(&relabelled)));
    }
    // At another sampling rate the samples differ in any case.
    if a.config.dataset.sampling_rate == b.config.dataset.sampling_rate {
        let changed = differing(|one, other| one.audio != other.audio);
        if !changed.is_empty() {
            return Some(format!("other audio of the test clips: {}", counted(&changed)));
        }
    }
    None
}

/// Whether `trained` learned from test clips of `tested`.
fn contamination(trained: &FinishedRun, tested: &FinishedRun) -> Option<String> {
    let test: HashSet<&str> = tested.test().map(|clip| clip.name.as_str()).collect();
    let seen: Vec<String> = trained
        .clips
        .iter()
        .filter(|clip| clip.part != Part::Test && test.contains(clip.name.as_str()))
        .map(|clip| clip.name.clone())
        .collect();
    (!seen.is_empty())
        .then(|| format!("one was trained or validated on test clips of the other: {} ({})", seen.len(), some(&seen)))
}
