//! Labels that are likely wrong, and songs that are nearly the same.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::Result;
use files::text::csv as csv_text;
use net::Task;

use super::songs::LearnSong;
use crate::audit::{near_duplicates, wrong_labels, Labelled, NEAR_DUPLICATE};

/// A label that is likely wrong.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Suspect {
    /// The song.
    pub(super) song: usize,
    /// The tag.
    pub(super) tag: String,
    /// Whether the song has the tag.
    pub(super) given: bool,
    /// The probability of the tag by a head that did not learn from the song.
    pub(super) probability: f32,
    /// By how much the probability contradicts the label; the list is ordered by it.
    pub(super) margin: f32,
}

/// The labels that contradict `probabilities` `[songs, tags]`, the likeliest first.
///
/// # Errors
/// Those of [`wrong_labels`].
pub(super) fn suspects(tags: &[String], given: &[bool], probabilities: &[f32]) -> Result<Vec<Suspect>> {
    let labelled = Labelled { task: Task::MultiLabel, tags: tags.len(), given, probabilities };
    let found = wrong_labels(&labelled)?;
    Ok(found
        .into_iter()
        .map(|wrong| Suspect {
            song: wrong.clip,
            tag: tags[wrong.tag].clone(),
            given: wrong.given,
            probability: wrong.probability,
            margin: wrong.margin,
        })
        .collect())
}

/// Writes the list as CSV.
///
/// # Errors
/// [`error::Code::Output`].
pub(super) fn write(path: &Path, suspects: &[Suspect], songs: &[LearnSong]) -> Result<()> {
    files::write_atomic_with(path, |file| {
        let mut table = csv::Writer::from_writer(file);
        table.write_record(["path", "tag", "given", "probability", "margin"])?;
        for Suspect { song, tag, given, probability, margin } in suspects {
            let path = songs[*song].path.to_string_lossy();
            let given = if *given { "yes" } else { "no" };
            table.write_record([
                &*csv_text(&path),
                &*csv_text(tag),
                given,
                &format!("{probability:.4}"),
                &format!("{margin:.4}"),
            ])?;
        }
        table.flush()
    })
}

/// The sets of songs that are nearly the same, by their features `[songs, width]`; each ascending, with at least two
/// songs.
///
/// # Errors
/// Those of [`near_duplicates`].
pub(super) fn nearly_the_same(features: &[f32], width: usize, cancel: &AtomicBool) -> Result<Vec<Vec<usize>>> {
    Ok(near_duplicates(features, width, NEAR_DUPLICATE, cancel)?.into_iter().map(|group| group.clips).collect())
}
