//! Whether a run goes on with the data that it was begun with.

use error::{Code, Error, Result, WarningCode};

use super::parts::Parts;
use crate::event::Warning;
use crate::part::checksum_without_audio;
use crate::run::{must_equal_clips, read_clips, Config, RunClip, RunFolder};

/// Refuses clips other than those of the run in `folder`, audio included. `Some`: what cannot be compared, of an older run.
///
/// # Errors
/// [`Code::CheckpointMismatch`], naming the clips where the run knows them.
pub(super) fn must_equal(
    folder: &RunFolder,
    before: &Config,
    now: &Config,
    parts: &Parts,
    clips: &[RunClip],
) -> Result<Option<Warning>> {
    if let Some(known) = read_clips(&folder.clips()) {
        must_equal_clips(&known, clips)?;
    }
    if before.dataset.checksum == now.dataset.checksum {
        return Ok(None);
    }
    let without_audio = checksum_without_audio(&parts.all(), &now.tags, now.task);
    if !folder.clips().exists() && before.dataset.checksum == without_audio {
        let message = "the run was begun by a version that did not keep the hashes of its audio: whether the audio has changed since \
                       cannot be told";
        return Ok(Some(Warning::new(WarningCode::AudioNotCompared, message)));
    }
    let message = "dataset: its clips, tags, parts or audio have changed since the run began; restore them, or begin anew (force, or \
                   another folder)";
    Err(Error::new(Code::CheckpointMismatch, message))
}
