//! MagnaTagATune in its original layout (protocols.md 1.1-1.3).

use std::collections::HashSet;
use std::path::Path;

use error::{Code, Error, Result, WarningCode};
use limits::{MTAT_SAMPLES, MTAT_SAMPLING_RATE, MTAT_SHORTEST_SECONDS};
use net::{Task, MTAT_TAGS as TAGS};

use super::file_names::{FileNames, Likeness};
use super::{broken, MtatSplit, Part, RawClip, RawDataset};
use crate::event::Warning;

/// The papers cut every clip to its first 29.05 s (protocols.md 2).
const CLIP_SECONDS: f64 = MTAT_SAMPLES as f64 / MTAT_SAMPLING_RATE as f64;

pub(super) fn read(root: &Path, split: MtatSplit) -> Result<RawDataset> {
    let file = root.join("annotations_final.csv");
    let opened = std::fs::File::open(&file).map_err(|reason| Error::input(&file, Code::Dataset, &reason))?;
    let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').from_reader(opened);
    let headers = reader.headers().map_err(|reason| broken(&file, reason))?.clone();
    let find = |name: &str| headers.iter().position(|header| header == name);
    let missing: Vec<&str> = TAGS.into_iter().chain(["mp3_path"]).filter(|name| find(name).is_none()).collect();
    if !missing.is_empty() {
        return Err(broken(&file, format!("line 1: missing the columns {}", missing.join(", "))));
    }
    let path_column = find("mp3_path").unwrap_or_default();
    let columns: Vec<usize> = TAGS.into_iter().filter_map(find).collect();
    let mut source = RawDataset::new(Task::MultiLabel, described(split));
    let mut untagged = 0;
    let mut names = FileNames::new(Likeness::Stem);
    for record in reader.records() {
        let record = record.map_err(|reason| broken(&file, reason))?;
        let line = record.position().map_or(0, csv::Position::line);
        let name = record.get(path_column).unwrap_or_default();
        let mut tags = Vec::new();
        for (&column, tag) in columns.iter().zip(TAGS) {
            match record.get(column) {
                Some("1") => tags.push(tag.to_owned()),
                Some("0") => {}
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
        if tags.is_empty() && split != MtatSplit::Pons {
            untagged += 1;
            continue;
        }
        let path = names.find(root.join(name), &HashSet::new());
        let path = std::path::absolute(&path).unwrap_or(path);
        source.rows.push(RawClip { name: name.to_owned(), path, tags, soft: None, part: Some(part), line: Some(line) });
    }
    if untagged > 0 {
        let message = format!("{untagged} clips without any of the 50 tags are left out, as in the papers");
        source.warnings.push(Warning::new(WarningCode::UntaggedLeftOut, message).of_count(untagged));
    }
    source.warnings.extend(names.warning());
    source.tags = Some(TAGS.map(str::to_owned).to_vec());
    source.clip_seconds = Some(CLIP_SECONDS);
    source.shortest_seconds = (split == MtatSplit::Kaist).then_some(MTAT_SHORTEST_SECONDS);
    Ok(source)
}

/// The name of the split in reports.
fn described(split: MtatSplit) -> String {
    match split {
        MtatSplit::Kaist => format!("mtat kaist: by folder, tagged clips of at least {MTAT_SHORTEST_SECONDS} s"),
        MtatSplit::Tagged => "mtat by folder, tagged clips".to_owned(),
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
