//! MagnaTagATune in its own layout (protocols.md 1.1-1.3).

use std::path::Path;

use error::{Code, Error, Result};
use net::{Task, MTAT_TAGS as TAGS};

use super::{broken, Part, Row, Source};

/// The papers cut every clip to its first 640,512 samples at 22,050 Hz, 29.05 s (protocols.md 2).
const CLIP_SECONDS: f64 = 640_512.0 / 22_050.0;

pub(super) fn read(root: &Path) -> Result<Source> {
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
    let mut rows = Vec::new();
    let mut untagged = 0;
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
        if tags.is_empty() {
            untagged += 1;
            continue;
        }
        let path = root.join(name);
        let path = std::path::absolute(&path).unwrap_or(path);
        rows.push(Row { name: name.to_owned(), path, tags, part: Some(part), line: Some(line) });
    }
    let mut warnings = Vec::new();
    if untagged > 0 {
        warnings.push(format!("{untagged} clips without one of the 50 tags are left out, as in the papers"));
    }
    Ok(Source {
        rows,
        task: Task::MultiLabel,
        tags: Some(TAGS.map(str::to_owned).to_vec()),
        split: "mtat by folder, tagged clips".to_owned(),
        clip_seconds: Some(CLIP_SECONDS),
        warnings,
    })
}

/// Folders 0 to b train, c validates, d to f test.
fn part_of(name: &str) -> Option<Part> {
    match name.split_once('/')?.0 {
        "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "a" | "b" => Some(Part::Train),
        "c" => Some(Part::Valid),
        "d" | "e" | "f" => Some(Part::Test),
        _ => None,
    }
}
