//! The usable clips of one part, and their segments.

use std::sync::OnceLock;

use audio::SegmentPolicy;
use engine::HeldSegment;
use error::{Code, Error, Result, WarningCode};
use net::Task;
use sha2::{Digest, Sha256};

use crate::cache::{AudioHash, Cache, PreparedClip};
use crate::dataset::{Clip, Dataset, Part};
use crate::event::Warning;

/// A segment: a clip of the part, and the first sample of the segment in that clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) clip: u32,
    pub(crate) start: u64,
}

/// A usable clip.
#[derive(Clone, Copy)]
pub(crate) struct UsableClip<'a> {
    pub(crate) clip: &'a Clip,
    pub(crate) prepared: PreparedClip,
}

/// The usable clips of one part, and their segments.
pub(crate) struct PartData<'a> {
    pub(crate) cache: &'a Cache,
    pub(crate) clips: Vec<UsableClip<'a>>,
    pub(crate) segments: Vec<Segment>,
    /// If all clips are concatenated: the first sample of each clip, and the total number of samples.
    firsts: Vec<u64>,
    /// Samples per segment.
    pub(crate) length: usize,
    /// Number of outputs of the network.
    pub(crate) tags: usize,
    /// The features of the segments, if only the head is trained.
    features: OnceLock<Features>,
}

/// What the frozen part of a network computes for the segments of a part.
pub(crate) struct Features {
    /// Values per segment.
    pub(crate) width: usize,
    /// `[segments, width]`.
    pub(crate) values: Vec<f32>,
}

impl<'a> PartData<'a> {
    /// Collects the clips that satisfy `wanted` and that the cache holds.
    pub(crate) fn new(
        dataset: &'a Dataset,
        wanted: impl Fn(&Clip) -> bool,
        cache: &'a Cache,
        length: usize,
        policy: SegmentPolicy,
    ) -> Self {
        let mut data = Self {
            cache,
            clips: Vec::new(),
            segments: Vec::new(),
            firsts: vec![0],
            length,
            tags: dataset.tags.len(),
            features: OnceLock::new(),
        };
        for clip in dataset.clips.iter().filter(|clip| wanted(clip)) {
            let Some(prepared) = cache.clip(&clip.name) else { continue };
            let number = data.clips.len() as u32;
            data.clips.push(UsableClip { clip, prepared });
            data.firsts.push(data.firsts[data.firsts.len() - 1] + prepared.samples);
            let starts = policy.starts(prepared.samples, length as u64);
            data.segments.extend(starts.map(|start| Segment { clip: number, start }));
        }
        data
    }

    /// Copies a segment's samples to `out`, `[length]`; a clip shorter than a segment is padded with zeros.
    ///
    /// # Errors
    /// [`error::Code::Io`].
    pub(crate) fn read(&self, segment: Segment, out: &mut [f32]) -> Result<()> {
        self.cache.read(self.clips[segment.clip as usize].prepared, segment.start, out)
    }

    /// Keeps the features of the segments; from then on [`PartData::features`] returns them.
    pub(crate) fn keep_features(&self, features: Features) {
        // A part has the features of one network: they are set once.
        let _ = self.features.set(features);
    }

    /// The features of the segments, if they are kept.
    pub(crate) fn features(&self) -> Option<&Features> {
        self.features.get()
    }

    /// Whether a clip has soft targets.
    pub(crate) fn is_soft(&self) -> bool {
        self.clips.iter().any(|usable| usable.clip.soft.is_some())
    }

    /// Refuses an array of targets that does not have one row for each segment of its clip.
    ///
    /// # Errors
    /// [`Code::Dataset`], naming the array.
    pub(crate) fn check_targets(&self) -> Result<()> {
        for UsableClip { clip, prepared } in &self.clips {
            let Some((soft, file)) = clip.soft.as_ref().and_then(|soft| Some((soft, soft.file.as_ref()?))) else {
                continue;
            };
            let rows = soft.rows(self.tags);
            let segments = SegmentPolicy::All.starts(prepared.samples, self.length as u64).count();
            if rows != segments {
                let message = format!(
                    "{}: {rows} rows of targets, but {} has {segments} segments of {} samples: give one row for each \
                     segment, made for a network of this input length and sampling rate, and for the same seconds of \
                     the clip",
                    file.display(),
                    clip.name,
                    self.length
                );
                return Err(Error::new(Code::Dataset, message).with_file(file));
            }
        }
        Ok(())
    }

    /// Total number of samples of all clips.
    pub(crate) fn samples(&self) -> u64 {
        self.firsts[self.clips.len()]
    }

    /// The audio of each clip, in the order of the clips.
    pub(crate) fn audio(&self) -> impl Iterator<Item = Result<Vec<i16>>> + '_ {
        self.clips.iter().map(|usable| self.cache.pcm(usable.prepared))
    }

    /// `part`, and the name and audio hash of each clip.
    pub(crate) fn hashes(&self, part: Part) -> impl Iterator<Item = (Part, &str, AudioHash)> {
        self.clips.iter().map(move |usable| (part, usable.clip.name.as_str(), usable.prepared.audio))
    }

    /// The position of a segment in [`PartData::audio`], in which the clips are concatenated.
    pub(crate) fn place(&self, segment: Segment) -> HeldSegment {
        let clip = segment.clip as usize;
        let samples = self.clips[clip].prepared.samples.saturating_sub(segment.start).min(self.length as u64);
        HeldSegment { start: self.firsts[clip] + segment.start.min(self.clips[clip].prepared.samples), samples }
    }

    /// Copies the 16-bit samples of a segment from the cache to `out`, `[length]`; zeros after the end of the clip.
    ///
    /// # Errors
    /// [`error::Code::Io`].
    pub(crate) fn read_pcm(&self, segment: Segment, out: &mut [i16]) -> Result<()> {
        self.cache.read_pcm(self.clips[segment.clip as usize].prepared, segment.start, out)
    }

    /// `[clips, tags]`: whether each clip has each tag.
    pub(crate) fn targets(&self) -> Vec<bool> {
        let mut targets = vec![false; self.clips.len() * self.tags];
        for (row, usable) in targets.chunks_exact_mut(self.tags.max(1)).zip(&self.clips) {
            for &tag in &usable.clip.tags {
                row[tag as usize] = true;
            }
        }
        targets
    }

    /// The weights `[clips, tags]` of soft targets, the mean over the rows of a clip; 1 and 0 for clips without them.
    /// `None` if no clip has soft targets.
    pub(crate) fn weights(&self) -> Option<Vec<f32>> {
        if !self.is_soft() {
            return None;
        }
        let mut weights: Vec<f32> = self.targets().iter().map(|&is| f32::from(u8::from(is))).collect();
        for (row, usable) in weights.chunks_exact_mut(self.tags.max(1)).zip(&self.clips) {
            if let Some(soft) = &usable.clip.soft {
                row.copy_from_slice(&soft.means(self.tags));
            }
        }
        Some(weights)
    }

    /// Warns of tags that no clip has and of tags that all clips have: their metrics are undefined. `part` is `None`
    /// for all clips; tags for which `counted` is false are skipped.
    pub(crate) fn warnings(
        &self,
        part: Option<Part>,
        tags: &[String],
        counted: impl Fn(usize) -> bool,
    ) -> Vec<Warning> {
        let mut counts = vec![0usize; tags.len()];
        for usable in &self.clips {
            usable.clip.tags.iter().for_each(|&tag| counts[tag as usize] += 1);
        }
        let place = part.map_or_else(|| "among the clips".to_owned(), |part| format!("in the {part} part"));
        let mut warnings = Vec::new();
        for (what, count) in [("positives", 0), ("negatives", self.clips.len())] {
            let of_count = (0..tags.len()).filter(|&tag| counts[tag] == count && counted(tag));
            let named: Vec<String> = of_count.map(|tag| tags[tag].clone()).collect();
            if !named.is_empty() && !self.clips.is_empty() {
                let message = format!(
                    "tags without {what} {place}, whose metrics are null and left out of the averages: {}",
                    named.join(", ")
                );
                let code =
                    if count == 0 { WarningCode::TagsWithoutPositives } else { WarningCode::TagsWithoutNegatives };
                warnings.push(Warning { part, ..Warning::new(code, message).of_tags(named) });
            }
        }
        warnings
    }
}

/// SHA-256 over everything that identifies the training data: names, parts, tags and audio.
pub(crate) fn checksum(parts: &[(Part, &PartData)], tags: &[String], task: Task) -> String {
    // A clip may be cut to fewer samples than its stored hash covers.
    checksum_by(parts, tags, task, |prepared| format!("{} {}", prepared.samples, prepared.audio))
}

/// The checksum of runs of older versions, which covered the lengths of the clips instead of their audio.
pub(crate) fn checksum_without_audio(parts: &[(Part, &PartData)], tags: &[String], task: Task) -> String {
    checksum_by(parts, tags, task, |prepared| prepared.samples.to_string())
}

fn checksum_by(
    parts: &[(Part, &PartData)],
    tags: &[String],
    task: Task,
    audio: impl Fn(&PreparedClip) -> String,
) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{task:?}\n{}\n", tags.join("\n")));
    for (part, data) in parts {
        for usable in &data.clips {
            let Clip { name, tags, soft, .. } = usable.clip;
            hash.update(format!("{part}\t{name}\t{tags:?}\t{}\n", audio(&usable.prepared)));
            if let Some(soft) = soft {
                soft.values.iter().for_each(|value| hash.update(value.to_le_bytes()));
            }
        }
    }
    hex::encode(hash.finalize())
}
