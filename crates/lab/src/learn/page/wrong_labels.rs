//! Labels that are likely wrong, with players.

use charts::{Block, Clip, Link, Section};

use super::Learnt;

/// Most labels on the page.
const MOST: usize = 100;

/// The labels that contradict what was learnt from other songs; `None` if there are none.
pub(super) fn section(learnt: &Learnt<'_>) -> Option<Section> {
    if learnt.suspects.is_empty() {
        return None;
    }
    let clip = |suspect: &super::super::suspects::Suspect| {
        let path = &learnt.songs[suspect.song].path;
        let given = if suspect.given { "has the tag" } else { "does not have the tag" };
        let instead = suspect.instead.as_ref().map_or_else(String::new, |tag| format!("; {tag} fits better"));
        Clip {
            name: path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            text: format!("{given} {}; its probability is {:.2}{instead}", suspect.tag, suspect.probability),
            audio: std::path::absolute(path).ok().and_then(|path| Some(path.to_str()?.to_owned())),
        }
    };
    let count = learnt.suspects.len();
    let shown = match count > MOST {
        true => format!("The {MOST} likeliest of {count} are shown; the file has all of them."),
        false => String::new(),
    };
    Some(
        Section::new("Labels that are likely wrong")
            .paragraph(format!(
                "A head that did not learn from the song is sure of the opposite of its label. Please listen, correct \
                 the tags in the library, and learn again. {shown}"
            ))
            .block(Block::Clips(learnt.suspects.iter().take(MOST).map(clip).collect()))
            .block(Block::Files(vec![Link { text: "All of them as a table".into(), path: "wrong-labels.csv".into() }])),
    )
}
