//! Where prepared audio is kept, and what a job needs of it.

use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::lookup::Wish;
use crate::dataset::DatasetOptions;

/// The dataset of a job, and what the job needs of each clip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// The kind of the dataset.
    pub kind: String,
    /// The root or manifest of the dataset.
    pub location: PathBuf,
    /// Sampling rate in Hz.
    pub sampling_rate: u32,
    /// Samples of each clip that are needed, from its start; `None`: all.
    pub max_samples: Option<u64>,
}

impl Key {
    /// The key for `dataset` at `sampling_rate` Hz with clips cut to `clip_seconds`.
    pub fn new(dataset: &DatasetOptions, sampling_rate: u32, clip_seconds: Option<f64>) -> Self {
        let location = dataset.location();
        Self {
            kind: dataset.kind().to_owned(),
            location: written(&std::fs::canonicalize(location).unwrap_or_else(|_| location.to_path_buf())).into(),
            sampling_rate,
            max_samples: clip_seconds.map(|seconds| (seconds * f64::from(sampling_rate)).round() as u64),
        }
    }

    /// The path of the list of unusable files, below the folder of the cache.
    pub(super) fn report(&self) -> PathBuf {
        let hash = Sha256::digest(format!("{}\n{}", self.kind, self.location.display()));
        let hash = hex::encode(&hash[..6]);
        let cut = self.max_samples.map_or_else(String::new, |samples| format!("-{samples}"));
        Path::new("reports").join(format!("{}-{hash}-{}hz{cut}.json", self.kind, self.sampling_rate))
    }

    pub(super) fn wish(&self) -> Wish {
        Wish { rate: self.sampling_rate, limit: self.max_samples }
    }
}

/// A path as text. If the path is not Unicode, its bytes are appended to its readable form.
pub(super) fn written(path: &Path) -> String {
    if let Some(text) = path.to_str() {
        return text.to_owned();
    }
    format!("{} ({})", path.display(), hex::encode(path.as_os_str().as_encoded_bytes()))
}

/// Whether `text`, which [`written`] has given, is the path itself: not the readable form of other bytes.
pub(super) fn is_exact(text: &str) -> bool {
    let bytes = text.strip_suffix(')').and_then(|text| text.rsplit_once(" (")).map(|(readable, bytes)| {
        let bytes = hex::decode(bytes).ok();
        bytes.filter(|bytes| readable.contains(char::REPLACEMENT_CHARACTER) && std::str::from_utf8(bytes).is_err())
    });
    bytes.flatten().is_none()
}

/// The folder `asked`, absolute; if none is given, [`default_folder`].
///
/// # Errors
/// [`Code::InvalidOption`] if the system defines no cache folder.
pub(crate) fn base_folder(asked: Option<&Path>) -> Result<PathBuf> {
    match asked {
        Some(base) => Ok(std::path::absolute(base).unwrap_or_else(|_| base.to_path_buf())),
        None => default_folder(),
    }
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
    fn folders_that_differ_in_bytes_have_reports_of_their_own() {
        use std::os::unix::ffi::OsStringExt;
        let key = |name: &[u8]| {
            let root = PathBuf::from(std::ffi::OsString::from_vec(name.to_vec()));
            Key::new(&DatasetOptions::Folders { root }, 8000, None)
        };
        let keys = [key(b"/music/\xe9"), key(b"/music/\xe8"), key("/music/\u{fffd}".as_bytes())];
        let reports = keys.each_ref().map(Key::report);
        assert!(reports[0] != reports[1] && reports[1] != reports[2] && reports[0] != reports[2], "{reports:?}");
        assert!(keys.iter().all(|key| serde_json::to_string(key).is_ok()));
        assert_eq!(key(b"/music/a").location, Path::new("/music/a"));
    }
}
