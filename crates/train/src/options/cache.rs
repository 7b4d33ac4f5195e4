//! The options of listing and pruning the cache.

use std::path::PathBuf;

use error::Result;
use options::cache as prune;
use serde::{Deserialize, Serialize};

/// Options of [`crate::cache::list`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListCacheOptions {
    /// Folder for prepared audio. Default: the user's cache folder.
    #[serde(default)]
    pub cache: Option<PathBuf>,
}

/// Options of [`crate::cache::prune`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PruneCacheOptions {
    /// Removes copies that were not used for more than this many days. Default: none.
    #[serde(default)]
    pub older_than: Option<f64>,
    /// Then removes copies until at most this many gigabytes are left, first those that were not used for the longest
    /// time. Default: no limit.
    #[serde(default)]
    pub max_size: Option<f64>,
    /// Whether to remove copies whose files no longer exist or have changed. Default: false.
    #[serde(default)]
    pub unused: bool,
    /// Whether to read all copies and to remove damaged ones. Default: false.
    #[serde(default)]
    pub damaged: bool,
    /// Whether to remove nothing, and only to say what would be removed. Default: false.
    #[serde(default)]
    pub dry_run: bool,
    /// Folder for prepared audio. Default: the user's cache folder.
    #[serde(default)]
    pub cache: Option<PathBuf>,
}

impl PruneCacheOptions {
    /// Refuses invalid options; [`crate::cache::prune`] calls it first.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`], naming the option and the value received.
    pub fn validate(&self) -> Result<()> {
        prune::OLDER_THAN.check(self.older_than)?;
        prune::MAX_SIZE.check(self.max_size)
    }
}
