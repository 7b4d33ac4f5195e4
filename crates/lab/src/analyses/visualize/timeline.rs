//! The figure of the tags of one file over its time.

use engine::Options;
use error::{Code, Error, Result};

use super::super::timeline::timeline;
use super::{FigureNumbers, Job, TimelineNumbers};

/// Computes the scores of the segments and writes the figure.
pub(super) fn run(job: &mut Job) -> Result<FigureNumbers> {
    let options = job.options;
    let file = options.file.as_deref().ok_or_else(|| Error::new(Code::InvalidOption, "file is missing"))?;
    let device = Options::new(&options.device, options.threads, options.precision)?;
    let line = timeline(&job.model.model, file, &device, job.cancel)?;
    let chosen = line.choose(options.tags.as_deref())?;
    let numbers = FigureNumbers::Timeline(TimelineNumbers {
        file: std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf()),
        starts: line.starts.clone(),
        segment_seconds: line.segment_seconds,
        tags: chosen.iter().map(|&tag| line.tags[tag].clone()).collect(),
        scores: line.scores.iter().map(|row| chosen.iter().map(|&tag| row[tag]).collect()).collect(),
    });
    let header: Vec<&str> = std::iter::once("start").chain(line.tags.iter().map(String::as_str)).collect();
    let rows = line.starts.iter().zip(&line.scores).map(|(start, scores)| {
        std::iter::once(start.to_string()).chain(scores.iter().map(|score| score.to_string())).collect()
    });
    job.output.csv("timeline-scores", &header, rows)?;
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    job.figure("timeline-tags", line.figure(&chosen, &name), &numbers)?;
    Ok(numbers)
}
