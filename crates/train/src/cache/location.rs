//! The folder of a cache.

use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::dataset::DatasetOptions;

/// Version of the folder layout; a newer layout uses another folder.
const VERSION: u32 = 1;

/// The properties that identify a cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// The kind of the dataset.
    pub kind: String,
    /// The root or manifest of the dataset.
    pub location: PathBuf,
    /// Sampling rate in Hz.
    pub sampling_rate: u32,
    /// Samples of each clip that are stored, from its start; `None`: all.
    pub max_samples: Option<u64>,
}

impl Key {
    /// The key of the cache for `dataset` at `sampling_rate` Hz with clips cut to `clip_seconds`.
    pub fn new(dataset: &DatasetOptions, sampling_rate: u32, clip_seconds: Option<f64>) -> Self {
        let location = dataset.location();
        Self {
            kind: dataset.kind().to_owned(),
            location: written(std::fs::canonicalize(location).unwrap_or_else(|_| location.to_path_buf())),
            sampling_rate,
            max_samples: clip_seconds.map(|seconds| (seconds * f64::from(sampling_rate)).round() as u64),
        }
    }

    /// The folder below `base`.
    pub fn folder(&self, base: &Path) -> PathBuf {
        let hash = Sha256::digest(format!("{}\n{}", self.kind, self.location.display()));
        let hash: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let cut = self.max_samples.map_or_else(String::new, |samples| format!("-{samples}"));
        base.join(format!("prepared-{VERSION}")).join(format!("{}-{hash}-{}hz{cut}", self.kind, self.sampling_rate))
    }
}

/// A path as an index can store it. If the path is not Unicode, its bytes are appended to its readable form.
fn written(path: PathBuf) -> PathBuf {
    if path.to_str().is_some() {
        return path;
    }
    let bytes: String = path.as_os_str().as_encoded_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    PathBuf::from(format!("{} ({bytes})", path.display()))
}

/// The folder `samplecnn` in the user's cache folder.
///
/// # Errors
/// [`Code::InvalidOption`] if the system defines no cache folder.
pub fn default_folder() -> Result<PathBuf> {
    dirs::cache_dir().map(|folder| folder.join("samplecnn")).ok_or_else(|| {
        Error::new(Code::InvalidOption, "this user has no cache folder: choose one with the option cache (--cache DIR)")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn folders_that_differ_in_bytes_have_caches_of_their_own() {
        use std::os::unix::ffi::OsStringExt;
        let key = |name: &[u8]| {
            let root = PathBuf::from(std::ffi::OsString::from_vec(name.to_vec()));
            Key::new(&DatasetOptions::Folders { root }, 8000, None)
        };
        let keys = [key(b"/music/\xe9"), key(b"/music/\xe8"), key("/music/\u{fffd}".as_bytes())];
        let folders = keys.each_ref().map(|key| key.folder(Path::new("/cache")));
        assert!(folders[0] != folders[1] && folders[1] != folders[2] && folders[0] != folders[2], "{folders:?}");
        assert!(keys.iter().all(|key| serde_json::to_string(key).is_ok()));
        assert_eq!(key(b"/music/a").location, Path::new("/music/a"));
    }
}
