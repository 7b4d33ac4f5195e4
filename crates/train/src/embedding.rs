//! The embeddings of the clips of a dataset: the outputs of hidden layers, for classifiers and analyses.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use audio::SegmentPolicy;
use engine::{ClipScorer, Embedding, Inference, Precision};
use error::{Result, WarningCode};
use net::Model;
use serde::{Deserialize, Serialize};

use crate::cache::Filled;
use crate::clips_to_score::contamination;
use crate::dataset::{Dataset, DatasetOptions, Part};
use crate::event::{Event, Warning};
use crate::heard::{choose, TrainedWith};
use crate::known_clips::KnownClips;
use crate::part::{checksum, PartData, Segment};
use crate::prepare::Preparation;
use crate::scoring::{score_progress, scored};
use crate::train::engine_options;

/// How a clip is cut into segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SegmentRule {
    /// Segments without overlap, as in training and tagging.
    Policy(SegmentPolicy),
    /// Overlapping segments, evenly spread: the rule of [`overlapping_starts`].
    Overlapping,
}

/// Which embeddings are computed, and how.
#[derive(Clone, Debug)]
pub struct EmbedRequest<'a> {
    /// The dataset.
    pub dataset: &'a DatasetOptions,
    /// The hidden layers, and how they are reduced to one vector.
    pub embedding: &'a Embedding,
    /// The segments of each clip. `None`: as in the training of the model, else all.
    pub segments: Option<SegmentRule>,
    /// Seconds of each clip that are used. `None`: as in the training of the model, else those of the dataset.
    pub clip_seconds: Option<f64>,
    /// Segments that are computed at once.
    pub batch_size: usize,
    /// `auto`, `cpu`, `cuda` or `cuda:N`.
    pub device: &'a str,
    /// Arithmetic precision.
    pub precision: Precision,
    /// Threads of the engine; 0: one per physical core.
    pub threads: usize,
    /// Folder for prepared audio; `None`: the user's cache folder.
    pub cache: Option<&'a Path>,
}

/// The clips of a dataset, decoded and ready for the network.
pub struct ClipEmbedder<'a> {
    model: &'a Model,
    request: EmbedRequest<'a>,
    /// The dataset without the clips that are too short for its split.
    dataset: Dataset,
    filled: Filled,
    /// The segments of each clip.
    pub segments: SegmentRule,
    /// Seconds of each clip that are used; `None`: all.
    pub clip_seconds: Option<f64>,
    /// Whether the clips are cut as in the training of the model.
    same_cut: bool,
    /// The names of the clips that cannot be used, and why.
    pub unusable: HashMap<String, String>,
}

impl<'a> ClipEmbedder<'a> {
    /// Decodes the clips of `dataset` into the cache. The clips that cannot be used are in `unusable`; no warning tells
    /// of them.
    ///
    /// # Errors
    /// Those of the cache; [`error::Code::InvalidOption`] for levels that the network does not have.
    pub fn new(
        model: &'a Model,
        request: EmbedRequest<'a>,
        dataset: &Dataset,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<Self> {
        request.embedding.taps(&model.architecture, model.tags.len())?;
        let trained = TrainedWith::of(model);
        let of_training = trained.segments().map(SegmentRule::Policy);
        let (segments, _) = choose(request.segments, of_training, SegmentRule::Policy(SegmentPolicy::All));
        let asked = request.clip_seconds.map(Some);
        let (clip_seconds, _) = choose(asked, trained.clip_seconds(), dataset.clip_seconds);
        let rate = model.architecture.sampling_rate;
        let preparation = Preparation {
            options: request.dataset,
            rate,
            clip_seconds: dataset.cached_seconds(clip_seconds),
            retry_failed: false,
            strict: false,
        };
        let mut told = |event: Event| match event {
            Event::Warning(Warning { code: WarningCode::ClipsLeftOut, .. }) => {}
            event => on_event(event),
        };
        let mut filled = preparation.fill_whole(dataset, request.cache, 0, &mut told, cancel)?;
        let mut kept = dataset.clone();
        kept.cut(&mut filled.cache, rate, clip_seconds);
        let reasons: HashMap<&Path, &str> = filled
            .bad
            .iter()
            .filter_map(|bad| Some((bad.file.as_path(), bad.error.as_ref()?.message.as_str())))
            .collect();
        let mut unusable = HashMap::new();
        let mut clips = kept.clips.iter().peekable();
        for clip in &dataset.clips {
            if clips.next_if(|kept| kept.name == clip.name).is_none() {
                unusable.insert(clip.name.clone(), "it is too short for the split of the dataset".to_owned());
            } else if filled.cache.clip(&clip.name).is_none() {
                let reason = reasons.get(clip.path.as_path()).copied().unwrap_or("it cannot be decoded");
                unusable.insert(clip.name.clone(), reason.to_owned());
            }
        }
        let same_cut = trained.clip_seconds() == Some(clip_seconds);
        Ok(Self { model, request, dataset: kept, filled, segments, clip_seconds, same_cut, unusable })
    }

    /// The number of values of a clip.
    ///
    /// # Errors
    /// Those of [`Embedding::widths`].
    pub fn width(&self) -> Result<usize> {
        let widths = self.request.embedding.widths(&self.model.architecture, self.model.tags.len())?;
        Ok(widths.iter().sum())
    }

    /// SHA-256 over name, part, tags and audio of every usable clip.
    pub fn checksum(&self) -> String {
        let parts = Part::ALL.map(|part| (part, self.data(Some(part))));
        checksum(&parts.each_ref().map(|(part, data)| (*part, data)), &self.dataset.tags, self.dataset.task)
    }

    /// Warns if the model was trained on clips of the test part, or chose its weights on them.
    ///
    /// # Errors
    /// [`error::Code::Io`].
    pub fn warnings(&self) -> Result<Vec<Warning>> {
        let Some(known) = KnownClips::of_model(self.model) else { return Ok(Vec::new()) };
        let test = self.data(Some(Part::Test));
        Ok(contamination(known.count(&test, self.same_cut)?, Some(Part::Test), test.clips.len()))
    }

    /// Computes the embedding of every usable clip and passes it to `take` with the name of the clip, in the order of
    /// the dataset.
    ///
    /// # Errors
    /// Those of the engine; [`error::Code::Io`]; [`error::Code::Aborted`] after `cancel`.
    pub fn embed(
        &self,
        take: &mut dyn FnMut(&str, &[f32]),
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<()> {
        let EmbedRequest { embedding, batch_size, device, precision, threads, .. } = &self.request;
        let (architecture, tags) = (&self.model.architecture, self.model.tags.len());
        let options = engine_options(device, *threads, *precision)?;
        let taps = embedding.taps(architecture, tags)?;
        let inference = Inference::with_taps(architecture, tags, &self.model.parameters, *batch_size, &taps, &options)?;
        let scorer = ClipScorer::new(inference, self.model.task).across(embedding.across_segments);
        let data = self.data(None);
        let mut progress = score_progress(data.clips.len(), on_event);
        let mut each = |clip: engine::ClipScore| take(&data.clips[clip.clip as usize].clip.name, &clip.embedding);
        scored(scorer, &data, &mut each, &mut progress, cancel)
    }

    /// The usable clips of `part`, or of all parts, with the segments of the rule.
    fn data(&self, part: Option<Part>) -> PartData<'_> {
        let length = self.model.architecture.input_length;
        let policy = match self.segments {
            SegmentRule::Policy(policy) => policy,
            SegmentRule::Overlapping => SegmentPolicy::All,
        };
        let wanted = |clip: &crate::dataset::Clip| part.is_none_or(|part| clip.part == part);
        let mut data = PartData::new(&self.dataset, wanted, &self.filled.cache, length, policy);
        if self.segments == SegmentRule::Overlapping {
            let starts = |(clip, usable): (usize, &crate::part::UsableClip)| {
                let starts =
                    overlapping_starts(usable.prepared.samples, length as u64, self.model.architecture.sampling_rate);
                starts.into_iter().map(move |start| Segment { clip: clip as u32, start })
            };
            data.segments = data.clips.iter().enumerate().flat_map(starts).collect();
        }
        data
    }
}

/// The first samples of the segments of a clip by the rule of `kaist-features` (protocols.md 6):
/// N = floor(30 s * rate / length) + 1 segments, segment i at i * floor((clip - length) / (N - 1)); they overlap where
/// the clip is shorter than N segments (12 for 3^9 on 30 s). A clip that is not longer than a segment has one, at 0.
/// `samples` and `length` are in samples, `rate` in Hz.
pub fn overlapping_starts(samples: u64, length: u64, rate: u32) -> Vec<u64> {
    let count = (30 * u64::from(rate)).checked_div(length).unwrap_or(0) + 1;
    if samples <= length || count < 2 {
        return vec![0];
    }
    let hop = (samples - length) / (count - 1);
    (0..count).map(|segment| segment * hop).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_seconds_give_twelve_segments_of_3_9() {
        let starts = overlapping_starts(30 * 22_050, 59_049, 22_050);
        assert_eq!((starts.len(), starts[0], starts[1]), (12, 0, (661_500 - 59_049) / 11));
        assert!(starts[11] + 59_049 <= 661_500);
        // A clip of 29.1 s has as many, closer together.
        let shorter = overlapping_starts(641_655, 59_049, 22_050);
        assert!(shorter.len() == 12 && shorter[11] + 59_049 <= 641_655);
        assert_eq!(overlapping_starts(59_049, 59_049, 22_050), [0]);
        assert_eq!(overlapping_starts(10, 59_049, 22_050), [0]);
    }
}
