//! Prepared audio: every clip of a dataset decoded and resampled once, 16-bit PCM, memory-mapped.
//!
//! A cache belongs to one dataset, sampling rate and clip length; its folder holds `index.jsonl` (one line a clip), `pcm.i16`
//! (little endian, appended only), `bad-files.json` and `measurements.jsonl`. Nothing in it is needed twice: it can be deleted at any time.

mod fill;
mod index;
mod location;
mod measurements;

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use memmap2::Mmap;

pub use fill::{fill, Filled};
pub use index::{BadFile, Outcome};
pub use location::{default_folder, Key};
pub(crate) use measurements::{keep, measured};

/// The name of the file that holds the samples.
const PCM: &str = "pcm.i16";
/// The name of the file that says what is where in it.
const INDEX: &str = "index.jsonl";
/// The name of the report of files that cannot be used or are damaged.
const BAD_FILES: &str = "bad-files.json";

/// Where a clip's samples lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreparedClip {
    /// First sample.
    pub offset: u64,
    /// Number of samples.
    pub samples: u64,
}

/// The samples of a dataset's usable clips, memory-mapped. Cheap to share between threads.
pub struct Cache {
    clips: HashMap<String, PreparedClip>,
    /// `None`: no clip is usable (an empty file cannot be mapped).
    pcm: Option<Mmap>,
}

impl Cache {
    /// Maps the cache in `folder` with its usable clips.
    fn map(folder: &Path, clips: HashMap<String, PreparedClip>) -> Result<Self> {
        let path = folder.join(PCM);
        if clips.is_empty() {
            return Ok(Self { clips, pcm: None });
        }
        let failed = |reason: std::io::Error| Error::input(&path, Code::Dataset, &reason);
        let file = File::open(&path).map_err(failed)?;
        // SAFETY: the file is only ever appended to, and cut only beyond what its index lists, under the folder's lock; the
        // clips of this map lie inside the listed part. Other programs have no business in a cache.
        let pcm = unsafe { Mmap::map(&file) }.map_err(failed)?;
        Ok(Self { clips, pcm: Some(pcm) })
    }

    /// The clip called `name`, if it is usable.
    pub fn clip(&self, name: &str) -> Option<PreparedClip> {
        self.clips.get(name).copied()
    }

    /// Shortens every clip to its first `samples` samples.
    pub(crate) fn cut(&mut self, samples: u64) {
        self.clips.values_mut().for_each(|clip| clip.samples = clip.samples.min(samples));
    }

    /// The samples of `clip` from `start` on, as [`Cache::pcm`] gives them; none behind its end.
    pub fn rest(&self, clip: PreparedClip, start: u64) -> &[i16] {
        self.pcm(clip).get(start as usize..).unwrap_or_default()
    }

    /// The samples of `clip`. They lie in the order of little-endian machines, which are all that packages are made for.
    pub fn pcm(&self, clip: PreparedClip) -> &[i16] {
        let (from, bytes) = (2 * clip.offset as usize, 2 * clip.samples as usize);
        let bytes = self.pcm.as_ref().and_then(|pcm| pcm.get(from..from + bytes)).unwrap_or_default();
        // A map begins at a page, so that samples lie at multiples of their size.
        bytemuck::try_cast_slice(bytes).unwrap_or_default()
    }

    /// Copies samples of `clip` from `start` on to `out`, -1..1; what lies beyond the clip's end is zero.
    pub fn read(&self, clip: PreparedClip, start: u64, out: &mut [f32]) {
        let rest = self.rest(clip, start);
        let (head, tail) = out.split_at_mut(rest.len().min(out.len()));
        for (value, &sample) in head.iter_mut().zip(rest) {
            *value = f32::from(i16::from_le(sample)) / 32768.0;
        }
        tail.fill(0.0);
    }
}

/// The 16-bit value of a sample in -1..1; louder ones are clipped.
fn quantise(sample: f32) -> i16 {
    (sample * 32768.0).round().clamp(-32768.0, 32767.0) as i16
}

/// The report of a cache.
pub(crate) fn report_path(folder: &Path) -> PathBuf {
    folder.join(BAD_FILES)
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
