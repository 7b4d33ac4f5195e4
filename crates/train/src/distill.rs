//! Distillation: a manifest of soft targets from the scores of a teacher (Hinton, Vinyals, Dean 2015, at temperature
//! 1).

mod score_line;

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use files::{check_output, write_output, Kind, Permission};
use serde::Serialize;
use serde_json::json;
use ts_rs::TS;

use crate::dataset::{broken, listed_splits, Part};
use crate::options::DistillOptions;
use crate::run::write_npy;
use score_line::{ScoreLine, Scored};

/// The result of `distill`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "DistillDone")]
#[serde(tag = "type", rename = "done", rename_all = "camelCase")]
pub struct Distilled {
    /// The manifest, absolute.
    pub manifest: PathBuf,
    /// The folder of the targets of segments, absolute; null if the targets are those of clips.
    pub targets: Option<PathBuf>,
    /// Number of clips.
    pub clips: usize,
    /// Number of tags.
    pub tags: usize,
    /// Number of segments that have targets; null if the targets are those of clips.
    pub segments: Option<usize>,
    /// Number of files without usable scores, which are left out: failed ones, and ones with implausible audio.
    pub failed: usize,
}

/// Makes a manifest of soft targets from the scores of a teacher: one row of weights for each clip or, if the scores
/// have a timeline, for each segment. Nothing is written if a line is wrong.
///
/// # Errors
/// [`Code::InvalidOption`] for an output that is not called `.jsonl`; [`Code::FileNotFound`]; [`Code::Dataset`], with
/// file and line, for a line that is no record of `tag`, for tags that differ from those of the first line, for scores
/// outside 0..1, for a timeline of another length than the segments or of overlapping segments, for a file that occurs
/// twice, and if no line has scores; [`Code::Output`].
pub fn distill(options: &DistillOptions) -> Result<Distilled> {
    if options.out.extension().is_none_or(|suffix| suffix != "jsonl") {
        let message = format!("out must end in .jsonl, received {}", options.out.display());
        return Err(Error::new(Code::InvalidOption, message));
    }
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let (out, scores) = (absolute(&options.out), absolute(&options.scores));
    let inputs: Vec<PathBuf> =
        [Some(scores.clone()), options.splits.as_deref().map(absolute)].into_iter().flatten().collect();
    let permission = Permission { kind: Kind::SOFT_MANIFEST, inputs: &inputs, force: options.force };
    check_output(&out, &permission)?;
    let splits = options.splits.as_deref().map(listed_splits).transpose()?;
    let (rows, failed) = read(&scores)?;
    let by_segment = rows.iter().any(|row| row.timeline.is_some());
    let folder = by_segment.then(|| out.with_extension("targets"));
    if let Some(folder) = &folder {
        make_folder(folder, options.force)?;
    }
    let mut lines = Vec::with_capacity(rows.len());
    for (number, row) in rows.iter().enumerate() {
        let split = splits.as_ref().and_then(|splits| split_of(&row.file, splits));
        lines.push(line(row, split, number, folder.as_deref())?);
    }
    write_output(&out, &permission, |file| lines.iter().try_for_each(|line| writeln!(file, "{line}")))?;
    let segments = rows.iter().filter_map(|row| row.timeline.as_ref()).map(Vec::len).sum();
    Ok(Distilled {
        manifest: out,
        targets: folder,
        clips: rows.len(),
        tags: rows.first().map_or(0, |row| row.tags.len()),
        segments: by_segment.then_some(segments),
        failed,
    })
}

/// The split of `file` by `splits`; a file that they do not list is in the training part.
fn split_of(file: &Path, splits: &HashMap<PathBuf, Option<Part>>) -> Option<Part> {
    let real = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    splits.get(&real).copied().unwrap_or(Some(Part::Train))
}

/// The line of a row in the manifest; writes its targets to `folder` if they are those of segments.
fn line(row: &Scored, split: Option<Part>, number: usize, folder: Option<&Path>) -> Result<String> {
    let Scored { file, tags, weights, timeline } = row;
    let mut line = json!({ "path": file, "source": "distill" });
    match (timeline, folder) {
        (Some(rows), Some(folder)) => {
            let name = format!("{:06}.npy", number + 1);
            write_npy(&folder.join(&name), tags.len(), &rows.concat())?;
            line["tags"] = json!(tags);
            line["targets"] = json!(Path::new(folder.file_name().unwrap_or_default()).join(name));
        }
        _ => line["tags"] = tags.iter().zip(weights).map(|(tag, weight)| (tag.clone(), json!(weight))).collect(),
    }
    if let Some(split) = split {
        line["split"] = json!(split);
    }
    Ok(line.to_string())
}

/// The rows of the scores, and the number of files without usable scores.
fn read(path: &Path) -> Result<(Vec<Scored>, usize)> {
    let text = std::fs::read_to_string(path).map_err(|reason| Error::input(path, Code::Dataset, &reason))?;
    let (mut rows, mut failed): (Vec<Scored>, usize) = (Vec::new(), 0);
    let mut seen = HashSet::new();
    for (number, text) in text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        let refuse = |why: String| broken(path, format!("line {}: {why}", number + 1));
        let scored = match ScoreLine::read(text).map_err(refuse)? {
            ScoreLine::Scored(scored) => scored,
            ScoreLine::Failed => {
                failed += 1;
                continue;
            }
            ScoreLine::Other => continue,
        };
        if let Some(first) = rows.first() {
            scored.must_match(first).map_err(refuse)?;
        }
        if !seen.insert(scored.file.clone()) {
            return Err(refuse(format!("{} has scores twice: keep one of the lines", scored.file.display())));
        }
        rows.push(scored);
    }
    if rows.is_empty() {
        let message = format!(
            "no line has scores: make the file with samplecnn tag --all -o {}",
            path.file_name().unwrap_or_default().display()
        );
        return Err(broken(path, message));
    }
    Ok((rows, failed))
}

/// Makes the folder of the targets; an existing one with files in it is used only with `force`.
fn make_folder(folder: &Path, force: bool) -> Result<()> {
    let holds = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if holds && !force {
        let message = format!(
            "{} already exists: choose another name for the manifest, or replace the targets with force (--force)",
            folder.display()
        );
        return Err(Error::new(Code::Output, message).with_file(folder));
    }
    std::fs::create_dir_all(folder).map_err(|reason| Error::output(folder, &reason))
}
