//! MTG-Jamendo: the split files of its repository (protocols.md 1.6).

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use error::Result;
use net::{Task, JAMENDO_TAGS};

use super::file_names::{FileNames, Likeness};
use super::text::read_text;
use super::{broken, Group, JamendoSubset, Part, Place, RawClip, RawDataset};

/// The columns before the tags. The tags are the remaining columns of a row, so that rows have different lengths.
const COLUMNS: [&str; 5] = ["TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION"];
/// The number of published splits.
const SPLITS: u8 = 5;

/// Reads the three files of a split. The tags are the published 50, or else those that occur, in the order of code
/// points; both orders are alphabetical.
pub(super) fn read(root: &Path, lists: Option<&Path>, split: u8, subset: JamendoSubset) -> Result<RawDataset> {
    if split >= SPLITS {
        return Err(broken(root, format!("the splits of jamendo are 0 to {}, received {split}", SPLITS - 1)));
    }
    let is_top = subset == JamendoSubset::Top50tags;
    let (subset, tags) = match subset {
        JamendoSubset::Top50tags => ("autotagging_top50tags", "top50tags"),
        JamendoSubset::Genre => ("autotagging_genre", "genre"),
        JamendoSubset::Instrument => ("autotagging_instrument", "instrument"),
        JamendoSubset::Moodtheme => ("autotagging_moodtheme", "moodtheme"),
        JamendoSubset::All => ("autotagging", "all tags"),
    };
    let folder = find_lists(lists.unwrap_or(root), split, subset)?;
    let audio = find_audio(root);
    let mut source = RawDataset::new(Task::MultiLabel, format!("jamendo split-{split} {tags}"));
    let mut names = FileNames::new(Likeness::Stem);
    for part in Part::ALL {
        let file: Arc<Path> = folder.join(list(subset, part)).into();
        for (line, text) in (1..).zip(read_text(&file)?.lines()) {
            let cells: Vec<&str> = text.split('\t').map(str::trim).collect();
            if line == 1 {
                if cells.len() < COLUMNS.len() || cells[..COLUMNS.len()] != COLUMNS {
                    let message = format!("line 1: the columns must be {} and TAGS", COLUMNS.join(", "));
                    return Err(broken(&file, message));
                }
                continue;
            }
            if text.trim().is_empty() {
                continue;
            }
            let [_, artist, album, path, _, tags @ ..] = cells.as_slice() else {
                let message = format!("line {line}: {} columns, expected {} and tags", cells.len(), COLUMNS.len());
                return Err(broken(&file, message));
            };
            if let Some(tag) = tags.iter().find(|tag| is_top && !tag.is_empty() && !JAMENDO_TAGS.contains(*tag)) {
                let message = format!(
                    "line {line}: {tag} is not one of the 50 tags of this subset: use the published list unchanged, or \
                     another subset"
                );
                return Err(broken(&file, message));
            }
            source.rows.push(RawClip {
                name: (*path).to_owned(),
                path: audio_file(&audio, path, &mut names),
                tags: tags.iter().filter(|tag| !tag.is_empty()).map(|&tag| tag.to_owned()).collect(),
                part: Some(part),
                groups: vec![Group::new("artist", *artist), Group::new("album", *album)],
                place: Some(Place { file: file.clone(), line }),
                ..RawClip::default()
            });
        }
    }
    source.warnings.extend(names.warning());
    source.tags = is_top.then(|| JAMENDO_TAGS.map(str::to_owned).to_vec());
    Ok(source)
}

fn list(subset: &str, part: Part) -> String {
    let part = if part == Part::Valid { "validation" } else { part.as_str() };
    format!("{subset}-{part}.tsv")
}

/// The folder of the split files: `folder` itself, or its place in the repository.
fn find_lists(folder: &Path, split: u8, subset: &str) -> Result<PathBuf> {
    let split = format!("split-{split}");
    let below = [
        folder.join("data").join("splits").join(&split),
        folder.join("splits").join(&split),
        folder.join(&split),
        folder.to_path_buf(),
    ];
    let train = list(subset, Part::Train);
    below.into_iter().find(|folder| folder.join(&train).is_file()).ok_or_else(|| {
        let message = format!(
            "no {split}/{train} in it: set lists (--lists DIR) to a copy of the repository MTG/mtg-jamendo-dataset, or \
             to its folder data/splits"
        );
        broken(folder, message)
    })
}

/// The folder that holds the folders `00` to `99`.
fn find_audio(root: &Path) -> PathBuf {
    let numbered = |folder: &PathBuf| {
        std::fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
            let name = entry.file_name();
            name.len() == 2 && name.to_string_lossy().bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let below = [root.to_path_buf(), root.join("audio"), root.join("audio-low"), root.join("raw_30s")];
    below.into_iter().find(numbered).unwrap_or_else(|| root.to_path_buf())
}

/// The file of a track: as listed, as in the download "audio-low" (`15/215.low.mp3`), or converted.
fn audio_file(audio: &Path, listed: &str, names: &mut FileNames) -> PathBuf {
    let full = audio.join(listed);
    let low = full.with_extension("low.mp3");
    let path = match full.exists() {
        true => full,
        false if low.exists() => low,
        false => match names.find(low.clone(), &HashSet::new()) {
            found if found != low => found,
            _ => names.find(full, &HashSet::new()),
        },
    };
    std::path::absolute(&path).unwrap_or(path)
}
