//! Listed files that do not exist.

use std::collections::HashSet;
use std::io::ErrorKind;

use super::{Finding, Findings, Severity};
use crate::dataset::{Clip, Dataset};

/// The names of the clips whose files do not exist.
pub(super) fn missing<'a>(dataset: &'a Dataset, found: &mut Findings) -> HashSet<&'a str> {
    let is_missing = |clip: &&Clip| {
        std::fs::metadata(&clip.path).is_err_and(|reason| {
            matches!(reason.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename)
        })
    };
    let missing: Vec<&Clip> = dataset.clips.iter().filter(is_missing).collect();
    if let Some(first) = missing.first() {
        let place = first.place.as_ref().map_or_else(String::new, |place| format!("{place}: "));
        let message = format!(
            "{} of {} files do not exist, the first: {place}{}; correct the root or the list, or complete the download",
            missing.len(),
            dataset.clips.len(),
            first.path.display()
        );
        let names = missing.iter().map(|clip| clip.name.as_str());
        found.add(Finding::of("missing-files", Severity::Error, names, missing.len(), message));
    }
    missing.into_iter().map(|clip| clip.name.as_str()).collect()
}
