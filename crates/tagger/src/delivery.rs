//! Turns outcomes into records and counts them, for the consumer of the records.

use std::sync::atomic::Ordering;
use std::time::Instant;

use engine::ClipScore;
use error::Code;

use crate::decode::Heard;
use crate::options::{EmbeddingChoice, Selection};
use crate::pipeline::{FileOutcome, Shared};
use crate::record::{
    ClipFacts, Done, Embedded, Failed, FileFacts, Progress, Record, Status, TagScore, TagTimeline, Tagged,
};

/// The tags of a clip that are in its record.
pub fn chosen(scores: &[f32], selection: &Selection, tags: &[String]) -> Vec<TagScore> {
    let chosen = selection.indices(scores).into_iter();
    chosen.map(|index| TagScore { tag: tags[index].clone(), score: scores[index] }).collect()
}

/// The record of a tagged file.
pub fn tagged(file: FileFacts, heard: Heard, score: &ClipScore, selection: &Selection, tags: &[String]) -> Tagged {
    let tags = chosen(&score.scores, selection, tags);
    let abstained = selection.abstains(tags.len());
    Tagged { file, clip: facts(heard, score.segments), tags, abstained, timeline: None }
}

/// The scores of the selected tags over the time of a clip, whose segments follow each other and have `seconds`.
fn timeline(score: &ClipScore, selection: &Selection, seconds: f64) -> TagTimeline {
    let indices = selection.indices(&score.scores);
    let of_segment = |scores: &[f32]| indices.iter().map(|&index| scores[index]).collect();
    TagTimeline {
        segment_seconds: seconds,
        starts: (0..score.segments).map(|segment| segment as f64 * seconds).collect(),
        scores: score.timeline.chunks_exact(score.scores.len().max(1)).map(of_segment).collect(),
    }
}

/// What is known about the audio of a file that was analysed in `segments` segments.
fn facts(heard: Heard, segments: usize) -> ClipFacts {
    ClipFacts {
        status: match heard.doubt {
            Some(_) => Status::Suspect,
            None if heard.partial => Status::Partial,
            None => Status::Ok,
        },
        duration: heard.duration,
        segments,
        short: heard.short,
        damaged_packets: heard.damaged_packets,
        promised: heard.promised.filter(|_| heard.partial),
        heard: heard.partial.then_some(heard.duration),
        decoder: heard.decoder,
        downmix: heard.downmix.as_str(),
        doubt: heard.doubt,
    }
}

/// The state of the consumer of the records.
pub struct Delivery {
    pub tags: Vec<String>,
    pub selection: Selection,
    /// What the records have of an embedding; `None` for the records of `tag`.
    pub embedding: Option<EmbeddingChoice>,
    /// Seconds of a segment, if the records have timelines.
    pub segment_seconds: Option<f64>,
    pub counts: Progress,
    pub began: Instant,
    pub reported: Instant,
    pub done: bool,
}

impl Delivery {
    /// The record of `outcome`, and for a result of tagging the scores of all tags.
    pub fn record(&self, outcome: FileOutcome) -> (Record, Vec<f32>) {
        match outcome {
            FileOutcome::Failed(file, error) => (Record::Failed(Failed { file, error: (&error).into() }), Vec::new()),
            FileOutcome::Skipped(skipped) => (Record::Skipped(skipped), Vec::new()),
            FileOutcome::Tagged(file, heard, score) => match &self.embedding {
                None => {
                    let mut tagged = tagged(file, heard, &score, &self.selection, &self.tags);
                    tagged.timeline = self.segment_seconds.map(|seconds| timeline(&score, &self.selection, seconds));
                    (Record::Result(tagged), score.scores)
                }
                Some(choice) => (Record::Embedding(self.embedded(file, heard, score, choice)), Vec::new()),
            },
        }
    }

    /// The record of an embedded file.
    fn embedded(&self, file: FileFacts, heard: Heard, score: ClipScore, choice: &EmbeddingChoice) -> Embedded {
        let tags = choice.tags.then(|| chosen(&score.scores, &self.selection, &self.tags));
        let abstained = tags.as_ref().is_some_and(|tags| self.selection.abstains(tags.len()));
        Embedded {
            file,
            clip: facts(heard, score.segments),
            levels: choice.embedding.levels.clone(),
            width: score.embedding.len(),
            values: score.embedding,
            row: None,
            tags,
            abstained,
        }
    }

    /// Counts a record.
    pub fn count(&mut self, record: &Record) {
        self.counts.files += 1;
        match record {
            Record::Result(Tagged { clip, .. }) | Record::Embedding(Embedded { clip, .. }) => {
                self.counts.ok += 1;
                self.counts.audio_seconds += clip.duration;
            }
            Record::Failed(failed) => {
                self.counts.failed += 1;
                self.counts.unfinished += u64::from(failed.error.code == Code::Io.as_str());
            }
            Record::Skipped(skipped) => {
                self.counts.skipped += 1;
                self.counts.failed_before += u64::from(skipped.failed_before);
            }
        }
    }

    /// The current progress of the job.
    pub fn progress(&self, shared: &Shared) -> Progress {
        let total = Some(shared.total.load(Ordering::Relaxed)).filter(|&total| total >= self.counts.files.max(1));
        let decoded_seconds = shared.decoded.load(Ordering::Relaxed) as f64 / f64::from(shared.rate);
        Progress { total, decoded_seconds, seconds: self.began.elapsed().as_secs_f64(), ..self.counts }
    }

    /// The final counts; `left_out` is the count of the walk.
    pub fn counts(&self, left_out: u64) -> Done {
        let Progress { files, ok, failed, unfinished, skipped, failed_before, audio_seconds, .. } = self.counts;
        let seconds = self.began.elapsed().as_secs_f64();
        Done { files, ok, failed, unfinished, skipped, failed_before, left_out, audio_seconds, seconds }
    }
}
