//! The layout of a cache folder.
//!
//! ```text
//! prepared-2/
//!   format.json                 the version of the layout
//!   8000hz/ab/ab12...ef.pcm     a copy of a whole clip, named by the hash of the file it was decoded from
//!   8000hz/ab/ab12...ef-N.pcm   a copy of its first N samples
//!   sources.jsonl               the hash of each file, by path, size and times
//!   reports/                    the unusable files of each dataset
//!   measurements.jsonl          means and deviations
//!   leases/, claims/, lock      what running jobs use and decode
//! ```

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};

use super::copy_name::CopyName;
use super::failure::unread;
use super::hash::ContentHash;

/// Version of the layout; version 1 had one folder for each dataset.
const VERSION: u32 = 2;

#[derive(Serialize, Deserialize)]
struct Format {
    format: u32,
}

/// The limits of the copies that exist of a content at one rate; `None` for a copy of the whole clip.
pub(super) type Variants = HashMap<ContentHash, Vec<Option<u64>>>;

/// A cache folder, which may not exist yet.
#[derive(Clone, Debug)]
pub(super) struct CacheFolder {
    root: PathBuf,
}

impl CacheFolder {
    /// The cache below `base`.
    ///
    /// # Errors
    /// [`Code::ModelVersion`] if a newer version wrote it; [`Code::Io`].
    pub(super) fn at(base: &Path) -> Result<Self> {
        let root = base.join(format!("prepared-{VERSION}"));
        let path = root.join("format.json");
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => return Ok(Self { root }),
            Err(reason) => return Err(unread(&path, &reason)),
        };
        // A damaged file is replaced: every copy has its own checksum.
        let format = serde_json::from_slice::<Format>(&bytes).map_or(VERSION, |format| format.format);
        if format > VERSION {
            let message = format!(
                "{}: cache format {format}, this version reads up to {VERSION}: update samplecnn or choose another \
                 cache folder",
                path.display()
            );
            return Err(Error::new(Code::ModelVersion, message).with_file(path));
        }
        Ok(Self { root })
    }

    /// Makes the folder and its parts that are missing.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub(super) fn make(&self) -> Result<()> {
        for part in ["leases", "claims"] {
            files::make_folder(self.root.join(part))?;
        }
        let path = self.root.join("format.json");
        let wanted = format!("{{\"format\":{VERSION}}}\n");
        if std::fs::read(&path).is_ok_and(|there| there == wanted.as_bytes()) {
            return Ok(());
        }
        files::write_atomic(&path, wanted.as_bytes())
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn sources(&self) -> PathBuf {
        self.root.join("sources.jsonl")
    }

    pub(super) fn leases(&self) -> PathBuf {
        self.root.join("leases")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// The lock file of the job that decodes `content` at `rate` Hz.
    pub(super) fn claim(&self, content: ContentHash, rate: u32) -> PathBuf {
        self.root.join("claims").join(format!("{content}-{rate}.lock"))
    }

    /// The path of a copy.
    pub(super) fn path(&self, name: &CopyName) -> PathBuf {
        self.shard(name.rate, name.content).join(name.file_name())
    }

    /// The sampling rates of which there are copies, ascending.
    pub(super) fn rates(&self) -> Vec<u32> {
        let rate = |name: String| name.strip_suffix("hz")?.parse().ok();
        let mut rates: Vec<u32> = names_in(&self.root).filter_map(rate).collect();
        rates.sort_unstable();
        rates
    }

    /// The copies at `rate` Hz, in the order of their names, and the folders that hold files of killed jobs.
    pub(super) fn copies(&self, rate: u32) -> (Vec<CopyName>, Vec<PathBuf>) {
        let (mut copies, mut littered) = (Vec::new(), Vec::new());
        let folder = self.root.join(format!("{rate}hz"));
        for shard in names_in(&folder).filter(|name| name.len() == 2) {
            let shard = folder.join(shard);
            let before = copies.len();
            let mut files = 0;
            for name in names_in(&shard) {
                files += 1;
                copies.extend(CopyName::parse(rate, &name));
            }
            if copies.len() - before < files {
                littered.push(shard);
            }
        }
        copies.sort_unstable();
        (copies, littered)
    }

    /// The copies that exist of `contents` at `rate` Hz. Files that killed jobs left beside them are removed.
    pub(super) fn variants(&self, rate: u32, contents: impl Iterator<Item = ContentHash>) -> Variants {
        let shards: HashSet<PathBuf> = contents.map(|content| self.shard(rate, content)).collect();
        let mut variants = Variants::new();
        for shard in shards {
            let mut foreign = false;
            for name in names_in(&shard) {
                match CopyName::parse(rate, &name) {
                    Some(copy) => variants.entry(copy.content).or_default().push(copy.limit),
                    None => foreign = true,
                }
            }
            if foreign {
                files::sweep(&shard);
            }
        }
        variants
    }

    fn shard(&self, rate: u32, content: ContentHash) -> PathBuf {
        let name = content.to_string();
        self.root.join(format!("{rate}hz")).join(&name[..2])
    }
}

/// The names in `folder` that are Unicode; a missing folder has none.
pub(super) fn names_in(folder: &Path) -> impl Iterator<Item = String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_cache_is_refused_and_a_damaged_mark_is_written_again() {
        let base = tempfile::tempdir().unwrap();
        let folder = CacheFolder::at(base.path()).unwrap();
        folder.make().unwrap();
        let mark = folder.root().join("format.json");
        assert_eq!(std::fs::read_to_string(&mark).unwrap(), "{\"format\":2}\n");
        for damage in ["", "rubbish"] {
            std::fs::write(&mark, damage).unwrap();
            CacheFolder::at(base.path()).unwrap().make().unwrap();
            assert_eq!(std::fs::read_to_string(&mark).unwrap(), "{\"format\":2}\n");
        }
        std::fs::write(&mark, "{\"format\":3}").unwrap();
        let failure = CacheFolder::at(base.path()).unwrap_err();
        assert!(failure.code == Code::ModelVersion && failure.message.contains("format 3"), "{failure}");
    }
}
