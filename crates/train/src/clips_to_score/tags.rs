//! The tags of a dataset and those of the model that scores its clips.

use std::collections::HashMap;

use error::{Code, Error, Result, WarningCode};
use net::{Model, Task};

use crate::dataset::{folded, Dataset, DatasetOptions, Selection};
use crate::event::Warning;
use crate::heard::TrainedWith;
use crate::some::some;

/// The dataset with the selection of tags of the training of `model`, if the options select none and the training
/// selected them from a dataset of the same kind.
pub(super) fn with_vocabulary(options: &DatasetOptions, model: &Model, trained: &TrainedWith) -> DatasetOptions {
    let selection = options.selection();
    match trained.vocabulary(options.kind()).filter(|_| !selection.changes_tags()) {
        Some(merge_tags) => {
            let tags = Some(model.tags.clone());
            options.clone().selected(Selection { tags, merge_tags, ..selection.clone() })
        }
        None => options.clone(),
    }
}

/// Maps the tags of the dataset to those of the model. Returns which tags of the model the dataset has, and the
/// warnings.
pub(super) fn match_tags(dataset: &mut Dataset, model: &Model) -> Result<(Vec<bool>, Vec<Warning>)> {
    let numbers: HashMap<&str, u32> = model.tags.iter().zip(0..).map(|(tag, number)| (tag.as_str(), number)).collect();
    let mapped: Vec<Option<u32>> = dataset.tags.iter().map(|tag| numbers.get(tag.as_str()).copied()).collect();
    let unknown: Vec<String> =
        dataset.tags.iter().zip(&mapped).filter(|(_, m)| m.is_none()).map(|(tag, _)| tag.clone()).collect();
    if unknown.len() == dataset.tags.len() {
        let (theirs, ours) = (some(&unknown), some(&model.tags));
        let message = format!("no tag in common: the dataset has {theirs}, the model {ours}");
        return Err(Error::new(Code::Dataset, message));
    }
    if !unknown.is_empty() && model.task == Task::SingleLabel {
        let message = format!("the model lacks these classes of the dataset: {}", some(&unknown));
        return Err(Error::new(Code::Dataset, message));
    }
    let mut present = vec![false; model.tags.len()];
    mapped.iter().flatten().for_each(|&tag| present[tag as usize] = true);
    let absent: Vec<String> =
        model.tags.iter().zip(&present).filter(|(_, present)| !**present).map(|(tag, _)| tag.clone()).collect();
    let mut warnings = Vec::new();
    if !unknown.is_empty() {
        let alike = |tag: &String| absent.iter().find(|ours| folded(ours) == folded(tag));
        let pair = |(theirs, ours): (&String, &String)| format!("\"{theirs}\" like the model's \"{ours}\"");
        let pairs: Vec<String> = unknown.iter().filter_map(|tag| Some(pair((tag, alike(tag)?)))).collect();
        let hint = if pairs.is_empty() { String::new() } else { format!("; similar spellings: {}", some(&pairs)) };
        let message = format!("the model lacks {} tags of the dataset: {}{hint}", unknown.len(), some(&unknown));
        warnings.push(Warning::new(WarningCode::TagsUnknownToModel, message).of_tags(unknown));
    }
    if !absent.is_empty() {
        let message = format!(
            "the dataset lacks {} tags of the model, which are left out of all metrics: {}",
            absent.len(),
            some(&absent)
        );
        warnings.push(Warning::new(WarningCode::TagsNotInData, message).of_tags(absent));
    }
    for clip in &mut dataset.clips {
        clip.tags = clip.tags.iter().filter_map(|&tag| mapped[tag as usize]).collect();
        clip.tags.sort_unstable();
        // Metrics need only the tags.
        clip.soft = None;
    }
    dataset.tags.clone_from(&model.tags);
    Ok((present, warnings))
}
