//! Reads the scores of the test clips that a run has saved.

use std::path::Path;

use error::{Code, Error, Result};
use net::Task;

use super::clips::read_clips;
use super::config::Config;
use super::npy::read_npy;
use crate::dataset::Part;
use crate::metrics::Scored;

/// The scores of the test clips of a finished run, and their targets.
#[derive(Clone, Debug, PartialEq)]
pub struct TestPredictions {
    /// Names of the clips.
    pub clips: Vec<String>,
    /// Number of tags.
    pub tags: usize,
    /// `[clips, tags]`: the score of each clip for each tag, 0..1.
    pub scores: Vec<f32>,
    /// `[clips, tags]`: whether each clip has each tag.
    pub targets: Vec<bool>,
    /// Whether the tags exclude each other.
    pub single_label: bool,
}

impl TestPredictions {
    /// The scores and targets for a bootstrap over the clips; `present` `[tags]` are the tags that count.
    pub fn scored<'a>(&'a self, present: &'a [bool]) -> Scored<'a> {
        let clips = self.clips.iter().map(String::as_str).collect();
        let Self { scores, targets, single_label, .. } = self;
        Scored { clips, present, scores, targets, single_label: *single_label }
    }

    /// Reads the predictions of the finished run in `folder`. `None` if it saved none: it had no test clips, or a
    /// version that did not list its clips made it.
    ///
    /// # Errors
    /// Those of [`Config::load`]; [`Code::Dataset`] if the files of the run do not fit together; [`Code::Io`].
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join("predictions-test.npy");
        let Some(list) = read_clips(&folder.join("clips.jsonl")).filter(|_| path.exists()) else { return Ok(None) };
        let config = Config::load(&folder.join("config.json"))?;
        let (rows, tags, scores) = read_npy(&path)?;
        let test: Vec<_> = list.into_iter().filter(|clip| clip.part == Part::Test).collect();
        if rows != test.len() || tags != config.tags.len() {
            let message = format!(
                "{}: {rows} x {tags} scores, expected {} test clips x {} tags: the files of the run do not fit \
                 together; train it again (force)",
                path.display(),
                test.len(),
                config.tags.len()
            );
            return Err(Error::new(Code::Dataset, message).with_file(&path));
        }
        let has = |clip: &super::RunClip| config.tags.iter().map(|tag| clip.tags.contains(tag)).collect::<Vec<_>>();
        let targets = test.iter().flat_map(has).collect();
        let clips = test.into_iter().map(|clip| clip.name).collect();
        Ok(Some(Self { clips, tags, scores, targets, single_label: config.task == Task::SingleLabel }))
    }
}
