//! MagnaTagATune in its original layout (protocols.md 1.1-1.3).

use std::path::Path;
use std::sync::Arc;

use error::{Result, WarningCode};
use limits::{MTAT_SAMPLES, MTAT_SAMPLING_RATE, MTAT_SHORTEST_SECONDS};
use net::{Task, MTAT_TAGS};

use super::file_names::{FileNames, Likeness};
use super::mtat_lists::MtatLists;
use super::text::{line_of, read_text};
use super::{broken, Group, MtatSplit, Part, Place, RawClip, RawDataset};
use crate::event::Warning;

/// The papers cut every clip to its first 29.05 s (protocols.md 2).
const CLIP_SECONDS: f64 = MTAT_SAMPLES as f64 / MTAT_SAMPLING_RATE as f64;

/// The columns of the annotations that are not tags.
const OTHERS: [&str; 2] = ["clip_id", "mp3_path"];

/// Reads the annotations. With `lists` they decide clips and parts instead of `split`. `every_tag`: all tags of the
/// annotations (188 in the original file), not only the 50 of the papers.
pub(super) fn read(root: &Path, split: MtatSplit, lists: Option<&Path>, every_tag: bool) -> Result<RawDataset> {
    let file: Arc<Path> = root.join("annotations_final.csv").into();
    let text = read_text(&file)?;
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter(&text)).trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|reason| broken(&file, reason))?.clone();
    let find = |name: &str| headers.iter().position(|header| header == name);
    let tags: Vec<String> = match every_tag {
        true => headers.iter().filter(|name| !OTHERS.contains(name)).map(str::to_owned).collect(),
        false => MTAT_TAGS.map(str::to_owned).to_vec(),
    };
    let needed = tags.iter().map(String::as_str).chain(["mp3_path"]);
    let missing: Vec<&str> = needed.filter(|name| find(name).is_none()).collect();
    if !missing.is_empty() {
        return Err(broken(&file, format!("line 1: missing the columns {}", missing.join(", "))));
    }
    let path_column = find("mp3_path").unwrap_or_default();
    let columns: Vec<usize> = tags.iter().filter_map(|tag| find(tag)).collect();
    let mut lists = lists.map(MtatLists::read).transpose()?;
    let described = lists.as_ref().map_or_else(|| described(split), MtatLists::described);
    let mut source = RawDataset::new(Task::MultiLabel, described);
    let mut untagged = 0;
    let mut names = FileNames::new(Likeness::Stem);
    for record in reader.records() {
        let record = record.map_err(|reason| broken(&file, reason))?;
        let line = line_of(&text, &record);
        let name = record.get(path_column).unwrap_or_default();
        let mut row_tags = Vec::new();
        for (&column, tag) in columns.iter().zip(&tags) {
            match record.get(column) {
                Some("1" | "1.0") => row_tags.push(tag.clone()),
                Some("0" | "0.0") => {}
                other => {
                    let message =
                        format!("line {line}: {tag} must be 0 or 1, received \"{}\"", other.unwrap_or_default());
                    return Err(broken(&file, message));
                }
            }
        }
        let part = part_of(name).ok_or_else(|| {
            broken(&file, format!("line {line}: mp3_path must start with a folder 0 to f, received \"{name}\""))
        })?;
        let part = match &mut lists {
            None => part,
            Some(lists) => match lists.take(name) {
                Some(part) => part,
                None => continue,
            },
        };
        if row_tags.is_empty() && split != MtatSplit::Pons && lists.is_none() {
            untagged += 1;
            continue;
        }
        source.rows.push(RawClip {
            name: name.to_owned(),
            path: names.file(root.join(name)),
            tags: row_tags,
            part: Some(part),
            groups: groups(name),
            place: Some(Place { file: file.clone(), line }),
            ..RawClip::default()
        });
    }
    if let Some(lists) = lists {
        lists.refuse_rest(&file)?;
    } else if split == MtatSplit::Kaist {
        source.shortest_seconds = Some(MTAT_SHORTEST_SECONDS);
    }
    if untagged > 0 {
        let which = if every_tag { "tag" } else { "of the 50 tags" };
        let message = format!("{untagged} clips without any {which} are left out, as in the papers");
        source.warnings.push(Warning::new(WarningCode::UntaggedLeftOut, message).of_count(untagged));
    }
    source.warnings.extend(names.warning());
    source.tags = Some(tags);
    source.clip_seconds = Some(CLIP_SECONDS);
    Ok(source)
}

/// The separator of the cells: a tab in the original file, a comma or semicolon where it was saved again.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let separators = [b'\t', b',', b';'];
    separators.into_iter().find(|&separator| first.as_bytes().contains(&separator)).unwrap_or(b'\t')
}

/// The name of the split in reports.
fn described(split: MtatSplit) -> String {
    match split {
        MtatSplit::Kaist => format!("mtat kaist: by folder, tagged clips of at least {MTAT_SHORTEST_SECONDS} s"),
        MtatSplit::Tagged | MtatSplit::TaeJun => "mtat by folder, tagged clips".to_owned(),
        MtatSplit::Pons => "mtat pons: by folder, untagged clips too".to_owned(),
    }
}

/// Folders 0 to b are the train part, c is the valid part, d to f are the test part.
fn part_of(name: &str) -> Option<Part> {
    match name.split_once('/')?.0 {
        "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "a" | "b" => Some(Part::Train),
        "c" => Some(Part::Valid),
        "d" | "e" | "f" => Some(Part::Test),
        _ => None,
    }
}

/// Artist and album of `f/artist-album-NN-title-start-end.mp3`.
fn groups(name: &str) -> Vec<Group> {
    let base = name.rsplit('/').next().unwrap_or_default();
    let mut words = base.split('-');
    let (Some(artist), Some(album), Some(_)) = (words.next(), words.next(), words.next()) else { return Vec::new() };
    // Albums of different artists can have the same title.
    let album = format!("{artist}-{album}");
    vec![Group::new("artist", artist), Group::new("album", album)]
}
