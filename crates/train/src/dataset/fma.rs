//! FMA, the Free Music Archive dataset of Defferrard et al. 2017: `tracks.csv` and one of its subsets.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use error::{Result, WarningCode};
use net::Task;

use super::file_names::{FileNames, Likeness};
use super::text::{line_of, read_text};
use super::{broken, FmaSubset, Group, Part, Place, RawClip, RawDataset};
use crate::event::Warning;

/// The columns that are used, by their names in the first two lines.
struct Columns {
    split: usize,
    subset: usize,
    genre: usize,
    artist: Option<usize>,
    album: Option<usize>,
}

/// Reads the tracks of a subset. The tag of a track is its top genre; tracks without one are left out.
pub(super) fn read(root: &Path, lists: Option<&Path>, subset: FmaSubset) -> Result<RawDataset> {
    let file: Arc<Path> = find_tracks(root, lists)?.into();
    let name = match subset {
        FmaSubset::Small => "small",
        FmaSubset::Medium => "medium",
        FmaSubset::Large => "large",
        FmaSubset::Full => "full",
    };
    let audio = Some(root.join(format!("fma_{name}"))).filter(|folder| folder.is_dir());
    let audio = audio.unwrap_or_else(|| root.to_path_buf());
    let mut source = RawDataset::new(Task::SingleLabel, format!("fma {name}, the split of its authors"));
    let mut names = FileNames::new(Likeness::Stem);
    let mut without_genre = 0;
    let text = read_text(&file)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records();
    let mut header = || match records.next() {
        Some(Ok(record)) => Ok(record),
        Some(Err(reason)) => Err(broken(&file, reason)),
        None => Err(broken(&file, "it has fewer than two header lines")),
    };
    let columns = columns(&file, &header()?, &header()?)?;
    for record in records {
        let record = record.map_err(|reason| broken(&file, reason))?;
        let line = line_of(&text, &record);
        let cell = |column: usize| record.get(column).unwrap_or_default().trim();
        // The third header line names only the column of the ids.
        let Ok(id) = cell(0).parse::<u32>() else {
            if cell(0) == "track_id" || record.iter().all(str::is_empty) {
                continue;
            }
            return Err(broken(
                &file,
                format!("line {line}: expected the number of a track, received \"{}\"", cell(0)),
            ));
        };
        let belongs = match cell(columns.subset) {
            "small" => FmaSubset::Small,
            "medium" => FmaSubset::Medium,
            "large" => FmaSubset::Large,
            _ => FmaSubset::Full,
        };
        if belongs > subset {
            continue;
        }
        let part = match cell(columns.split) {
            "training" => Part::Train,
            "validation" => Part::Valid,
            "test" => Part::Test,
            other => {
                let message =
                    format!("line {line}: the split must be training, validation or test, received \"{other}\"");
                return Err(broken(&file, message));
            }
        };
        if cell(columns.genre).is_empty() {
            without_genre += 1;
            continue;
        }
        let name = format!("{:03}/{id:06}.mp3", id / 1000);
        let groups = [("artist", columns.artist), ("album", columns.album)];
        let group = |(name, column): (&'static str, Option<usize>)| Some(Group::new(name, cell(column?)));
        source.rows.push(RawClip {
            path: names.file(audio.join(&name)),
            name,
            tags: vec![cell(columns.genre).to_owned()],
            part: Some(part),
            groups: groups.into_iter().filter_map(group).filter(|group| !group.value.is_empty()).collect(),
            place: Some(Place { file: file.clone(), line }),
            ..RawClip::default()
        });
    }
    if without_genre > 0 {
        let message = format!("{without_genre} tracks without a top genre are left out");
        source.warnings.push(Warning::new(WarningCode::UntaggedLeftOut, message).of_count(without_genre));
    }
    source.warnings.extend(names.warning());
    Ok(source)
}

fn columns(file: &Path, groups: &csv::StringRecord, names: &csv::StringRecord) -> Result<Columns> {
    let position =
        |group: &str, name: &str| groups.iter().zip(names).position(|(g, n)| g.trim() == group && n.trim() == name);
    let find = |group: &str, name: &str| {
        position(group, name).ok_or_else(|| {
            let message = format!(
                "no column {group}, {name} in its first two lines: expected tracks.csv of fma_metadata.zip, unchanged"
            );
            broken(file, message)
        })
    };
    Ok(Columns {
        split: find("set", "split")?,
        subset: find("set", "subset")?,
        genre: find("track", "genre_top")?,
        artist: position("artist", "id").or_else(|| position("artist", "name")),
        album: position("album", "id").or_else(|| position("album", "title")),
    })
}

/// `tracks.csv` in `lists`, or in the folder `fma_metadata` in `root` or in the same folder as `root`.
fn find_tracks(root: &Path, lists: Option<&Path>) -> Result<PathBuf> {
    let folders = match lists {
        Some(folder) => vec![folder.to_path_buf(), folder.join("fma_metadata")],
        None => {
            let beside = std::path::absolute(root).ok().and_then(|root| Some(root.parent()?.join("fma_metadata")));
            [Some(root.join("fma_metadata")), Some(root.to_path_buf()), beside].into_iter().flatten().collect()
        }
    };
    folders.iter().map(|folder| folder.join("tracks.csv")).find(|file| file.is_file()).ok_or_else(|| {
        let message =
            "no tracks.csv in it or in fma_metadata: unpack fma_metadata.zip, and set lists (--lists DIR) to its \
                       folder";
        broken(lists.unwrap_or(root), message)
    })
}
