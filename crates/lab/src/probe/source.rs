//! Where the features of the clips come from, and how they become examples.

use std::sync::atomic::AtomicBool;

use error::{Code, Error, Result, WarningCode};
use train::dataset::{Dataset, DatasetOptions};
use train::{Event, Warning};

use super::examples::Examples;

/// What is known about features before they are read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceFacts {
    /// Number of features of a clip.
    pub width: usize,
    /// Hash of the model that computed the features; `None` if it is unknown.
    pub model_hash: Option<String>,
    /// The levels that are joined in each row, in this order; `None` if they are unknown.
    pub levels: Option<Vec<i32>>,
}

/// A clip without features, and the reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Unusable {
    /// The position in [`Dataset::clips`].
    pub clip: usize,
    /// Why it has no features.
    pub reason: String,
}

/// A source of features.
pub trait FeatureSource {
    /// What is known about the features.
    fn facts(&self) -> &SourceFacts;

    /// Passes the features of the clips of `dataset` to `take`, in any order: the position of the clip in
    /// [`Dataset::clips`], and one value for each feature. Returns the clips that have no features, or that are too
    /// short for the split.
    ///
    /// # Errors
    /// [`Code::Dataset`] for a clip that the source does not know; those of reading and computing; [`Code::Aborted`]
    /// after `cancel`.
    fn read(
        &mut self,
        dataset: &Dataset,
        take: &mut dyn FnMut(usize, &[f32]),
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<Vec<Unusable>>;
}

/// The examples of `dataset` with the features of `source`. Clips that the source cannot use are left out, and a
/// warning names them.
///
/// # Errors
/// Those of [`FeatureSource::read`] and of [`Examples::validate`].
pub fn examples(
    options: &DatasetOptions,
    dataset: &Dataset,
    source: &mut dyn FeatureSource,
    on_event: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<Examples> {
    let width = source.facts().width;
    let mut features = vec![0.0f32; dataset.clips.len() * width];
    let mut take = |clip: usize, row: &[f32]| features[clip * width..(clip + 1) * width].copy_from_slice(row);
    let unusable = source.read(dataset, &mut take, on_event, cancel)?;
    let mut usable = vec![true; dataset.clips.len()];
    unusable.iter().for_each(|unusable| usable[unusable.clip] = false);
    if let Some(first) = unusable.first() {
        let message = format!(
            "{} of {} clips are left out, because they have no features; the first is {}: {}",
            unusable.len(),
            dataset.clips.len(),
            dataset.clips[first.clip].name,
            first.reason
        );
        let names = unusable.iter().take(Warning::CLIPS).map(|unusable| dataset.clips[unusable.clip].name.clone());
        let warning = Warning::new(WarningCode::ClipsLeftOut, message).of_count(unusable.len());
        on_event(Event::Warning(Warning { clips: names.collect(), ..warning }));
    }
    let mut examples = Examples {
        clips: Vec::new(),
        parts: Vec::new(),
        tags: dataset.tags.clone(),
        task: dataset.task,
        width,
        features,
        targets: Vec::new(),
    };
    for (number, clip) in dataset.clips.iter().enumerate().filter(|&(number, _)| usable[number]) {
        // Rows move up within the same memory.
        examples.features.copy_within(number * width..(number + 1) * width, examples.clips.len() * width);
        examples.clips.push(clip.name.clone());
        examples.parts.push(clip.part);
        let has = |tag: usize| clip.tags.binary_search(&(tag as u32)).is_ok();
        examples.targets.extend((0..dataset.tags.len()).map(has));
    }
    examples.features.truncate(examples.clips.len() * width);
    examples.validate().map_err(|failure| match failure.code {
        Code::Dataset => {
            let location = options.location();
            Error::new(Code::Dataset, format!("{}: {}", error::shown_path(location), failure.message))
                .with_file(location)
        }
        _ => failure,
    })?;
    Ok(examples)
}
