//! The summary of a library for people, as plain lines.

use std::fmt::Write;

use error::shown;

use crate::record::{ConflictKind, TagCount};
use crate::summary::LibrarySummary;

/// Number of tags, ignored texts, contradictions of a kind, and failures that are shown.
const SHOWN: usize = 20;

impl LibrarySummary {
    /// The summary for people: counts, sources, tags, contradictions, failures and warnings. It is safe to print on a
    /// terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |content: String| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{}", shown(&content));
        };
        line(format!("songs       {} ({} with tags)", self.songs, self.tagged));
        line(format!("artists     {} ({} songs without artist)", self.artists, self.without_artist));
        line(format!("albums      {}", self.albums));
        line(format!("failed      {}", self.failed_files));
        for source in &self.sources {
            line(format!("{:<20} {:>7} songs  {:>5} tags", source.source.as_str(), source.songs, source.tags));
        }
        line(String::new());
        let width = self.tags.iter().take(SHOWN).map(|tag| shown(&tag.tag).chars().count()).max().unwrap_or(0).max(3);
        line(format!("{:<width$}  {:>7}  {:>7}", "tag", "songs", "artists"));
        for TagCount { tag, songs, artists, .. } in self.tags.iter().take(SHOWN) {
            line(format!("{:<width$}  {songs:>7}  {artists:>7}", shown(tag)));
        }
        more(&mut line, self.tags.len(), "tags");
        if !self.ignored.is_empty() {
            let named: Vec<String> =
                self.ignored.iter().take(SHOWN).map(|one| format!("{} ({})", one.tag, one.songs)).collect();
            line(String::new());
            line(format!("not tags: {}", named.join(", ")));
        }
        for (kind, title) in [
            (ConflictKind::Sources, "sources that disagree"),
            (ConflictKind::Blocks, "metadata blocks that disagree; the first is used"),
            (ConflictKind::Twice, "songs that occur twice with different tags"),
            (ConflictKind::Spellings, "spellings that were merged"),
        ] {
            let of_kind: Vec<&str> =
                self.conflicts.iter().filter(|one| one.kind == kind).map(|one| one.message.as_str()).collect();
            if !of_kind.is_empty() {
                line(String::new());
                line(format!("{title}:"));
                of_kind.iter().take(SHOWN).for_each(|message| line(format!("  {message}")));
                more(&mut line, of_kind.len(), "of them");
            }
        }
        if !self.failed.is_empty() {
            line(String::new());
            line("failed:".to_owned());
            self.failed.iter().take(SHOWN).for_each(|one| line(format!("  {} {}", one.code.as_str(), one.message)));
            more(&mut line, self.failed_files, "files");
        }
        self.warnings.iter().for_each(|one| line(format!("warning: {}", one.message)));
        text
    }
}

/// Says how many of `total` are not shown.
fn more(line: &mut impl FnMut(String), total: usize, what: &str) {
    if total > SHOWN {
        line(format!("  ... and {} more {what}", total - SHOWN));
    }
}
