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
    /// Whether the song has the tag; always in a single-label task.
    pub(super) given: bool,
    /// The probability of the tag by a head that did not learn from the song.
    pub(super) probability: f32,
    /// By how much the probability contradicts the label; the list is ordered by it.
    pub(super) margin: f32,
    /// The tag that fits instead, in a single-label task.
    pub(super) instead: Option<String>,
}

/// The labels that contradict `probabilities` `[songs, tags]`, the likeliest first.
///
/// # Errors
/// Those of [`wrong_labels`].
pub(super) fn suspects(tags: &[String], given: &[bool], probabilities: &[f32], task: Task) -> Result<Vec<Suspect>> {
    let labelled = Labelled { task, tags: tags.len(), given, probabilities };
    let found = wrong_labels(&labelled)?;
    Ok(found
        .into_iter()
        .map(|wrong| Suspect {
            song: wrong.clip,
            tag: tags[wrong.tag].clone(),
            given: wrong.given,
            probability: wrong.probability,
            margin: wrong.margin,
            instead: wrong.instead.map(|tag| tags[tag].clone()),
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
        table.write_record(["path", "tag", "given", "probability", "margin", "instead"])?;
        for Suspect { song, tag, given, probability, margin, instead } in suspects {
            let path = songs[*song].path.to_string_lossy();
            let given = if *given { "yes" } else { "no" };
            table.write_record([
                &*csv_text(&path),
                &*csv_text(tag),
                given,
                &format!("{probability:.4}"),
                &format!("{margin:.4}"),
                &*csv_text(instead.as_deref().unwrap_or_default()),
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
