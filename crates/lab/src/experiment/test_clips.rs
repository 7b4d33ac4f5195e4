//! The test clips of a classifier or an evaluation, in the folder of its predictions: claims need their names and
//! targets.

use std::path::Path;

use error::{shown_path, Code, Error, Result};
use net::Task;
use serde::{Deserialize, Serialize};
use train::dataset::Part;
use train::run::{read_npy, write_npy, TestPredictions};

use crate::probe::Examples;

/// The file, in the folder of the classifier.
const FILE: &str = "test-clips.json";
/// The scores, `[clips, tags]`, as the probe writes them.
const SCORES: &str = "predictions.npy";

/// The content of the file.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TestClips {
    /// Format of the file.
    format: u32,
    /// Whether the tags exclude each other.
    task: Task,
    /// The names of the tags.
    tags: Vec<String>,
    /// The clips, in the order of the scores.
    clips: Vec<TestClip>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct TestClip {
    name: String,
    /// The positions of its tags.
    tags: Vec<usize>,
}

/// Writes the test clips of `examples` into `folder`, if they are not there.
///
/// # Errors
/// [`Code::Output`].
pub(super) fn keep(folder: &Path, examples: &Examples) -> Result<()> {
    let tags = examples.tags.len();
    let clip = |row: usize| clip(&examples.clips[row], &examples.targets[row * tags..(row + 1) * tags]);
    let clips = examples.rows(Part::Test).into_iter().map(clip).collect();
    write(folder, TestClips { format: 1, task: examples.task, tags: examples.tags.clone(), clips })
}

/// Writes the scores and clips of `found` into `folder`; `tags` are the names of the tags.
///
/// # Errors
/// [`Code::Output`].
pub(super) fn keep_predictions(folder: &Path, found: &TestPredictions, tags: &[String]) -> Result<()> {
    let targets = found.targets.chunks_exact(found.tags.max(1));
    let clips = found.clips.iter().zip(targets).map(|(name, targets)| clip(name, targets)).collect();
    let task = if found.single_label { Task::SingleLabel } else { Task::MultiLabel };
    write_npy(&folder.join(SCORES), found.tags, &found.scores)?;
    write(folder, TestClips { format: 1, task, tags: tags.to_vec(), clips })
}

fn clip(name: &str, targets: &[bool]) -> TestClip {
    let tags = targets.iter().enumerate().filter_map(|(tag, has)| has.then_some(tag)).collect();
    TestClip { name: name.to_owned(), tags }
}

fn write(folder: &Path, clips: TestClips) -> Result<()> {
    let bytes = serde_json::to_vec(&clips).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
    let path = folder.join(FILE);
    if std::fs::read(&path).is_ok_and(|before| before == bytes) {
        return Ok(());
    }
    files::write_atomic(&path, &bytes)
}

/// The predictions of the classifier in `folder`, and the names of the tags; `None` if the folder holds none.
///
/// # Errors
/// [`Code::Dataset`] if the files do not fit together; [`Code::Io`].
pub(super) fn predictions(folder: &Path) -> Result<Option<(TestPredictions, Vec<String>)>> {
    let (path, scores) = (folder.join(FILE), folder.join(SCORES));
    if !path.is_file() || !scores.is_file() {
        return Ok(None);
    }
    let bytes = std::fs::read(&path).map_err(|reason| Error::input(&path, Code::Dataset, &reason))?;
    let refuse = |why: String| {
        let message =
            format!("{}: {why}: remove the folder of the row, and run the experiment again", shown_path(&path));
        Error::new(Code::Dataset, message).with_file(&path)
    };
    let TestClips { task, tags, clips, .. } =
        serde_json::from_slice(&bytes).map_err(|reason| refuse(format!("not the clips of a classifier ({reason})")))?;
    let (rows, columns, scores) = read_npy(&scores)?;
    if rows != clips.len() || columns != tags.len() {
        let (count, width) = (clips.len(), tags.len());
        return Err(refuse(format!("{rows} x {columns} scores, expected {count} test clips x {width} tags")));
    }
    let mut targets = vec![false; rows * columns];
    for (row, clip) in clips.iter().enumerate() {
        for &tag in clip.tags.iter().filter(|tag| **tag < columns) {
            targets[row * columns + tag] = true;
        }
    }
    let clips = clips.into_iter().map(|clip| clip.name).collect();
    let single_label = task == Task::SingleLabel;
    Ok(Some((TestPredictions { clips, tags: columns, scores, targets, single_label }, tags)))
}
