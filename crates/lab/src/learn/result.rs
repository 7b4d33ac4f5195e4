//! What was learnt, as data: the source of the report and of the files.

use std::path::Path;

use error::Result;
use files::text::csv as csv_text;
use library::LibrarySummary;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use tagger::Failed;

use super::event::{LearnDone, LearnFineTuning, LearnFold, LearnStart, LearnTag};
use super::options::LearnOptions;
use super::songs::{Duplicate, LearnSong, Unused};
use super::suspects::Suspect;

/// Everything that was learnt and found.
pub(super) struct Learnt<'a> {
    pub(super) library: &'a LibrarySummary,
    pub(super) start: &'a LearnStart,
    pub(super) folds: &'a [LearnFold],
    pub(super) tags: &'a [LearnTag],
    pub(super) songs: &'a [LearnSong],
    /// The names of all tags of the library.
    pub(super) names: &'a [String],
    /// The part of each song.
    pub(super) parts: &'a [usize],
    /// The group of each song.
    pub(super) groups: &'a [usize],
    pub(super) duplicates: &'a [Duplicate],
    /// The songs that a single-label task cannot use.
    pub(super) unused: &'a [Unused],
    pub(super) failed: &'a [Failed],
    pub(super) suspects: &'a [Suspect],
    /// `[songs, kept tags]`: the cross-validated scores of the kept tags, their probabilities, and the labels.
    pub(super) scores: &'a [f32],
    pub(super) probabilities: &'a [f32],
    pub(super) targets: &'a [bool],
    pub(super) fine_tuning: Option<&'a LearnFineTuning>,
    pub(super) done: &'a LearnDone,
}

/// The content of `learn.json` besides its format.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary<'a> {
    start: &'a LearnStart,
    data: String,
    folds: &'a [LearnFold],
    tags: &'a [LearnTag],
    fine_tuning: Option<&'a LearnFineTuning>,
    done: &'a LearnDone,
}

impl<'a> Learnt<'a> {
    /// The content of `learn.json`.
    pub(super) fn summary(&self) -> Summary<'a> {
        Summary {
            start: self.start,
            data: identity(self.songs, self.names),
            folds: self.folds,
            tags: self.tags,
            fine_tuning: self.fine_tuning,
            done: self.done,
        }
    }

    /// The facts about the training in the model file; `loss` is that of the head.
    pub(super) fn training(&self, options: &LearnOptions, loss: f64) -> serde_json::Value {
        let withheld = self.tags.iter().filter(|tag| !tag.kept);
        let withheld: Vec<_> = withheld.map(|tag| json!({ "tag": tag.tag, "reason": tag.reason })).collect();
        let mut facts = json!({
            "learn": {
                "version": env!("CARGO_PKG_VERSION"),
                "base": self.start.from_hash,
                "data": identity(self.songs, self.names),
                "songs": self.songs.len(),
                "head": self.done.head,
                "loss": loss,
                "segments": options.segments,
                "seed": options.seed,
                "fineTuning": self.fine_tuning,
                "withheld": withheld,
            }
        });
        if let Some(accuracy) = self.done.accuracy {
            facts["learn"]["accuracy"] = json!(accuracy);
        }
        facts
    }

    /// Writes the list of songs as CSV: those from which was learnt with part, group and tags, and those that were left
    /// out with the reason.
    ///
    /// # Errors
    /// [`error::Code::Output`].
    pub(super) fn write_songs(&self, path: &Path) -> Result<()> {
        files::write_atomic_with(path, |file| {
            let mut table = csv::Writer::from_writer(file);
            table.write_record(["path", "tags", "part", "group", "leftOut"])?;
            for (number, song) in self.songs.iter().enumerate() {
                let tags: Vec<&str> = song.tags.iter().map(|&tag| self.names[tag as usize].as_str()).collect();
                let (part, group) = ((self.parts[number] + 1).to_string(), self.groups[number].to_string());
                let path = song.path.to_string_lossy();
                table.write_record([&*csv_text(&path), &csv_text(&tags.join("|")), &part, &group, ""])?;
            }
            for duplicate in self.duplicates {
                let path = duplicate.path.to_string_lossy();
                table.write_record([&*csv_text(&path), "", "", "", &duplicate.reason()])?;
            }
            for Unused { path, tags, reason } in self.unused {
                let path = path.to_string_lossy();
                table.write_record([&*csv_text(&path), &csv_text(tags), "", "", reason])?;
            }
            for failed in self.failed {
                let reason = format!("{}: {}", failed.error.code, failed.error.message);
                let path = failed.file.path.to_string_lossy();
                table.write_record([&*csv_text(&path), "", "", "", &reason])?;
            }
            table.flush()
        })
    }
}

/// SHA-256 over the audio and the tags of all songs, hexadecimal: what was learnt from. It does not depend on the names
/// of the files.
pub(super) fn identity(songs: &[LearnSong], names: &[String]) -> String {
    let mut lines: Vec<String> = songs
        .iter()
        .map(|song| {
            let mut tags: Vec<&str> = song.tags.iter().map(|&tag| names[tag as usize].as_str()).collect();
            tags.sort_unstable();
            format!("{}\t{}\n", song.content, tags.join("\t"))
        })
        .collect();
    lines.sort_unstable();
    hex::encode(Sha256::digest(lines.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identity_depends_on_audio_and_tags_and_not_on_paths_and_order() {
        let song = |path: &str, content: &str, tags: &[u32]| LearnSong {
            path: path.into(),
            tags: tags.to_vec(),
            artists: Vec::new(),
            album: None,
            content: content.into(),
        };
        let names = ["rock".to_owned(), "jazz".to_owned()];
        let of = |songs: &[LearnSong]| identity(songs, &names);
        let base = of(&[song("a", "x", &[0]), song("b", "y", &[0, 1])]);
        assert_eq!(of(&[song("c", "y", &[1, 0]), song("d", "x", &[0])]), base);
        assert_ne!(of(&[song("a", "x", &[1]), song("b", "y", &[0, 1])]), base);
        assert_ne!(of(&[song("a", "z", &[0]), song("b", "y", &[0, 1])]), base);
    }
}
