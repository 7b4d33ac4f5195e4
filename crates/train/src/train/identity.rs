//! Checks that a run is resumed with the data with which it started.

use error::{Code, Error, Result, WarningCode};

use super::parts::Parts;
use crate::event::Warning;
use crate::part::checksum_without_audio;
use crate::run::{must_equal_clips, read_clips, Config, RunClip, RunFolder};

/// Refuses clips that differ from those of the run in `folder`, including their audio. `Some` is a warning about what
/// cannot be compared because an older version started the run.
///
/// # Errors
/// [`Code::CheckpointMismatch`], which names the clips if the run recorded them.
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
        let message = "the run was started by a version that did not store the hashes of its audio: it is unknown \
                       whether the audio has changed since then";
        return Ok(Some(Warning::new(WarningCode::AudioNotCompared, message)));
    }
    let message = "dataset: its clips, tags, parts or audio have changed since the run started; restore them, or \
                   start over (with force, or in another folder)";
    Err(Error::new(Code::CheckpointMismatch, message))
}
