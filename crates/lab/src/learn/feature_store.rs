//! The features of songs on the disk, by the content of the audio: a library that has changed a little is learnt again
//! without decoding the other songs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use error::{Error, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::content::content_hash;

/// Version of the folder layout; a newer layout uses another folder.
const VERSION: u32 = 1;
/// The beginning of a file of features.
const MAGIC: &[u8; 8] = b"SCNNFTR1";
/// Bytes before the values: [`MAGIC`], the number of segments, the width, and the hash of the values.
const HEADER: usize = 8 + 4 + 4 + 32;
/// The largest number of values of a song.
const MOST_VALUES: usize = 1 << 28;

/// The features of the segments of a song.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SongFeatures {
    /// Number of features of a segment.
    pub(super) width: usize,
    /// `[segments, width]`.
    pub(super) values: Vec<f32>,
}

impl SongFeatures {
    /// The mean over the segments, `[width]`.
    pub(super) fn mean(&self) -> Vec<f32> {
        let mut sums = vec![0.0f64; self.width];
        let mut count = 0usize;
        for row in self.values.chunks_exact(self.width) {
            sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
            count += 1;
        }
        sums.into_iter().map(|sum| (sum / count.max(1) as f64) as f32).collect()
    }
}

/// What is known of a file since its content was hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KnownFile(u64, u128, String);

/// The content of the file that lists hashes.
#[derive(Default, Serialize, Deserialize)]
struct KnownFiles {
    format: u32,
    files: HashMap<String, KnownFile>,
}

/// A folder of features of one model, with one file per song. Any number of processes may use it at the same time: the
/// files are written atomically, and two processes write the same.
pub(super) struct FeatureStore {
    folder: PathBuf,
    known: KnownFiles,
    known_file: PathBuf,
    changed: bool,
}

impl FeatureStore {
    /// The store below the cache folder `base` for features that are described by `settings`: the model and which of
    /// its values.
    ///
    /// # Errors
    /// [`error::Code::Output`] if the folder cannot be created.
    pub(super) fn open(base: &Path, settings: &str) -> Result<Self> {
        let base = base.join(format!("learn-{VERSION}"));
        let hash = hex::encode(&Sha256::digest(settings)[..8]);
        let folder = base.join(hash);
        files::make_folder(&folder)?;
        files::sweep(&folder);
        let known_file = base.join("contents.json");
        // The list only saves time: one that cannot be read is made again.
        let known = std::fs::read(&known_file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let known = known.filter(|known: &KnownFiles| known.format == VERSION).unwrap_or_default();
        Ok(Self { folder, known: KnownFiles { format: VERSION, ..known }, known_file, changed: false })
    }

    /// The hash of the audio in the file `path`. A file of the same size and time as before is not read again.
    ///
    /// # Errors
    /// Those of [`Error::input`] for a file that cannot be read.
    pub(super) fn content(&mut self, path: &Path) -> Result<String> {
        let failed = |reason: std::io::Error| Error::input(path, error::Code::Io, &reason);
        let facts = std::fs::metadata(path).map_err(failed)?;
        let time = facts.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let stamp = (facts.len(), time.map_or(0, |time| time.as_nanos()));
        let name = path.to_str().map(str::to_owned);
        if let Some(KnownFile(size, time, hash)) = name.as_ref().and_then(|name| self.known.files.get(name)) {
            if (*size, *time) == stamp && stamp.1 != 0 {
                return Ok(hash.clone());
            }
        }
        let hash = content_hash(path).map_err(failed)?;
        if let Some(name) = name {
            self.known.files.insert(name, KnownFile(stamp.0, stamp.1, hash.clone()));
            self.changed = true;
        }
        Ok(hash)
    }

    /// Stores the hashes of [`FeatureStore::content`].
    ///
    /// # Errors
    /// [`error::Code::Output`].
    pub(super) fn keep_contents(&mut self) -> Result<()> {
        if std::mem::take(&mut self.changed) {
            let json = serde_json::to_vec(&self.known);
            let json = json.map_err(|reason| Error::new(error::Code::Internal, reason.to_string()))?;
            files::write_atomic(&self.known_file, &json)?;
        }
        Ok(())
    }

    /// The features of the audio with the hash `content`; `None` if they are not stored or damaged.
    pub(super) fn read(&self, content: &str, width: usize) -> Option<SongFeatures> {
        let bytes = std::fs::read(self.file(content)).ok()?;
        let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
        let (segments, stored) = (word(8)?, word(12)?);
        let values = bytes.get(HEADER..)?;
        let count = segments.checked_mul(stored).filter(|&count| count > 0 && count <= MOST_VALUES)?;
        let fits = bytes.starts_with(MAGIC) && stored == width && values.len() == 4 * count;
        if !fits || bytes.get(16..HEADER)? != Sha256::digest(values).as_slice() {
            return None;
        }
        let values = values.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        Some(SongFeatures { width, values: values.collect() })
    }

    /// Stores the features of the audio with the hash `content`.
    ///
    /// # Errors
    /// [`error::Code::Output`].
    pub(super) fn write(&self, content: &str, features: &SongFeatures) -> Result<()> {
        let values: Vec<u8> = features.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let segments = features.values.len() / features.width.max(1);
        let mut bytes = Vec::with_capacity(HEADER + values.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend((segments as u32).to_le_bytes());
        bytes.extend((features.width as u32).to_le_bytes());
        bytes.extend(Sha256::digest(&values));
        bytes.extend(values);
        let file = self.file(content);
        if let Some(folder) = file.parent() {
            files::make_folder(folder)?;
        }
        files::write_atomic(&file, &bytes)
    }

    fn file(&self, content: &str) -> PathBuf {
        self.folder.join(content.get(..2).unwrap_or("00")).join(format!("{content}.features"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_come_back_as_they_were_and_damaged_ones_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let store = FeatureStore::open(folder.path(), "model").unwrap();
        let features = SongFeatures { width: 3, values: vec![1.0, -2.0, 0.5, 3.0, 4.0, 0.5] };
        assert_eq!(store.read("abcd", 3), None);
        store.write("abcd", &features).unwrap();
        assert_eq!(store.read("abcd", 3), Some(features.clone()));
        assert_eq!(store.read("abcd", 2), None, "another width");
        assert_eq!(features.mean(), [2.0, 1.0, 0.5]);
        let other = FeatureStore::open(folder.path(), "another model").unwrap();
        assert_eq!(other.read("abcd", 3), None);
        let file = store.file("abcd");
        let mut bytes = std::fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&file, &bytes).unwrap();
        assert_eq!(store.read("abcd", 3), None, "damaged");
        std::fs::write(&file, &bytes[..20]).unwrap();
        assert_eq!(store.read("abcd", 3), None, "cut");
    }

    #[test]
    fn a_file_is_hashed_again_only_after_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let song = folder.path().join("song.mp3");
        std::fs::write(&song, "frames").unwrap();
        let mut store = FeatureStore::open(folder.path(), "model").unwrap();
        let hash = store.content(&song).unwrap();
        store.keep_contents().unwrap();
        let mut again = FeatureStore::open(folder.path(), "model").unwrap();
        assert_eq!(again.known.files.len(), 1);
        // A hash that is believed without reading the file.
        again.known.files.values_mut().for_each(|known| known.2 = "believed".into());
        assert_eq!(again.content(&song).unwrap(), "believed");
        std::fs::write(&song, "other frames").unwrap();
        assert_ne!(again.content(&song).unwrap(), hash);
        let missing = again.content(&folder.path().join("none.mp3")).unwrap_err();
        assert_eq!(missing.code, error::Code::FileNotFound);
    }
}
