//! The output of a tagging job: one record per file, and events about the whole job.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use error::{shown, Code, Error, WarningCode};
use serde::Serialize;
use ts_rs::TS;

/// Version of the records; part of [`Start`].
pub const SCHEMA: u32 = 1;

/// The records that `tag` yields: one per file, in input order.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TagRecord")]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Record {
    /// The tags of the file.
    Result(Tagged),
    /// The embedding of the file; only from `embed`.
    #[ts(skip)]
    Embedding(Embedded),
    /// The reason why the file could not be tagged.
    Failed(Failed),
    /// The reason why the file was not processed.
    Skipped(Skipped),
}

/// The tags of a file.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TagResult")]
#[serde(rename_all = "camelCase")]
pub struct Tagged {
    /// The file.
    #[serde(flatten)]
    pub file: FileFacts,
    /// The audio in the file.
    #[serde(flatten)]
    pub clip: ClipFacts,
    /// The selected tags, ordered by score (ties in the order of the model); with `all` every tag in the order of the
    /// model.
    pub tags: Vec<TagScore>,
    /// Whether no tag is above its threshold in the model, so that the model says nothing about the file; absent if not.
    /// Only by default, with a model whose card has an output rule.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub abstained: bool,
    /// The scores of these tags over the time of the file; only with the option `timeline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub timeline: Option<TagTimeline>,
}

/// The scores of tags over the time of a file.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TagTimeline {
    /// Seconds of a segment.
    pub segment_seconds: f64,
    /// The start of each segment in seconds.
    pub starts: Vec<f64>,
    /// The scores of each segment, 0..1, `[segments][tags]`; the tags are those of the record, in its order.
    pub scores: Vec<Vec<f32>>,
}

/// The embedding of a file.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "EmbeddingResult")]
#[serde(rename_all = "camelCase")]
pub struct Embedded {
    /// The file.
    #[serde(flatten)]
    pub file: FileFacts,
    /// The audio in the file.
    #[serde(flatten)]
    pub clip: ClipFacts,
    /// The hidden layers, counted from the end, in the order of their values.
    pub levels: Vec<i32>,
    /// Number of values.
    pub width: usize,
    /// The values, level after level. Absent in the lines beside a `.npy` file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<f32>,
    /// The row of the values in the `.npy` file, counted from 0; only in the lines beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub row: Option<u64>,
    /// The selected tags as in a result of `tag`; only with the option `tags`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub tags: Option<Vec<TagScore>>,
    /// As in a result of `tag`; only with the option `tags`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub abstained: bool,
}

/// What is known about the audio of a file after it was decoded.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ClipFacts {
    /// `partial`: damaged packets were left out, or the audio is shorter than the container announces. `suspect`: the
    /// samples are not plausible audio; `doubt` has the reason.
    #[ts(inline)]
    pub status: Status,
    /// Seconds of audio.
    pub duration: f64,
    /// Number of segments over which the scores or the values are averaged.
    pub segments: usize,
    /// Whether the clip was shorter than one segment and padded with zeros.
    pub short: bool,
    /// Number of packets that could not be decoded and were left out, and of places where packets are missing.
    pub damaged_packets: u64,
    /// Duration that the container announces, in seconds; absent unless the file is `partial` and its container
    /// announces a duration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub promised: Option<f64>,
    /// Duration of the decoded audio in seconds; absent unless the file is `partial`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub heard: Option<f64>,
    /// The decoder.
    pub decoder: String,
    /// How the channels were mixed to mono: `mean`, or `loudest channel` if they would cancel each other in the mean.
    #[ts(type = "\"mean\" | \"loudest channel\"")]
    pub downmix: &'static str,
    /// The reason why the samples are suspect; only with the status `suspect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub doubt: Option<String>,
}

/// Whether the whole file was decoded, and whether its samples are plausible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The whole file was decoded.
    Ok,
    /// Damaged packets were left out, or the audio is shorter than the container announces.
    Partial,
    /// The samples are implausibly loud or not finite: the tags are unreliable.
    Suspect,
}

impl Status {
    /// The word in records and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Partial => "partial",
            Status::Suspect => "suspect",
        }
    }
}

/// A tag and its score.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct TagScore {
    /// The tag's name.
    pub tag: String,
    /// The score, 0..1: the mean over the segments.
    pub score: f32,
}

/// A file that could not be tagged.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TagFailed")]
pub struct Failed {
    /// The file.
    #[serde(flatten)]
    pub file: FileFacts,
    /// The reason why it could not be tagged.
    pub error: Failure,
}

/// An error as a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Failure {
    /// Stable error code, such as `ERR_DECODE`.
    #[ts(as = "Code")]
    pub code: &'static str,
    /// Message for people.
    pub message: String,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self { code: error.code.as_str(), message: error.message.clone() }
    }
}

/// A file that the output contains already, or that occurred before in the same job.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TagSkipped")]
pub struct Skipped {
    /// The file.
    #[serde(flatten)]
    pub file: FileFacts,
    /// The reason why it was skipped.
    pub reason: String,
    /// Whether it failed in an earlier job.
    #[serde(skip)]
    pub failed_before: bool,
    /// The position of the row of the file under its former path in the output.
    #[serde(skip)]
    pub(crate) moved: Option<std::ops::Range<u64>>,
}

/// The file of a record, and the properties by which changes are detected.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FileFacts {
    /// Absolute path; parts that are not valid Unicode are replaced by replacement characters.
    pub file: String,
    /// The bytes of the path in hexadecimal; present only if the path is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub file_bytes: Option<String>,
    /// Size in bytes; absent for a missing file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub size: Option<u64>,
    /// Time of the last modification in whole milliseconds since 1970; absent for a missing file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub modified: Option<u64>,
    /// A hash of the size and the first and last 64 KiB, by which `out` recognises a file that was moved. Present only
    /// with `out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub fingerprint: Option<String>,
    /// The path itself.
    #[serde(skip)]
    pub path: PathBuf,
}

impl FileFacts {
    /// The facts about `path`, which is made absolute (symbolic links are kept).
    pub fn of(path: &Path) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let metadata = std::fs::metadata(&path).ok();
        let modified = metadata.as_ref().and_then(|m| m.modified().ok());
        Self {
            file: path.to_string_lossy().into_owned(),
            file_bytes: path.to_str().is_none().then(|| hex::encode(path.as_os_str().as_encoded_bytes())),
            size: metadata.as_ref().map(std::fs::Metadata::len),
            modified: modified.and_then(|t| t.duration_since(UNIX_EPOCH).ok()).map(|t| t.as_millis() as u64),
            fingerprint: None,
            path,
        }
    }
}

/// The events of `tag`, about the whole job.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TagEvent")]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event {
    /// The job has started; the first event.
    Start(Start),
    /// The progress of the job; at most ten times per second.
    Progress(Progress),
    /// A problem that does not stop the job.
    Warning(Warning),
    /// The job is complete; the last event.
    Done(Done),
}

/// A tagging job has started: the settings on which all its records depend.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TagStart")]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// Version of the format of these records.
    #[ts(type = "1")]
    pub schema: u32,
    /// Version of samplecnn.
    pub version: String,
    /// Absolute path of the model file; null for a model made in memory.
    pub model: Option<String>,
    /// SHA-256 of the model file, hexadecimal.
    pub model_hash: String,
    /// The device of the network.
    pub device: String,
    /// Arithmetic precision of the network.
    #[ts(inline)]
    pub precision: engine::Precision,
    /// Sampling rate of the network in Hz.
    pub sampling_rate: u32,
    /// Number of tags.
    pub tags: usize,
    /// Which segments are used: all, or this number of segments, evenly spread.
    #[ts(type = "\"all\" | number | `overlapping:${number}`")]
    pub segments: audio::SegmentPolicy,
    /// Whether every tag is kept, in the order of the model.
    pub all: bool,
    /// Largest number of tags per file; null for no limit.
    pub top: Option<usize>,
    /// Lowest score of a tag; null for no limit.
    pub threshold: Option<f64>,
    /// Whether a tag must be above its threshold in the model, as the card of the model says; absent if not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub thresholds: bool,
    /// Whether the records have the scores over the time of the file; absent if not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub timeline: bool,
    /// Whether the scores were mapped to probabilities by the calibration of the model; absent if not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub calibrated: bool,
    /// The embedding; absent in a job that only tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, inline)]
    pub embedding: Option<StartEmbedding>,
}

#[cfg(test)]
impl Start {
    /// A job for tests.
    pub(crate) fn example() -> Self {
        Self {
            schema: 1,
            version: "0".into(),
            model: Some("/model".into()),
            model_hash: "hash".into(),
            device: "cpu".into(),
            precision: engine::Precision::F32,
            sampling_rate: 8000,
            tags: 4,
            segments: audio::SegmentPolicy::All,
            all: false,
            top: None,
            threshold: None,
            thresholds: false,
            timeline: false,
            calibrated: false,
            embedding: None,
        }
    }
}

/// The embedding of a job of `embed`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StartEmbedding {
    /// The hidden layers, counted from the end.
    pub levels: Vec<i32>,
    /// Number of values of a file.
    pub width: usize,
    /// The reduction over the time of a segment.
    #[ts(inline)]
    pub within_segment: engine::Reduction,
    /// The reduction over the segments of a file.
    #[ts(inline)]
    pub across_segments: engine::Reduction,
    /// Whether the records also have tags.
    pub tags: bool,
}

/// The progress of a tagging job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, TS)]
#[ts(rename = "TagProgress")]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Number of files with a record.
    pub files: u64,
    /// Total number of files; null until all folders have been listed, and if the paths come from standard input.
    pub total: Option<u64>,
    /// Of `files`: results, including partial ones.
    pub ok: u64,
    /// Of `files`: failed.
    pub failed: u64,
    /// Of `failed`: number of temporary failures (`ERR_IO`); the same job tries these files again.
    pub unfinished: u64,
    /// Of `files`: skipped.
    pub skipped: u64,
    /// Of `skipped`: failed in an earlier job.
    pub failed_before: u64,
    /// Seconds of audio in the results.
    pub audio_seconds: f64,
    /// Seconds of audio decoded, including files that are not complete. With a limited number of segments, a file
    /// counts when it is complete.
    pub decoded_seconds: f64,
    /// Seconds since the start.
    pub seconds: f64,
}

/// A problem that does not stop the job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(rename = "WarningRecord")]
pub struct Warning {
    /// Stable warning code, such as `folder-without-audio`.
    pub code: WarningCode,
    /// Message for people.
    pub message: String,
}

impl Warning {
    /// A warning with the code `code`. Control characters in names that `message` quotes are escaped.
    pub fn new(code: WarningCode, message: impl AsRef<str>) -> Self {
        Self { code, message: shown(message.as_ref()) }
    }
}

/// A tagging job is complete: the final counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TagDone")]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// Number of files with a record: `ok + failed + skipped`.
    pub files: u64,
    /// Number of results, including partial ones.
    pub ok: u64,
    /// Number of failed files.
    pub failed: u64,
    /// Of `failed`: number of temporary failures (`ERR_IO`). These files are not in `out`; the same job tries them
    /// again.
    pub unfinished: u64,
    /// Number of skipped files.
    pub skipped: u64,
    /// Of `skipped`: failed in an earlier job.
    pub failed_before: u64,
    /// Number of files and folders that were left out: system files, system folders and marked folders.
    pub left_out: u64,
    /// Seconds of audio in the results.
    pub audio_seconds: f64,
    /// Seconds from start to end.
    pub seconds: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_one_flat_object() {
        let record = Record::Result(Tagged {
            file: FileFacts {
                file: "/a.wav".into(),
                file_bytes: None,
                size: Some(9),
                modified: Some(7),
                fingerprint: None,
                path: "/a.wav".into(),
            },
            clip: ClipFacts {
                status: Status::Partial,
                duration: 1.5,
                segments: 2,
                short: false,
                damaged_packets: 1,
                promised: Some(2.5),
                heard: Some(1.5),
                decoder: "symphonia".into(),
                downmix: "mean",
                doubt: None,
            },
            tags: vec![TagScore { tag: "rock".into(), score: 0.1 }],
            abstained: false,
            timeline: None,
        });
        assert_eq!(
            serde_json::to_string(&record).unwrap(),
            concat!(
                r#"{"type":"result","file":"/a.wav","size":9,"modified":7,"status":"partial","duration":1.5,"#,
                r#""segments":2,"short":false,"damagedPackets":1,"promised":2.5,"heard":1.5,"#,
                r#""decoder":"symphonia","downmix":"mean","tags":[{"tag":"rock","score":0.1}]}"#
            )
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_not_unicode_keeps_its_bytes() {
        use std::os::unix::ffi::OsStrExt;
        let facts = FileFacts::of(Path::new(std::ffi::OsStr::from_bytes(b"/none/a\xff.mp3")));
        assert_eq!(facts.file, "/none/a\u{fffd}.mp3");
        assert_eq!(facts.file_bytes.as_deref(), Some("2f6e6f6e652f61ff2e6d7033"));
        assert_eq!(facts.size, None);
    }
}
