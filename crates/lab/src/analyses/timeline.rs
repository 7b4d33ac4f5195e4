//! The tags of one file over its time.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use audio::SegmentPolicy;
use charts::{Axis, Figure, HeatMap, Panel};
use engine::{ClipScorer, Inference, Options};
use error::{Code, Error, Result};
use net::Model;

/// Segments that are computed at once.
const BATCH: usize = 16;
/// Tags that are shown unless others are asked for.
const SHOWN: usize = 10;

/// The scores of all tags for each segment of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// Seconds of audio in the file.
    pub duration: f64,
    /// The start of each segment in seconds.
    pub starts: Vec<f64>,
    /// Seconds of a segment.
    pub segment_seconds: f64,
    /// The tags, in the order of the model.
    pub tags: Vec<String>,
    /// The score of each segment and tag, 0..1, `[segments][tags]`.
    pub scores: Vec<Vec<f32>>,
}

/// Computes the scores of every segment of `file`, one after the other without overlap, as `tag` does.
///
/// # Errors
/// Those of decoding the file and of the engine; [`Code::Aborted`] after `cancel`.
pub fn timeline(model: &Model, file: &Path, options: &Options, cancel: &AtomicBool) -> Result<Timeline> {
    let Model { architecture, tags, parameters, task, .. } = model;
    let (rate, length) = (architecture.sampling_rate, architecture.input_length);
    let mut proceed = || if cancel.load(Ordering::Relaxed) { Err(Error::aborted()) } else { Ok(()) };
    let mut segments: Vec<Vec<f32>> = Vec::new();
    let policy = SegmentPolicy::All;
    let (decoded, _) = audio::read_segments_while(file, rate, length, policy, &mut proceed, &mut segments)?;
    let inference = Inference::new(architecture, tags.len(), parameters, BATCH, options)?;
    let mut scorer = ClipScorer::new(inference, *task);
    scorer.begin(0);
    for segment in &segments {
        proceed()?;
        scorer.push(0, segment)?;
    }
    scorer.end(0);
    scorer.flush()?;
    let clips = scorer.finished();
    let rows = clips.iter().flat_map(|clip| clip.timeline.chunks_exact(tags.len().max(1)));
    let scores: Vec<Vec<f32>> = rows.map(<[f32]>::to_vec).collect();
    let segment_seconds = length as f64 / f64::from(rate);
    Ok(Timeline {
        duration: decoded.duration,
        starts: (0..scores.len()).map(|segment| segment as f64 * segment_seconds).collect(),
        segment_seconds,
        tags: tags.clone(),
        scores,
    })
}

impl Timeline {
    /// The mean over the segments of each tag: the score that `tag` gives the file.
    pub fn means(&self) -> Vec<f64> {
        let mean = |tag: usize| self.scores.iter().map(|row| f64::from(row[tag])).sum::<f64>();
        (0..self.tags.len()).map(|tag| mean(tag) / self.scores.len().max(1) as f64).collect()
    }

    /// The tags `asked`, or the ten with the highest mean score, the highest first.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a tag that the model does not have.
    pub fn choose(&self, asked: Option<&[String]>) -> Result<Vec<usize>> {
        let means = self.means();
        let mut chosen: Vec<usize> = match asked {
            None => (0..self.tags.len()).collect(),
            Some(names) => names
                .iter()
                .map(|name| {
                    self.tags.iter().position(|tag| tag == name).ok_or_else(|| {
                        let known = self.tags.join(", ");
                        let why = format!("tags: the model has no tag \"{name}\"; it has {known}");
                        Error::new(Code::InvalidOption, why)
                    })
                })
                .collect::<Result<_>>()?,
        };
        chosen.sort_by(|&one, &other| means[other].total_cmp(&means[one]).then(one.cmp(&other)));
        if asked.is_none() {
            chosen.truncate(SHOWN);
        }
        Ok(chosen)
    }

    /// The scores of the tags `chosen` as a picture: a row for each tag, time from left to right.
    pub fn figure(&self, chosen: &[usize], name: &str) -> Figure {
        let means = self.means();
        let names = chosen.iter().map(|&tag| format!("{} ({:.2})", self.tags[tag], means[tag]));
        let rows = chosen.iter().map(|&tag| self.scores.iter().map(|row| f64::from(row[tag])).collect()).collect();
        let end = self.scores.len() as f64 * self.segment_seconds;
        let mut heat = HeatMap::new("score", rows).edges([0.0, end], [-0.5, chosen.len() as f64 - 0.5]);
        heat.range = Some([0.0, 1.0]);
        let panel = Panel::new(Axis::linear("time").unit("s").range(0.0, end), Axis::categories("", names)).layer(heat);
        Figure::new(format!("Tags over the time of {name}"))
            .caption("The score of each tag in each segment; behind each tag its mean, which is the score of the file.")
            .panel(panel)
            .panel_size(560.0, 22.0 * chosen.len().max(2) as f64)
    }
}
