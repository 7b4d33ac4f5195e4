//! ESC-50 and ESC-10, environmental sounds in five folds (Piczak 2015).

use std::path::Path;
use std::sync::Arc;

use error::Result;
use net::Task;
use serde::Deserialize;

use super::file_names::{FileNames, Likeness};
use super::folders::{add_class, subfolders};
use super::text::{line_of, read_text};
use super::{broken, EscSubset, Group, Place, RawClip, RawDataset};

/// The columns of `meta/esc50.csv` that are used.
#[derive(Deserialize)]
struct Row {
    filename: String,
    fold: usize,
    category: String,
    #[serde(default)]
    esc10: String,
    #[serde(default)]
    src_file: String,
}

/// Reads `meta/esc50.csv`, or the class folders of ESC-10 (`001 - Dog bark`).
pub(super) fn read(root: &Path, subset: EscSubset) -> Result<RawDataset> {
    let file = root.join("meta").join("esc50.csv");
    let name = if subset == EscSubset::Esc10 { "esc10" } else { "esc50" };
    let mut source = RawDataset::new(Task::SingleLabel, name.to_owned());
    source.usual_fold = Some(1);
    if file.is_file() {
        read_table(root, file.into(), subset, &mut source)?;
    } else {
        read_folders(root, &mut source)?;
    }
    Ok(source)
}

fn read_table(root: &Path, file: Arc<Path>, subset: EscSubset, source: &mut RawDataset) -> Result<()> {
    let text = read_text(&file)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|reason| broken(&file, reason))?.clone();
    let mut names = FileNames::new(Likeness::Stem);
    for record in reader.records() {
        let record = record.map_err(|reason| broken(&file, reason))?;
        let line = line_of(&text, &record);
        let row: Row = record.deserialize(Some(&headers)).map_err(|reason| {
            let message = format!("line {line}: {reason}; expected the columns filename, fold and category of ESC-50");
            broken(&file, message)
        })?;
        if subset == EscSubset::Esc10 && !row.esc10.eq_ignore_ascii_case("true") {
            continue;
        }
        let recording = Some(row.src_file).filter(|source| !source.is_empty());
        source.rows.push(RawClip {
            name: format!("audio/{}", row.filename),
            path: names.file(root.join("audio").join(&row.filename)),
            tags: vec![row.category],
            fold: Some(row.fold),
            groups: recording.map(|recording| Group::new("recording", recording)).into_iter().collect(),
            place: Some(Place { file: file.clone(), line }),
            ..RawClip::default()
        });
    }
    source.warnings.extend(names.warning());
    Ok(())
}

/// The folders of ESC-10 are called `NUMBER - CLASS`, and its files `FOLD-RECORDING-TAKE.ogg`.
fn read_folders(root: &Path, source: &mut RawDataset) -> Result<()> {
    for (name, folder) in subfolders(root)? {
        let class = name.split_once(" - ").filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()));
        if let Some((_, class)) = class {
            add_class(root, class, &folder, None, source)?;
        }
    }
    source.split = "esc10".to_owned();
    if source.rows.is_empty() {
        let message = "neither ESC-50 (meta/esc50.csv and audio) nor ESC-10 (folders such as \"001 - Dog bark\")";
        return Err(broken(root, message));
    }
    for row in &mut source.rows {
        let base = row.name.rsplit('/').next().unwrap_or_default();
        let mut words = base.split('-');
        let fold = words.next().and_then(|word| word.parse().ok());
        let Some((fold, recording)) = fold.zip(words.next()) else {
            let message = format!("the name of {} must begin with its fold, such as 1-100032-A.ogg", row.name);
            return Err(broken(root, message));
        };
        row.fold = Some(fold);
        row.groups = vec![Group::new("recording", recording)];
    }
    Ok(())
}
