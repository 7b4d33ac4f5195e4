//! Features from a file: an .npy of float32 `[files, width]` beside a .jsonl of the files, as `embed` writes them.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use error::{shown_path, Code, Error, Result};
use serde::Deserialize;
use train::dataset::{Clip, Dataset};
use train::Event;

use super::npy::Npy;
use super::source::{FeatureSource, SourceFacts, Unusable};

/// The features in a file.
pub struct FeaturesFile {
    npy: PathBuf,
    list: PathBuf,
    facts: SourceFacts,
    /// What the list says about each file.
    files: HashMap<PathBuf, Row>,
}

/// What the list says about a file.
#[derive(Clone, Debug, PartialEq)]
enum Row {
    /// It has features.
    Features {
        /// The number of its row in the array.
        row: usize,
        /// Seconds of audio, if the list says so.
        duration: Option<f64>,
    },
    /// Why it has none.
    Failed(String),
}

/// A line of the list. Other lines, such as `done`, have none of these fields.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    #[serde(rename = "type")]
    kind: String,
    file: Option<String>,
    model_hash: Option<String>,
    levels: Option<Vec<i32>>,
    duration: Option<f64>,
    width: Option<usize>,
    /// The row in the array; without it, rows are in the order of the lines.
    row: Option<usize>,
    /// The embedding of the job, in the first line of a list that `embed` wrote.
    embedding: Option<LineEmbedding>,
    error: Option<LineError>,
}

#[derive(Deserialize)]
struct LineEmbedding {
    levels: Vec<i32>,
}

#[derive(Deserialize)]
struct LineError {
    message: String,
}

impl FeaturesFile {
    /// Reads the list beside the array file `npy`, and the header of the array. Relative paths in the list are relative
    /// to the list.
    ///
    /// # Errors
    /// [`Code::FileNotFound`] for a missing file; [`Code::Dataset`] for a line that cannot be understood, with its
    /// number, for a file that is listed twice, and for a list and an array of different sizes;
    /// [`Code::CheckpointMismatch`] for rows that different models or levels gave.
    pub fn open(npy: impl AsRef<Path>) -> Result<Self> {
        let npy = npy.as_ref().to_path_buf();
        let list = npy.with_extension("jsonl");
        let array = Npy::open(&npy)?;
        let failed = |reason: std::io::Error| Error::input(&list, Code::Dataset, &reason);
        let reader = BufReader::new(File::open(&list).map_err(failed)?);
        let folder = list.parent().map(Path::to_path_buf).unwrap_or_default();
        let mut facts = SourceFacts { width: array.columns, model_hash: None, levels: None };
        let mut files = HashMap::with_capacity(array.rows);
        let (mut rows, mut numbered) = (0, false);
        for (number, text) in reader.lines().enumerate() {
            let text = text.map_err(failed)?;
            let at = |why: &str| {
                let message = format!("{}, line {}: {why}", shown_path(&list), number + 1);
                Error::new(Code::Dataset, message).with_file(&list).shown()
            };
            if text.trim().is_empty() {
                continue;
            }
            let line: Line = serde_json::from_str(&text).map_err(|reason| at(&reason.to_string()))?;
            agree(&mut facts, &line).map_err(|why| {
                let message = format!(
                    "{}, line {}: {why}; features of different models or levels cannot be mixed: compute them again \
                     with one model",
                    shown_path(&list),
                    number + 1
                );
                Error::new(Code::CheckpointMismatch, message).with_file(&list).shown()
            })?;
            let row = match line.kind.as_str() {
                "embedding" => {
                    if let Some(width) = line.width.filter(|&width| width != array.columns) {
                        let (file, columns) = (shown_path(&npy), array.columns);
                        return Err(at(&format!("the width is {width}, but the rows of {file} have {columns} values")));
                    }
                    let row = line.row.unwrap_or(rows);
                    if row >= array.rows {
                        let (file, rows) = (shown_path(&npy), array.rows);
                        return Err(at(&format!("row {row}, counted from 0, but {file} has {rows} rows")));
                    }
                    rows += 1;
                    Row::Features { row, duration: line.duration }
                }
                "failed" => Row::Failed(line.error.map_or_else(|| "it failed".to_owned(), |error| error.message)),
                _ => continue,
            };
            let file = line.file.ok_or_else(|| at("a row without \"file\""))?;
            // Where the lines say their rows, a later line of a file replaces the earlier one, as in every output.
            numbered |= line.row.is_some();
            if files.insert(folder.join(&file), row).is_some() && !numbered {
                return Err(at(&format!("{file} is listed twice")));
            }
        }
        if rows != array.rows && !numbered {
            let message = format!(
                "{} lists {rows} files, but {} has {} rows: both must come from the same call of `samplecnn embed`",
                shown_path(&list),
                shown_path(&npy),
                array.rows
            );
            return Err(Error::new(Code::Dataset, message).with_file(&list));
        }
        Ok(Self { npy, list, facts, files })
    }

    /// The entry of each clip, matched by path: as it is written, else with links resolved on both sides.
    fn entries(&self, clips: &[Clip]) -> Result<Vec<&Row>> {
        let mut resolved: Option<HashMap<PathBuf, &Row>> = None;
        let mut entries = Vec::with_capacity(clips.len());
        let mut missing: Option<(&Clip, usize)> = None;
        for clip in clips {
            let found = self.files.get(&clip.path).or_else(|| {
                let resolved = resolved.get_or_insert_with(|| {
                    let of = |(file, row)| Some((std::fs::canonicalize(file).ok()?, row));
                    self.files.iter().filter_map(of).collect()
                });
                std::fs::canonicalize(&clip.path).ok().and_then(|path| resolved.get(&path).copied())
            });
            match (found, &mut missing) {
                (Some(row), _) => entries.push(row),
                (None, Some((_, count))) => *count += 1,
                (None, none) => *none = Some((clip, 1)),
            }
        }
        let Some((first, count)) = missing else { return Ok(entries) };
        let message = format!(
            "{} has no features of {}{}: compute the features of all files of the dataset",
            shown_path(&self.list),
            shown_path(&first.path),
            if count == 1 { String::new() } else { format!(" and {} other clips of the dataset", count - 1) }
        );
        Err(Error::new(Code::Dataset, message).with_file(&first.path))
    }
}

/// Takes over what the line says about the model and the levels; the error is what differs.
fn agree(facts: &mut SourceFacts, line: &Line) -> std::result::Result<(), String> {
    if let Some(hash) = &line.model_hash {
        let known = facts.model_hash.get_or_insert_with(|| hash.clone());
        if known != hash {
            return Err(format!("features of another model (hash {hash}, before {known})"));
        }
    }
    if let Some(levels) = line.levels.as_ref().or(line.embedding.as_ref().map(|embedding| &embedding.levels)) {
        let known = facts.levels.get_or_insert_with(|| levels.clone());
        if known != levels {
            return Err(format!("features of other levels ({levels:?}, before {known:?})"));
        }
    }
    Ok(())
}

impl FeatureSource for FeaturesFile {
    fn facts(&self) -> &SourceFacts {
        &self.facts
    }

    fn read(
        &mut self,
        dataset: &Dataset,
        take: &mut dyn FnMut(usize, &[f32]),
        _on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<Vec<Unusable>> {
        let mut array = Npy::open(&self.npy)?;
        let mut wanted = vec![None; array.rows];
        let mut unusable = Vec::new();
        for (clip, row) in self.entries(&dataset.clips)?.into_iter().enumerate() {
            let reason = match row {
                Row::Failed(reason) => reason.clone(),
                Row::Features { duration, .. } if is_too_short(*duration, dataset.least_seconds()) => {
                    "it is too short for the split of the dataset".to_owned()
                }
                Row::Features { row, .. } => match wanted.get_mut(*row) {
                    Some(place) => {
                        *place = Some(clip);
                        continue;
                    }
                    // The array was replaced by a shorter one in the meantime.
                    None => "its row is missing".to_owned(),
                },
            };
            unusable.push(Unusable { clip, reason });
        }
        let mut row = vec![0.0; array.columns];
        for place in wanted {
            if cancel.load(Ordering::Relaxed) {
                return Err(Error::aborted());
            }
            match place {
                Some(clip) => {
                    array.next(&mut row)?;
                    take(clip, &row);
                }
                None => array.skip()?,
            }
        }
        Ok(unusable)
    }
}

/// Whether a clip of `duration` seconds is too short for a split of clips of at least `least` seconds.
fn is_too_short(duration: Option<f64>, least: Option<f64>) -> bool {
    duration.zip(least).is_some_and(|(duration, least)| duration < least)
}
