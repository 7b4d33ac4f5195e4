//! What a tagging job says: one record per file, and events about the whole job.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use error::{Code, Error, WarningCode};
use serde::Serialize;
use ts_rs::TS;

/// Version of the records; part of [`Start`].
pub const SCHEMA: u32 = 1;

/// What `tag` yields: one record per file, in input order.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TagRecord")]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Record {
    /// Its tags.
    Result(Tagged),
    /// Why it has none.
    Failed(Failed),
    /// Why it was not looked at.
    Skipped(Skipped),
}

/// The tags of a file.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TagResult")]
#[serde(rename_all = "camelCase")]
pub struct Tagged {
    /// Which file.
    #[serde(flatten)]
    pub file: FileFacts,
    /// `partial`: damaged packets were left out, or less came than the container promises. `suspect`: the samples are no
    /// plausible sound, see `doubt`.
    #[ts(inline)]
    pub status: Status,
    /// Seconds of audio.
    pub duration: f64,
    /// Segments behind the mean.
    pub segments: usize,
    /// Whether the clip was shorter than one segment and padded with zeros.
    pub short: bool,
    /// Packets that could not be decoded and were left out, and places where packets are missing.
    pub damaged_packets: u64,
    /// Seconds that the container promises; absent unless the file was heard in part and its container promises a length.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub promised: Option<f64>,
    /// Seconds that came of it; absent unless the file was heard in part.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub heard: Option<f64>,
    /// What decoded it.
    pub decoder: String,
    /// How its channels became one: `mean`, or `loudest channel` where they would cancel each other in the mean.
    #[ts(type = "\"mean\" | \"loudest channel\"")]
    pub downmix: &'static str,
    /// Why its samples are not to be trusted; only with the status `suspect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub doubt: Option<String>,
    /// The tags that were asked for; by score, ties in the model's order, unless all were asked for.
    pub tags: Vec<TagScore>,
}

/// Whether all of a file was heard, and as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All of it.
    Ok,
    /// Damaged packets were left out, or less came than the container promises.
    Partial,
    /// Its samples go beyond any plausible level, or are no numbers: the tags mean little.
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
    /// 0..1: mean over the segments.
    pub score: f32,
}

/// A file that could not be tagged.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TagFailed")]
pub struct Failed {
    /// Which file.
    #[serde(flatten)]
    pub file: FileFacts,
    /// Why it could not be tagged.
    pub error: Failure,
}

/// A failure as a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Failure {
    /// Stable code, such as `ERR_DECODE`.
    #[ts(as = "Code")]
    pub code: &'static str,
    /// For people.
    pub message: String,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self { code: error.code.as_str(), message: error.message.clone() }
    }
}

/// A file that the output holds already, or that came before in the same job.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TagSkipped")]
pub struct Skipped {
    /// Which file.
    #[serde(flatten)]
    pub file: FileFacts,
    /// Why it was skipped.
    pub reason: String,
    /// Whether it failed in an earlier job.
    #[serde(skip)]
    pub failed_before: bool,
    /// Where the output has the row of the file under its former path.
    #[serde(skip)]
    pub(crate) moved: Option<std::ops::Range<u64>>,
}

/// The file a record is about, and what tells whether it has changed since.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FileFacts {
    /// Absolute path; where the name is not valid Unicode, with replacement characters.
    pub file: String,
    /// The path's bytes in hexadecimal, where `file` cannot hold them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub file_bytes: Option<String>,
    /// Bytes; absent for a missing file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub size: Option<u64>,
    /// Time of the last change, whole milliseconds since 1970; absent for a missing file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub modified: Option<u64>,
    /// A hash of its size and its first and last 64 KiB, by which `out` knows a file that was moved. Only with `out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub fingerprint: Option<String>,
    /// The path itself.
    #[serde(skip)]
    pub path: PathBuf,
}

impl FileFacts {
    /// The facts of `path`, which is made absolute (symbolic links are kept).
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

/// What `tag` tells about the whole job.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TagEvent")]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event {
    /// The job begins; the first event.
    Start(Start),
    /// How far it is; at most ten a second.
    Progress(Progress),
    /// Something that a person should know and that stops nothing.
    Warning(Warning),
    /// The job is complete; the last event.
    Done(Done),
}

/// A tagging job begins: the facts on which all of its records rest.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TagStart")]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// Version of these records.
    #[ts(type = "1")]
    pub schema: u32,
    /// Version of samplecnn.
    pub version: String,
    /// Absolute path of the model file; null for a model that was made in memory.
    pub model: Option<String>,
    /// SHA-256 of the model file, hexadecimal.
    pub model_hash: String,
    /// Where the network runs.
    pub device: String,
    /// In which number format it multiplies.
    #[ts(inline)]
    pub precision: engine::Precision,
    /// Hz of the waveform the network hears.
    pub sampling_rate: u32,
    /// Number of tags.
    pub tags: usize,
    /// Which segments are used: all, or this number of segments, evenly spread.
    #[ts(type = "\"all\" | number")]
    pub segments: audio::SegmentPolicy,
    /// Whether every tag is kept, in the model's order.
    pub all: bool,
    /// Most tags of a file; null where there is no limit.
    pub top: Option<usize>,
    /// Lowest score of a tag that is kept; null where there is none.
    pub threshold: Option<f64>,
}

/// How far a tagging job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, TS)]
#[ts(rename = "TagProgress")]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Files with a record.
    pub files: u64,
    /// Files there are; null until all folders have been listed, and for standard input.
    pub total: Option<u64>,
    /// Of `files`: results, partial ones included.
    pub ok: u64,
    /// Of `files`: failed.
    pub failed: u64,
    /// Of `failed`: for a reason that passes (`ERR_IO`); the same job tries them again.
    pub unfinished: u64,
    /// Of `files`: skipped.
    pub skipped: u64,
    /// Of `skipped`: failed in an earlier job.
    pub failed_before: u64,
    /// Seconds of audio in the results.
    pub audio_seconds: f64,
    /// Seconds of audio decoded, those of files that are not complete included. With a number of segments a file counts at its end.
    pub decoded_seconds: f64,
    /// Seconds since the start.
    pub seconds: f64,
}

/// Something that a person should know and that stops nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(rename = "WarningRecord")]
pub struct Warning {
    /// Stable code, such as `folder-without-audio`.
    pub code: WarningCode,
    /// For people.
    pub message: String,
}

impl Warning {
    /// A warning of the kind `code`.
    pub fn new(code: WarningCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// A tagging job is complete: the final counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TagDone")]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// Files with a record: `ok + failed + skipped`.
    pub files: u64,
    /// Results, partial ones included.
    pub ok: u64,
    /// Failed files.
    pub failed: u64,
    /// Of `failed`: for a reason that passes (`ERR_IO`). They are not in `out`; the same job tries them again.
    pub unfinished: u64,
    /// Skipped files.
    pub skipped: u64,
    /// Of `skipped`: failed in an earlier job.
    pub failed_before: u64,
    /// Files and folders that were left out because they hold nobody's music: those of systems, and marked folders.
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
            tags: vec![TagScore { tag: "rock".into(), score: 0.1 }],
        });
        assert_eq!(
            serde_json::to_string(&record).unwrap(),
            concat!(
                r#"{"type":"result","file":"/a.wav","size":9,"modified":7,"status":"partial","duration":1.5,"segments":2,"#,
                r#""short":false,"damagedPackets":1,"promised":2.5,"heard":1.5,"decoder":"symphonia","downmix":"mean","#,
                r#""tags":[{"tag":"rock","score":0.1}]}"#
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
