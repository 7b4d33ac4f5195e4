//! Splits that keep all clips of a group, such as those of one artist, in one part.

use std::collections::BTreeSet;
use std::path::Path;

use audio::FileOrigin;
use error::{Result, WarningCode};
use unicode_normalization::UnicodeNormalization;

use super::{broken, Group, RawDataset};
use crate::event::Warning;

/// Artist and album from the tags of an audio file.
pub(crate) fn groups_of_file(path: &Path) -> Vec<Group> {
    let FileOrigin { artist, album } = FileOrigin::read(path);
    // Albums of different artists can have the same title.
    let album = album.map(|album| match &artist {
        Some(artist) => format!("{artist}: {album}"),
        None => album,
    });
    let named = [("artist", artist), ("album", album)];
    named.into_iter().filter_map(|(name, value)| Some(Group::new(name, value?))).collect()
}

/// Sets what is drawn for each row: its value of the property `name`. Parts of the dataset are not kept.
///
/// Artist and album come from the tags of the audio files if the lists do not name them.
///
/// # Errors
/// [`error::Code::Dataset`] if no clip has this property.
pub(super) fn assign(file: &Path, name: &str, source: &mut RawDataset) -> Result<()> {
    let is_known = source.rows.iter().any(|row| row.groups.iter().any(|group| group.name == name));
    if !is_known && matches!(name, "artist" | "album") {
        source.rows.iter_mut().for_each(|row| row.groups.extend(groups_of_file(&row.path)));
    }
    let known: BTreeSet<&str> = source.rows.iter().flat_map(|row| &row.groups).map(|group| &*group.name).collect();
    if !known.contains(name) {
        let message = match known.len() {
            0 => format!(
                "neither its lists nor the tags of its files say the {name} of the clips: list them in a manifest with \
                 a column {name}"
            ),
            _ => {
                let known = known.into_iter().collect::<Vec<_>>().join(", ");
                format!("no clip has a value of {name}: group must be one of {known}, received \"{name}\"")
            }
        };
        return Err(broken(file, message));
    }
    let given = source.rows.iter().filter(|row| row.part.is_some()).count();
    let mut alone = 0;
    for row in &mut source.rows {
        row.part = None;
        match row.groups.iter().find(|group| group.name == name) {
            Some(group) => {
                let value: String = group.value.trim().nfc().collect();
                row.drawn_as = Some(format!("group {name}\n{value}"));
            }
            None => alone += 1,
        }
    }
    if given > 0 {
        let message = format!(
            "the split of the dataset is not used for {given} clips: the parts are drawn so that all clips with the \
             same {name} are in one part"
        );
        source.warnings.push(Warning::new(WarningCode::SplitReplaced, message).of_count(given));
    }
    if alone > 0 {
        let message = format!(
            "{alone} clips have no {name}: each of them is drawn by itself, so that clips with the same {name} can be \
             in different parts"
        );
        source.warnings.push(Warning::new(WarningCode::ClipsWithoutGroup, message).of_count(alone));
    }
    Ok(())
}
