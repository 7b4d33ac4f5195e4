//! Prepared audio: every clip of a dataset decoded and resampled once, 16-bit PCM.
//!
//! A cache belongs to one dataset, sampling rate and clip length; its folder holds `index.jsonl` (one line a clip), the data files
//! `pcm.i16`, `pcm-2.i16` ... (little endian, appended only), `bad-files.json` and `measurements.jsonl`. Every clip has a SHA-256,
//! by which it is checked before its use. Nothing in the folder is needed twice: it can be deleted at any time.

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

/// The name of the file that says what is where in the data files.
const INDEX: &str = "index.jsonl";
/// Samples that are converted at once.
const PIECE: usize = 4096;

/// Where a clip's samples lie.
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
    /// Bytes of the data file up to the clip's end; `None` beyond any file.
    fn end(&self) -> Option<u64> {
        self.offset.checked_add(self.samples)?.checked_mul(2)
    }
}

/// The samples of a dataset's usable clips. Cheap to share between threads. What other programs do to the files of a cache can make
/// a read fail with [`error::Code::Io`], and no more.
pub struct Cache {
    clips: HashMap<String, PreparedClip>,
    files: DataFiles,
}

impl Cache {
    /// The clip called `name`, if it is usable.
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

    /// Copies samples of `clip` from `start` on to `out`; what lies beyond the clip's end is zero.
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

    /// As [`Cache::read_pcm`], in -1..1.
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

/// The 16-bit value of a sample in -1..1; louder ones are clipped.
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
