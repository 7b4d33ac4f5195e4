//! What was not learnt from: songs without tags, files that cannot be used, copies, contradictions.

use charts::{Block, Link, Section};

use super::Learnt;
use crate::learn::songs::Duplicate;

/// Most files of each kind on the page.
const MOST: usize = 50;

/// What was left out, and what contradicts itself; `None` if there is nothing.
pub(super) fn section(learnt: &Learnt<'_>) -> Option<Section> {
    let mut section = Section::new("What was left out");
    if learnt.start.untagged > 0 {
        section = section.paragraph(format!("{} songs have no tag.", learnt.start.untagged));
    }
    let unread = learnt.library.failed.iter().map(|failed| format!("{}: {}", failed.path, failed.message));
    let unusable = learnt.failed.iter().map(|failed| format!("{}: {}", failed.file.file, failed.error.message));
    let unread: Vec<String> = unread.chain(unusable).collect();
    let unused = learnt.unused.iter().map(|song| format!("{}: {}", song.path.display(), song.reason)).collect();
    let copies: Vec<String> = learnt.duplicates.iter().map(copy).collect();
    let conflicts: Vec<String> = learnt.library.conflicts.iter().map(|conflict| conflict.message.clone()).collect();
    for (title, lines) in [
        ("Files that cannot be used", unread),
        ("Songs without a tag of their own", unused),
        ("Copies of other songs", copies),
        ("Contradictions in the library", conflicts),
    ] {
        if !lines.is_empty() {
            section = section.section(list(title, &lines));
        }
    }
    (!section.blocks.is_empty() || !section.sections.is_empty()).then_some(section)
}

fn copy(duplicate: &Duplicate) -> String {
    format!("{}: {}", duplicate.path.display(), duplicate.reason())
}

fn list(title: &str, lines: &[String]) -> Section {
    let mut section = Section::new(title).block(Block::List(lines.iter().take(MOST).cloned().collect()));
    if lines.len() > MOST {
        section = section.paragraph(format!("{MOST} of {} are shown.", lines.len()));
        section =
            section.block(Block::Files(vec![Link { text: "All songs as a table".into(), path: "songs.csv".into() }]));
    }
    section
}
