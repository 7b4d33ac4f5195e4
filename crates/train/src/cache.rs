//! Prepared audio: every clip of a dataset, decoded and resampled once and stored as 16-bit PCM.
//!
//! A cache belongs to one dataset, sampling rate and clip length. Its folder holds `index.jsonl` (one line per clip),
//! the data files `pcm.i16`, `pcm-2.i16` ... (little endian, append-only), `bad-files.json` and `measurements.jsonl`.
//! Every clip has a SHA-256 hash, which is checked before the clip is used. Everything in the folder can be computed
//! again, so the folder can be deleted at any time.

mod check;
mod data;
mod failure;
mod fill;
mod hash;
mod index;
mod location;
mod lock;
mod measurements;
mod report;
mod writer;

use std::collections::HashMap;

use error::Result;

use data::DataFiles;
pub use fill::{fill, Filled};
pub use hash::AudioHash;
pub use index::{BadFile, ClipOutcome};
pub use location::{default_folder, Key};
pub(crate) use measurements::{keep, measured};
pub(crate) use report::report_path;

/// The name of the file that lists where each clip lies in the data files.
const INDEX: &str = "index.jsonl";
/// Number of samples that are converted at a time.
const PIECE: usize = 4096;

/// Where the samples of a clip are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreparedClip {
    /// Number of the data file, from 1.
    pub file: u32,
    /// First sample.
    pub offset: u64,
    /// Number of samples.
    pub samples: u64,
    /// SHA-256 of the samples.
    pub audio: AudioHash,
}

impl PreparedClip {
    /// The end of the clip in its data file, in bytes; `None` if it is beyond any possible file size.
    fn end(&self) -> Option<u64> {
        self.offset.checked_add(self.samples)?.checked_mul(2)
    }
}

/// The samples of the usable clips of a dataset. Sharing it between threads is cheap. If another program changes the
/// files of the cache, a read fails with [`error::Code::Io`]; nothing worse can happen.
pub struct Cache {
    clips: HashMap<String, PreparedClip>,
    files: DataFiles,
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
        self.files.read(clip, start, bytemuck::cast_slice_mut(head))?;
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
