//! The TAGTRAUM genre annotations of the Million Song Dataset (protocols.md 1.5).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use error::{Code, Error, Result};
use net::Task;

use super::msd::cut_lists;
use super::msd_files::MsdFiles;
use super::text::{entries, read_text};
use super::{broken, Part, Place, RawClip, RawDataset};

/// How many ids of the published training list are the training part; the following ones are the validation part.
const TRAINING: usize = 141_372;
/// The published lists of ids; the second one is optional.
const LISTS: [&str; 3] = ["train_list.cP", "valid_list.cP", "test_list.cP"];

/// Reads the annotations (`.cls`) and, if they are there, the published lists; without lists the split is drawn.
/// Genres are in lower case.
pub(super) fn read(root: &Path, lists: Option<&Path>) -> Result<RawDataset> {
    let lists = lists.unwrap_or(root);
    let annotations: Arc<Path> = find_annotations(lists)?.into();
    let genres = genres(&annotations)?;
    let mut files = MsdFiles::open(root, lists)?;
    let published = LISTS.iter().any(|name| lists.join(name).is_file());
    let split = if published { "tagtraum, stratified, clips of at least 29.1 s" } else { "tagtraum" };
    let mut source = RawDataset::new(Task::SingleLabel, split.to_owned());
    let mut add = |id: &str, part: Option<Part>, place: Place, tags: &[String]| {
        let (name, path) = files.of(id);
        let place = Some(place);
        source.rows.push(RawClip { name, path, tags: tags.to_vec(), part, place, ..RawClip::default() });
    };
    if published {
        let by_id: HashMap<&str, &[String]> = genres.iter().map(|row| (row.id.as_str(), &row.genres[..])).collect();
        for (id, part, place) in cut_lists(lists, LISTS, TRAINING)? {
            let Some(tags) = by_id.get(id.as_str()) else {
                let message = format!(
                    "{id} has no genre in {}; the lists belong to msd_tagtraum_cd2c.cls",
                    annotations.display()
                );
                return Err(place.broken(&message));
            };
            add(&id, Some(part), place, tags);
        }
    } else {
        for row in &genres {
            add(&row.id, None, Place { file: annotations.clone(), line: row.line }, &row.genres);
        }
    }
    files.warn(&mut source);
    Ok(source)
}

/// A line of the annotations.
struct Row {
    line: u64,
    id: String,
    /// One genre; two in the annotations that also name the genre of a minority.
    genres: Vec<String>,
}

/// The lines are `id<TAB>genre`; those that begin with `#` are comments.
fn genres(file: &Path) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (line, text) in entries(&read_text(file)?) {
        let mut cells = text.split('\t').map(str::trim).filter(|cell| !cell.is_empty());
        let id = cells.next().unwrap_or_default().to_owned();
        let genres: Vec<String> = cells.map(str::to_lowercase).collect();
        if genres.is_empty() {
            return Err(broken(file, format!("line {line}: expected ID<TAB>GENRE, received \"{text}\"")));
        }
        rows.push(Row { line, id, genres });
    }
    Ok(rows)
}

/// The published file, or the only `.cls` file of `folder`.
fn find_annotations(folder: &Path) -> Result<PathBuf> {
    let published = folder.join("msd_tagtraum_cd2c.cls");
    if published.is_file() {
        return Ok(published);
    }
    let entries = std::fs::read_dir(folder).map_err(|reason| Error::input(folder, Code::Dataset, &reason))?;
    let is_list = |path: &PathBuf| path.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("cls"));
    let found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_list).collect();
    match found.as_slice() {
        [only] => Ok(only.clone()),
        _ => {
            let message = format!(
                "{} .cls files in it, expected msd_tagtraum_cd2c.cls of tagtraum.com; set lists (--lists DIR) to its \
                 folder",
                found.len()
            );
            Err(broken(folder, message))
        }
    }
}
