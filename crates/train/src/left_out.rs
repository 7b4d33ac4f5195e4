//! How much of a dataset could not be used.

use std::collections::HashMap;
use std::path::Path;

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::cache::{report_path, BadFile, Filled};
use crate::dataset::Dataset;
use crate::event::PartCounts;

/// How much of a dataset could not be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// Clips that the dataset lists and that are left out: their files are missing or cannot be decoded.
    pub clips: PartCounts,
    /// Clips that are used although parts of them are damaged.
    pub damaged_clips: PartCounts,
    /// Packets of these that could not be decoded and were skipped.
    pub damaged_packets: u64,
}

impl LeftOut {
    /// What `filled` lacks of `dataset`.
    pub(crate) fn of(dataset: &Dataset, filled: &Filled) -> Self {
        let bad: HashMap<&Path, &BadFile> = filled.bad.iter().map(|bad| (bad.file.as_path(), bad)).collect();
        let mut left_out = Self::default();
        for clip in &dataset.clips {
            let Some(bad) = bad.get(clip.path.as_path()) else { continue };
            if bad.error.is_some() {
                *left_out.clips.of(clip.part) += 1;
            } else {
                *left_out.damaged_clips.of(clip.part) += 1;
                left_out.damaged_packets += u64::from(bad.damaged_packets);
            }
        }
        left_out
    }
}

/// What the option `strict` does not let pass.
///
/// # Errors
/// [`Code::Dataset`] where a clip is left out or damaged, unless its file could only not be read just now.
pub(crate) fn refuse(dataset: &Dataset, filled: &Filled) -> Result<()> {
    let bad: Vec<&BadFile> = filled.bad.iter().filter(|bad| !bad.passes()).collect();
    let Some(first) = bad.first() else { return Ok(()) };
    let failed = bad.iter().filter(|bad| bad.error.is_some()).count();
    let packets = |bad: &&BadFile| u64::from(bad.damaged_packets);
    let reason = first.error.as_ref().map_or_else(
        || {
            let packets = format!("{} damaged packets", first.damaged_packets);
            format!(
                "{} has {}",
                first.file.display(),
                first.damage.as_ref().map_or(packets, |damage| format!("damage: {damage}"))
            )
        },
        |error| error.message.clone(),
    );
    let message = format!(
        "strict: of {} clips {failed} cannot be used and {} are damaged in part ({} packets), the first: {reason}; all of them: {}; \
         mend these files, take them out of the dataset, or leave strict out",
        dataset.clips.len(),
        bad.len() - failed,
        bad.iter().map(packets).sum::<u64>(),
        report_path(&filled.folder).display(),
    );
    Err(Error::new(Code::Dataset, message).with_file(&first.file))
}
