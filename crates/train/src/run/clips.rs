//! `clips.jsonl`: all clips on which a run trains, validates and tests, one line per clip, with the hash of its audio.

use std::collections::HashMap;
use std::path::Path;

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};

use crate::cache::AudioHash;
use crate::dataset::Part;
use crate::part::PartData;

/// Number of clips that a message names for each kind of change.
const NAMED: usize = 5;

/// A clip of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunClip {
    pub(crate) name: String,
    pub(crate) part: Part,
    pub(crate) tags: Vec<String>,
    /// Number of samples at the sampling rate of the network.
    samples: u64,
    /// SHA-256 of the 16-bit samples.
    pub(crate) audio: AudioHash,
}

impl RunClip {
    /// The usable clips of all parts, in order.
    pub(crate) fn of(parts: &[(Part, &PartData)], tags: &[String]) -> Vec<Self> {
        let clip = |part: Part, usable: &crate::part::UsableClip| Self {
            name: usable.clip.name.clone(),
            part,
            tags: usable.clip.tags.iter().filter_map(|&tag| tags.get(tag as usize).cloned()).collect(),
            samples: usable.prepared.samples,
            audio: usable.prepared.audio,
        };
        parts.iter().flat_map(|(part, data)| data.clips.iter().map(|usable| clip(*part, usable))).collect()
    }
}

/// Writes `clips` to `path`.
///
/// # Errors
/// [`Code::Output`].
pub(crate) fn write_clips(path: &Path, clips: &[RunClip]) -> Result<()> {
    let mut text = Vec::new();
    for clip in clips {
        serde_json::to_writer(&mut text, clip).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
        text.push(b'\n');
    }
    files::write_atomic(path, &text)
}

/// Reads the clips at `path`. `None` if the file is missing, empty or damaged: then only the checksum shows that
/// something has changed.
pub(crate) fn read_clips(path: &Path) -> Option<Vec<RunClip>> {
    let text = std::fs::read_to_string(path).ok()?;
    let clips: Vec<RunClip> = text.lines().map(|line| serde_json::from_str(line).ok()).collect::<Option<_>>()?;
    (!clips.is_empty()).then_some(clips)
}

/// Refuses clips that differ from those with which the run started.
///
/// # Errors
/// [`Code::CheckpointMismatch`], which names the clips and what has changed.
pub(crate) fn must_equal_clips(before: &[RunClip], now: &[RunClip]) -> Result<()> {
    let known: HashMap<&str, &RunClip> = before.iter().map(|clip| (clip.name.as_str(), clip)).collect();
    let present: HashMap<&str, &RunClip> = now.iter().map(|clip| (clip.name.as_str(), clip)).collect();
    let changed = |differs: fn(&RunClip, &RunClip) -> bool| -> Vec<&str> {
        let differs = |clip: &&RunClip| known.get(clip.name.as_str()).is_some_and(|old| differs(old, clip));
        now.iter().filter(differs).map(|clip| clip.name.as_str()).collect()
    };
    let absent = |of: &'_ [RunClip], from: &HashMap<&str, &RunClip>| -> Vec<String> {
        of.iter().filter(|clip| !from.contains_key(clip.name.as_str())).map(|clip| clip.name.clone()).collect()
    };
    let owned = |names: Vec<&str>| -> Vec<String> { names.into_iter().map(str::to_owned).collect() };
    let kinds = [
        ("the audio", owned(changed(|a, b| a.audio != b.audio || a.samples != b.samples))),
        ("the tags", owned(changed(|a, b| a.tags != b.tags))),
        ("the part", owned(changed(|a, b| a.part != b.part))),
    ];
    let mut said: Vec<String> = kinds
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what} of {} changed", listed(names)))
        .collect();
    for (what, names) in [("no longer usable", absent(before, &present)), ("new", absent(now, &known))] {
        if !names.is_empty() {
            said.push(format!("{what}: {}", listed(&names)));
        }
    }
    if said.is_empty() && before != now {
        said.push("the order of its clips has changed".to_owned());
    }
    if said.is_empty() {
        return Ok(());
    }
    let message = format!(
        "dataset: it has changed since the run started: {}; restore it, or start over (with force, or in another \
         folder)",
        said.join("; ")
    );
    Err(Error::new(Code::CheckpointMismatch, message))
}

/// The number of clips and the first of their names.
fn listed(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len() {
        1 => shown,
        count if count <= NAMED => format!("{count} clips ({shown})"),
        count => format!("{count} clips ({shown}, ...)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(name: &str, part: Part, audio: &str) -> RunClip {
        RunClip { name: name.into(), part, tags: vec!["x".into()], samples: 3, audio: AudioHash::of(audio.as_bytes()) }
    }

    #[test]
    fn what_has_changed_is_named_by_kind() {
        let before = [clip("a", Part::Train, "1"), clip("b", Part::Valid, "2"), clip("c", Part::Test, "3")];
        must_equal_clips(&before, &before.clone()).unwrap();
        let fails = |change: &dyn Fn(&mut Vec<RunClip>)| {
            let mut now = before.to_vec();
            change(&mut now);
            let failure = must_equal_clips(&before, &now).unwrap_err();
            assert_eq!(failure.code, Code::CheckpointMismatch);
            failure.message
        };
        let message = fails(&|now| now[1].audio = AudioHash::of(b"9"));
        assert!(message.contains("the audio of b changed") && message.contains("restore it"), "{message}");
        assert!(fails(&|now| now[0].tags.clear()).contains("the tags of a changed"));
        assert!(fails(&|now| now[2].part = Part::Train).contains("the part of c"));
        assert!(fails(&|now| now.truncate(2)).contains("no longer usable: c"));
        assert!(fails(&|now| now.push(clip("d", Part::Train, "4"))).contains("new: d"));
        assert!(fails(&|now| now.swap(0, 1)).contains("the order"));
        let all = fails(&|now| now.iter_mut().for_each(|clip| clip.audio = AudioHash::of(b"")));
        assert!(all.contains("the audio of 3 clips (a, b, c)"), "{all}");
    }

    #[test]
    fn clips_are_read_back_and_damage_is_no_list() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clips.jsonl");
        assert_eq!(read_clips(&path), None);
        let clips = [clip("a\n\"b\".wav", Part::Train, "1"), clip("ü", Part::Test, "2")];
        write_clips(&path, &clips).unwrap();
        assert_eq!(read_clips(&path).unwrap(), clips);
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 5]).unwrap();
        assert_eq!(read_clips(&path), None);
    }
}
