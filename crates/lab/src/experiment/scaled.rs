//! Applies a scale: narrower networks, fewer clips.

use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use net::{Architecture, ArchitectureOption, StemKind};
use serde_json::json;
use sha2::{Digest, Sha256};
use train::dataset::{Dataset, DatasetOptions, Part};
use train::TrainOptions;

use super::spec::{Scale, Spec};

/// Channels are multiples of this number.
const MULTIPLE: f64 = 8.0;

impl Spec {
    /// The scale with this name.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] if the experiment has no such scale.
    pub(super) fn scale(&self, name: &str) -> Result<&Scale> {
        self.scales.get(name).ok_or_else(|| {
            let known = self.scales.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let known = if known.is_empty() { "none".to_owned() } else { known };
            let message = format!("scale must be one of the scales of {} ({known}), received {name}", self.name);
            Error::new(Code::InvalidOption, message)
        })
    }
}

/// The network with the widths of `scale`. The bands of a mel front end stay as they are.
///
/// # Errors
/// [`Code::InvalidOption`] if no valid network is left.
pub(super) fn network(architecture: &ArchitectureOption, scale: &Scale) -> Result<ArchitectureOption> {
    let Some(factor) = scale.widths else { return Ok(architecture.clone()) };
    let narrow = |channels: usize| ((channels as f64 * factor / MULTIPLE).round().max(1.0) * MULTIPLE) as usize;
    let mut network: Architecture = architecture.resolve()?;
    if let Some(stem) = network.stem.as_mut().filter(|stem| stem.kind == StemKind::Conv) {
        stem.channels = narrow(stem.channels);
    }
    network.blocks.iter_mut().for_each(|block| block.channels = narrow(block.channels));
    if network.head.channels > 0 {
        network.head.channels = narrow(network.head.channels);
    }
    network.validate()?;
    Ok(ArchitectureOption::Value(Box::new(network)))
}

/// The options with the limits of `scale`; a dataset with fewer clips is listed in a manifest in the cache.
///
/// # Errors
/// Those of [`Dataset::load`]; [`Code::Output`].
pub(super) fn options(options: &TrainOptions, scale: &Scale) -> Result<TrainOptions> {
    let mut options = options.clone();
    options.epochs = least(options.epochs, scale.epochs);
    if let Some(segments) = scale.segments {
        let count = options.segments.count().map_or(segments, |own| own.min(segments));
        options.segments = audio::SegmentPolicy::Spread(count);
    }
    if let Some(seconds) = scale.input {
        options.clip_seconds = Some(options.clip_seconds.map_or(seconds, |own| own.min(seconds)));
    }
    if let Some(clips) = scale.clips {
        let dataset = Dataset::load(&options.dataset, options.task, options.seed)?;
        options.task = Some(dataset.task);
        options.clip_seconds = options.clip_seconds.or(dataset.clip_seconds);
        options.dataset = DatasetOptions::manifest(manifest(&dataset, clips, options.cache.as_deref())?);
    }
    Ok(options)
}

fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Lists at most `clips` training clips of `dataset`, evenly spread over its order, and the same share of the other
/// parts. The name of the file follows from its content: parts of an experiment in several folders have one path.
fn manifest(dataset: &Dataset, clips: usize, cache: Option<&Path>) -> Result<PathBuf> {
    let all = dataset.part(Part::Train).count().max(1);
    let mut text = String::new();
    for part in [Part::Train, Part::Valid, Part::Test] {
        let own: Vec<_> = dataset.part(part).collect();
        let count = (own.len() * clips.min(all)).div_ceil(all);
        for k in 0..count {
            let clip = own[(2 * k + 1) * own.len() / (2 * count)];
            let tags: Vec<&str> = clip.tags.iter().map(|&tag| dataset.tags[tag as usize].as_str()).collect();
            let line = json!({ "path": clip.path, "tags": tags, "split": part.to_string() });
            text += &format!("{line}\n");
        }
    }
    let folder = cache.map_or_else(train::cache::default_folder, |cache| Ok(cache.to_path_buf()))?;
    let hash = hex::encode(&Sha256::digest(&text)[..8]);
    let path = folder.join(format!("clips-{hash}.jsonl"));
    if std::fs::read(&path).is_ok_and(|before| before == text.as_bytes()) {
        return Ok(path);
    }
    files::make_folder(&folder)?;
    files::write_atomic(&path, text.as_bytes())?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_networks_are_networks_and_mel_bands_stay() {
        let scale = Scale { widths: Some(0.1), ..Scale::default() };
        for preset in ["3^9", "2017:2^14", "mel:6,243,81", "rese2-multi", "se", "rate:8000"] {
            let narrow = network(&ArchitectureOption::Preset(preset.into()), &scale).unwrap().resolve().unwrap();
            assert!(narrow.blocks.iter().all(|block| block.channels <= 56 && block.channels % 8 == 0), "{preset}");
            let stem = narrow.stem.unwrap();
            assert_eq!(stem.channels, if preset.starts_with("mel") { 128 } else { 16 }, "{preset}");
        }
    }
}
