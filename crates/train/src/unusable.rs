//! The clips of a dataset that its cache lacks or holds only in part: counted, or refused.

use std::collections::HashMap;
use std::path::Path;

use error::{Code, Error, Result};

use crate::cache::{BadFile, Filled};
use crate::dataset::Dataset;
use crate::left_out::LeftOut;

/// Counts the clips of `dataset` that `filled` lacks or holds only in part.
pub(crate) fn left_out(dataset: &Dataset, filled: &Filled) -> LeftOut {
    let bad: HashMap<&Path, &BadFile> = filled.bad.iter().map(|bad| (bad.file.as_path(), bad)).collect();
    let mut left_out = LeftOut::default();
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

/// Where the list of `dataset` names `file`, in brackets; empty if no list names it.
pub(crate) fn listed_at(dataset: &Dataset, file: &Path) -> String {
    let clip = dataset.clips.iter().find(|clip| clip.path == file);
    let place = clip.and_then(|clip| clip.place.as_ref());
    place.map_or_else(String::new, |place| format!(" ({place})"))
}

/// Refuses unusable clips, for the option `strict`.
///
/// # Errors
/// [`Code::Dataset`] if a clip is left out or damaged, except if its file only could not be read this time.
pub(crate) fn refuse_unusable(dataset: &Dataset, filled: &Filled) -> Result<()> {
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
        "strict: of {} clips {failed} cannot be used and {} are damaged in part ({} packets), the first: {reason}{}; \
         for the full list see {}; repair these files, remove them from the dataset, or omit strict",
        dataset.clips.len(),
        bad.len() - failed,
        bad.iter().map(packets).sum::<u64>(),
        listed_at(dataset, &first.file),
        filled.report.display(),
    );
    Err(Error::new(Code::Dataset, message).with_file(&first.file))
}
