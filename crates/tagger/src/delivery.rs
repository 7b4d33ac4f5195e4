//! From outcomes to records and counts: the side of the one who fetches.

use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::options::Selection;
use crate::pipeline::{Outcome, Shared};
use crate::record::{Done, Failed, Progress, Record, Skipped, Status, TagScore, Tagged};

/// The side of the one who fetches records.
pub struct Delivery {
    pub tags: Vec<String>,
    pub selection: Selection,
    pub counts: Progress,
    pub began: Instant,
    pub reported: Instant,
    pub done: bool,
}

impl Delivery {
    /// The record of `outcome`, and a result's score of every tag.
    pub fn record(&self, outcome: Outcome) -> (Record, Vec<f32>) {
        match outcome {
            Outcome::Failed(file, error) => (Record::Failed(Failed { file, error: (&error).into() }), Vec::new()),
            Outcome::Skipped(file, reason) => (Record::Skipped(Skipped { file, reason }), Vec::new()),
            Outcome::Tagged(file, heard, score) => {
                let chosen = self.selection.indices(&score.scores).into_iter();
                let tags = chosen.map(|index| TagScore { tag: self.tags[index].clone(), score: score.scores[index] });
                let tagged = Tagged {
                    file,
                    status: match heard.doubt {
                        Some(_) => Status::Suspect,
                        None if heard.partial => Status::Partial,
                        None => Status::Ok,
                    },
                    duration: heard.duration,
                    segments: score.segments,
                    short: heard.short,
                    damaged_packets: heard.damaged_packets,
                    promised: heard.promised.filter(|_| heard.partial),
                    heard: heard.partial.then_some(heard.duration),
                    decoder: heard.decoder,
                    downmix: heard.downmix.as_str(),
                    doubt: heard.doubt,
                    tags: tags.collect(),
                };
                (Record::Result(tagged), score.scores)
            }
        }
    }

    /// Counts a record.
    pub fn count(&mut self, record: &Record) {
        self.counts.files += 1;
        match record {
            Record::Result(result) => {
                self.counts.ok += 1;
                self.counts.audio_seconds += result.duration;
            }
            Record::Failed(_) => self.counts.failed += 1,
            Record::Skipped(_) => self.counts.skipped += 1,
        }
    }

    /// How far the job is.
    pub fn progress(&self, shared: &Shared) -> Progress {
        let total = Some(shared.total.load(Ordering::Relaxed)).filter(|&total| total >= self.counts.files.max(1));
        Progress { total, seconds: self.began.elapsed().as_secs_f64(), ..self.counts }
    }

    /// The final counts.
    pub fn counts(&self) -> Done {
        let Progress { files, ok, failed, skipped, audio_seconds, .. } = self.counts;
        Done { files, ok, failed, skipped, audio_seconds, seconds: self.began.elapsed().as_secs_f64() }
    }
}
