//! A line of a teacher's scores: a record of `tag`.

use std::path::PathBuf;

use serde::Deserialize;

/// How far the start of a segment may be from the end of the segment before it, in seconds.
const START_TOLERANCE: f64 = 1e-3;

/// What a line says.
pub(super) enum ScoreLine {
    /// The scores of a file.
    Scored(Scored),
    /// A file without usable scores.
    Failed,
    /// An event of the job.
    Other,
}

/// The scores of a file.
pub(super) struct Scored {
    pub(super) file: PathBuf,
    pub(super) tags: Vec<String>,
    /// The scores of the clip, one for each tag.
    pub(super) weights: Vec<f32>,
    /// The scores of each segment, if the record has a timeline.
    pub(super) timeline: Option<Vec<Vec<f32>>>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Tagged {
    file: PathBuf,
    status: String,
    segments: usize,
    tags: Vec<TagScore>,
    #[serde(default)]
    timeline: Option<Timeline>,
}

#[derive(Deserialize)]
struct TagScore {
    tag: String,
    score: f32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Timeline {
    segment_seconds: f64,
    starts: Vec<f64>,
    scores: Vec<Vec<f32>>,
}

impl ScoreLine {
    /// Reads a line. `Err` says what is wrong with it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let wrong = |reason: serde_json::Error| {
            let reason = reason.to_string().replace(" at line 1 column ", " at column ");
            format!("not a record of samplecnn tag --all: {reason}")
        };
        let Record { kind } = serde_json::from_str(text).map_err(wrong)?;
        match kind.as_str() {
            "result" => {}
            "failed" => return Ok(Self::Failed),
            _ => return Ok(Self::Other),
        }
        let Tagged { file, status, segments, tags, timeline } = serde_json::from_str(text).map_err(wrong)?;
        if status == "suspect" {
            return Ok(Self::Failed);
        }
        if tags.is_empty() {
            return Err(format!("{} has no scores: tag with --all", file.display()));
        }
        let (tags, weights): (Vec<String>, Vec<f32>) = tags.into_iter().map(|one| (one.tag, one.score)).unzip();
        check_scores(&file, &weights)?;
        let timeline = timeline.map(|timeline| timeline.rows(&file, segments, tags.len())).transpose()?;
        Ok(Self::Scored(Scored { file, tags, weights, timeline }))
    }
}

impl Scored {
    /// Refuses scores of other tags than `first`, and a mixture of scores with and without a timeline.
    pub(super) fn must_match(&self, first: &Scored) -> Result<(), String> {
        if self.tags != first.tags {
            let differ = self.tags.iter().zip(&first.tags).find(|(ours, theirs)| ours != theirs);
            let what = match differ {
                _ if self.tags.len() != first.tags.len() => {
                    format!("{} tags, but {} has {}", self.tags.len(), first.file.display(), first.tags.len())
                }
                Some((ours, theirs)) => format!("the tag \"{ours}\" where {} has \"{theirs}\"", first.file.display()),
                None => String::new(),
            };
            return Err(format!(
                "{} has {what}: every line must have the scores of all tags of one model in its order (tag --all)",
                self.file.display()
            ));
        }
        match (&self.timeline, &first.timeline) {
            (Some(_), None) | (None, Some(_)) => Err(format!(
                "{} has {} timeline, unlike {}: tag all files with or without --timeline",
                self.file.display(),
                if self.timeline.is_some() { "a" } else { "no" },
                first.file.display()
            )),
            _ => Ok(()),
        }
    }
}

impl Timeline {
    /// The scores of each segment, of a file with `segments` segments and `tags` tags.
    fn rows(self, file: &std::path::Path, segments: usize, tags: usize) -> Result<Vec<Vec<f32>>, String> {
        if self.scores.len() != segments || self.starts.len() != segments {
            return Err(format!(
                "the timeline of {} has {} rows of scores and {} starts for {segments} segments: tag the file again",
                file.display(),
                self.scores.len(),
                self.starts.len()
            ));
        }
        if let Some((number, row)) = self.scores.iter().enumerate().find(|(_, row)| row.len() != tags) {
            return Err(format!(
                "row {number} of the timeline of {} has {} scores for {tags} tags: tag the file again",
                file.display(),
                row.len()
            ));
        }
        let expected = |number: usize| number as f64 * self.segment_seconds;
        let off = |(number, start): &(usize, &f64)| (**start - expected(*number)).abs() > START_TOLERANCE;
        if let Some((number, start)) = self.starts.iter().enumerate().find(off) {
            return Err(format!(
                "segment {number} of {} begins at {start} s, expected {:.3} s: targets need consecutive segments of \
                 the whole file",
                file.display(),
                expected(number)
            ));
        }
        self.scores.iter().try_for_each(|row| check_scores(file, row))?;
        Ok(self.scores)
    }
}

fn check_scores(file: &std::path::Path, scores: &[f32]) -> Result<(), String> {
    match scores.iter().find(|score| !(0.0..=1.0).contains(*score)) {
        Some(score) => Err(format!("{} has the score {score}, expected a number from 0 to 1", file.display())),
        None => Ok(()),
    }
}
