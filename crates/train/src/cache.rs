//! Prepared audio: every clip, decoded and resampled once and stored as 16-bit PCM.
//!
//! A cache belongs to no dataset: a copy is found by the SHA-256 of the file that was decoded and by its sampling rate,
//! so all manifests, folds and experiments share it. The module `folder` describes the files. Every copy has a hash of
//! its samples, which is checked before the copy is used. Everything in the folder can be computed again, so the folder
//! can be deleted at any time when no job runs.

mod check;
mod copy;
mod copy_name;
mod decode;
mod failure;
mod fill;
mod folder;
mod handles;
mod hash;
mod lease;
mod list;
mod location;
mod lock;
mod lookup;
mod measurements;
mod older;
mod outcome;
mod parallel;
mod prune;
mod record;
mod report;
mod sources;
mod superseded;
mod work;

use std::collections::HashMap;

use error::Result;

pub use fill::{fill, Filled};
use handles::Handles;
pub use hash::AudioHash;
use lease::Lease;
pub use list::list;
pub(crate) use location::base_folder;
pub use location::{default_folder, Key};
pub(crate) use measurements::{keep, measured};
pub(crate) use older::older;
pub use outcome::BadFile;
pub use prune::prune;
pub use record::{CacheList, CachePruned, CacheRate, OlderCache, PruneEvent};

/// Number of samples that are converted at a time.
const PIECE: usize = 16_384;

/// Where the samples of a clip are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreparedClip {
    /// Number of the copy in the cache of the job.
    copy: u32,
    /// Number of samples.
    pub samples: u64,
    /// SHA-256 of the samples that the job asked for; a clip that is shortened afterwards keeps it.
    pub audio: AudioHash,
}

/// The samples of the usable clips of a dataset, which several threads may read. If another program changes the files
/// of the cache, a read fails with [`error::Code::Io`]; nothing worse can happen.
pub struct Cache {
    clips: HashMap<String, PreparedClip>,
    copies: Handles,
    /// As long as it exists, no other process removes the copies.
    _lease: Option<Lease>,
}

impl Cache {
    /// The clip named `name`, if it is usable.
    pub fn clip(&self, name: &str) -> Option<PreparedClip> {
        self.clips.get(name).copied()
    }

    /// Shortens every clip to its first `samples` samples.
    pub(crate) fn cut(&mut self, samples: u64) {
        self.clips.values_mut().for_each(|clip| clip.samples = clip.samples.min(samples));
    }

    /// The samples of `clip`.
    ///
    /// # Errors
    /// [`error::Code::Io`].
    pub fn pcm(&self, clip: PreparedClip) -> Result<Vec<i16>> {
        let mut samples = vec![0; clip.samples as usize];
        self.read_pcm(clip, 0, &mut samples)?;
        Ok(samples)
    }

    /// Copies the samples of `clip` from `start` to `out`, and fills the rest of `out` with zeros after the end of the
    /// clip.
    ///
    /// # Errors
    /// [`error::Code::Io`].
    pub fn read_pcm(&self, clip: PreparedClip, start: u64, out: &mut [i16]) -> Result<()> {
        let there = clip.samples.saturating_sub(start).min(out.len() as u64);
        let (head, tail) = out.split_at_mut(there as usize);
        self.copies.read(clip.copy, 2 * start, bytemuck::cast_slice_mut(head))?;
        head.iter_mut().for_each(|sample| *sample = i16::from_le(*sample));
        tail.fill(0);
        Ok(())
    }

    /// Like [`Cache::read_pcm`], with samples in -1..1.
    ///
    /// # Errors
    /// [`error::Code::Io`].
    pub fn read(&self, clip: PreparedClip, start: u64, out: &mut [f32]) -> Result<()> {
        let mut samples = [0; PIECE];
        let mut at = start;
        for piece in out.chunks_mut(PIECE) {
            let samples = &mut samples[..piece.len()];
            self.read_pcm(clip, at, samples)?;
            for (value, &sample) in piece.iter_mut().zip(samples.iter()) {
                *value = f32::from(sample) / 32768.0;
            }
            at += piece.len() as u64;
        }
        Ok(())
    }
}

/// The 16-bit value of a sample in -1..1; samples outside this range are clipped.
fn quantise(sample: f32) -> i16 {
    (sample * 32768.0).round().clamp(-32768.0, 32767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_rounded_and_clipped() {
        assert_eq!(quantise(0.5), 16384);
        assert_eq!(quantise(1.0), 32767);
        assert_eq!(quantise(-1.5), -32768);
        assert_eq!(quantise(0.4 / 32768.0), 0);
        assert_eq!(quantise(0.6 / 32768.0), 1);
    }
}
