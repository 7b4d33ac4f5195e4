//! Finds the copy that holds the samples of a file.

use error::Result;

use super::copy::{check, Copy};
use super::copy_name::CopyName;
use super::folder::CacheFolder;
use super::hash::ContentHash;
use super::outcome::Outcome;

/// What a job needs of each file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// Sampling rate in Hz.
    pub(super) rate: u32,
    /// Samples of the clip, from its start; `None`: all.
    pub(super) limit: Option<u64>,
}

/// What the cache holds of a file.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// The copy.
    pub(super) name: CopyName,
    /// The path of the file that was decoded, as in messages.
    pub(super) file: String,
    /// The outcome for the samples that were wished.
    pub(super) outcome: Outcome,
}

impl Held {
    /// Whether nothing is left to do. With `retry_failed`, a file that could not be used is tried again.
    pub(super) fn is_final(&self, retry_failed: bool) -> bool {
        !(retry_failed && matches!(self.outcome, Outcome::Failed { .. }))
    }
}

/// The result of a search.
pub(super) enum Found {
    Held(Held),
    /// Nothing that serves; `damaged` if there was a copy that is damaged.
    Missing {
        damaged: bool,
    },
}

/// Searches the copies of `content` with the limits `variants` for one that serves `wish`, and checks it.
///
/// # Errors
/// [`error::Code::Io`] if a copy cannot be read this time.
pub(super) fn find(folder: &CacheFolder, content: ContentHash, wish: Wish, variants: &[Option<u64>]) -> Result<Found> {
    let mut variants = variants.to_vec();
    // The same limit first, then the shortest that is long enough: less has to be read.
    variants.sort_unstable_by_key(|&limit| (limit != wish.limit, limit.unwrap_or(u64::MAX)));
    let mut damaged = false;
    for limit in variants {
        if limit.is_some_and(|limit| wish.limit.is_none_or(|wish| limit < wish)) {
            continue;
        }
        let name = CopyName { rate: wish.rate, content, limit };
        match check(&folder.path(&name), &name, wish.limit)? {
            Copy::Fits(facts) => return Ok(Found::Held(Held { name, file: facts.file, outcome: facts.outcome })),
            Copy::Damaged => damaged = true,
            Copy::Other | Copy::Missing => {}
        }
    }
    Ok(Found::Missing { damaged })
}
