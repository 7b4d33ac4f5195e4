//! Draws the split of clips that have none: about 80 % train, 10 % valid, 10 % test.

use std::path::{Component, Path};

use audio::has_audio_suffix;
use engine::Purpose;
use error::{Code, Error, Result};
use net::Task;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::{Part, RawClip};
use crate::permutation::permutation;

/// The rules by which clips are assigned to parts. A run keeps the rules with which it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub enum SplitRules {
    /// A shuffled list of all clips is cut into three parts, so that adding or removing a clip moves other clips. The
    /// default for MagnaTagATune is `tagged`. Version 0.1.0 used these rules.
    Shuffled,
    /// A hash of the seed and the name of the clip decides, so that other clips have no influence. The default for
    /// MagnaTagATune is `kaist`.
    #[default]
    Hashed,
}

impl SplitRules {
    /// The rules of runs and models that do not record their rules.
    pub(crate) fn unnamed() -> Self {
        SplitRules::Shuffled
    }
}

impl From<SplitRules> for u32 {
    fn from(rules: SplitRules) -> u32 {
        match rules {
            SplitRules::Shuffled => 1,
            SplitRules::Hashed => 2,
        }
    }
}

impl TryFrom<u32> for SplitRules {
    type Error = Error;

    fn try_from(number: u32) -> Result<Self> {
        match number {
            1 => Ok(SplitRules::Shuffled),
            2 => Ok(SplitRules::Hashed),
            _ => Err(Error::new(
                Code::ModelVersion,
                format!("split rules {number}, this version knows 1 and 2: update samplecnn"),
            )),
        }
    }
}

/// The part of every row: its own if it has one, else the drawn part.
pub(super) fn draw(
    rows: &[RawClip],
    folder: &Path,
    labels: &[Vec<u32>],
    task: Task,
    seed: u64,
    by: SplitRules,
) -> Vec<Part> {
    match by {
        // Groups are newer than the old rules.
        SplitRules::Shuffled if rows.iter().all(|row| row.drawn_as.is_none()) => shuffled(rows, labels, task, seed),
        SplitRules::Shuffled | SplitRules::Hashed => {
            let part = |row: &RawClip| row.part.unwrap_or_else(|| part_of(seed, &drawn_identity(row, folder)));
            rows.iter().map(part).collect()
        }
    }
}

/// A seed close to `seed` that gives every part at least one clip; `None` if none of a thousand seeds does.
pub(super) fn seed_for_all_parts(rows: &[RawClip], folder: &Path, seed: u64) -> Option<u64> {
    let names: Vec<(Option<Part>, String)> = rows.iter().map(|row| (row.part, drawn_identity(row, folder))).collect();
    (0..1000).map(|step| seed.wrapping_add(step)).find(|&seed| {
        let mut found = [false; 3];
        names.iter().for_each(|(part, name)| found[part.unwrap_or_else(|| part_of(seed, name)) as usize] = true);
        found == [true; 3]
    })
}

/// The identity that is drawn: that of the clip, or that of its group.
fn drawn_identity(row: &RawClip, folder: &Path) -> String {
    row.drawn_as.clone().unwrap_or_else(|| identity(&row.name, folder))
}

/// The identity of a clip for the hash: its path relative to `folder` with `/` between folders, in NFC, without the
/// suffix of audio files. A recording keeps its part when it is converted, when the folder is moved, and on every
/// system.
fn identity(name: &str, folder: &Path) -> String {
    let name = name.replace('\\', "/");
    let path = Path::new(&name);
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let path = path.strip_prefix(&absolute).or_else(|_| path.strip_prefix(folder)).unwrap_or(path);
    let path = if has_audio_suffix(path) { path.with_extension("") } else { path.to_path_buf() };
    let mut parts: Vec<String> = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if parts.last().is_some_and(|last| last != "..") => {
                parts.pop();
            }
            other => parts.push(other.as_os_str().to_string_lossy().nfc().collect()),
        }
    }
    parts.join("/")
}

/// The part that `seed` assigns to a clip with this identity, or to a group of clips with this name.
fn part_of(seed: u64, identity: &str) -> Part {
    let hash = Sha256::digest(format!("samplecnn split\n{seed}\n{identity}"));
    let mut leading = [0; 8];
    leading.copy_from_slice(&hash[..8]);
    match (u128::from(u64::from_be_bytes(leading)) * 10) >> 64 {
        0 => Part::Valid,
        1 => Part::Test,
        _ => Part::Train,
    }
}

/// If single-label, each class is split separately, so that every class with at least three clips is in every part.
fn shuffled(rows: &[RawClip], labels: &[Vec<u32>], task: Task, seed: u64) -> Vec<Part> {
    let mut undecided: Vec<usize> = (0..rows.len()).filter(|&row| rows[row].part.is_none()).collect();
    undecided.sort_by(|&a, &b| rows[a].name.cmp(&rows[b].name));
    let mut parts: Vec<Part> = rows.iter().map(|row| row.part.unwrap_or(Part::Train)).collect();
    let mut strata: std::collections::BTreeMap<u32, Vec<usize>> = std::collections::BTreeMap::new();
    for row in undecided {
        let stratum = if task == Task::SingleLabel { labels[row].first().copied().unwrap_or(0) } else { 0 };
        strata.entry(stratum).or_default().push(row);
    }
    for (stratum, members) in strata {
        let order = permutation(seed, Purpose::Split, u64::from(stratum), members.len());
        let (valid, test) = held_out(members.len());
        for (place, &pick) in order.iter().enumerate() {
            parts[members[pick as usize]] = match place {
                p if p < valid => Part::Valid,
                p if p < valid + test => Part::Test,
                _ => Part::Train,
            };
        }
    }
    parts
}

/// How many of `count` clips are in the valid part and in the test part.
fn held_out(count: usize) -> (usize, usize) {
    let tenth = (count + 5) / 10;
    match count {
        0 | 1 => (0, 0),
        2 => (1, 0),
        _ => (tenth.max(1), tenth.max(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(names: impl Iterator<Item = String>) -> Vec<RawClip> {
        names.map(|name| RawClip { path: name.clone().into(), name, ..RawClip::default() }).collect()
    }

    fn numbered(count: usize) -> Vec<RawClip> {
        rows((0..count).map(|i| format!("{i:04}.wav")))
    }

    fn hashed(rows: &[RawClip], seed: u64) -> Vec<Part> {
        draw(rows, Path::new("/data"), &vec![vec![]; rows.len()], Task::MultiLabel, seed, SplitRules::Hashed)
    }

    fn count(parts: &[Part], part: Part) -> usize {
        parts.iter().filter(|&&p| p == part).count()
    }

    #[test]
    fn about_eighty_ten_ten_by_the_seed() {
        let rows = numbered(10_000);
        let parts = hashed(&rows, 1);
        // Standard deviation 30.
        for part in [Part::Valid, Part::Test] {
            assert!((850..1150).contains(&count(&parts, part)), "{part}: {}", count(&parts, part));
        }
        assert_eq!(parts, hashed(&rows, 1));
        assert_ne!(parts, hashed(&rows, 2));
    }

    #[test]
    fn other_rows_move_no_clip() {
        let names = |parts: Vec<Part>, rows: &[RawClip]| -> std::collections::BTreeMap<String, Part> {
            rows.iter().map(|row| row.name.clone()).zip(parts).collect()
        };
        let all = numbered(300);
        let before = names(hashed(&all, 7), &all);
        let mut fewer: Vec<RawClip> = numbered(300).into_iter().skip(1).step_by(2).collect();
        fewer.reverse();
        for (name, part) in names(hashed(&fewer, 7), &fewer) {
            assert_eq!(before[&name], part, "{name}");
        }
        let mut more = rows(["+first.wav".to_owned()].into_iter());
        more.extend(numbered(300));
        let after = names(hashed(&more, 7), &more);
        assert!(before.iter().all(|(name, part)| after[name] == *part));
    }

    #[test]
    fn the_parts_of_these_names_stay_in_every_version() {
        let rows = rows(["a.wav", "b/c.flac", "d.mp3", "e.ogg", "é.wav", "rock/001.au"].map(str::to_owned).into_iter());
        let letters: String = hashed(&rows, 11).iter().map(|part| &part.as_str()[..2]).collect();
        assert_eq!(letters, "tevatrtrvatr");
    }

    #[test]
    fn one_recording_has_one_identity() {
        let folder = Path::new("/data/set");
        for name in ["x/y.wav", "x\\y.flac", "./x/y.MP3", "x/z/../y.au", "/data/set/x/y.wav"] {
            assert_eq!(identity(name, folder), "x/y", "{name}");
        }
        assert_eq!(identity("e\u{301}.wav", folder), identity("\u{e9}.wav", folder));
        assert_eq!(identity("blues/blues.00029", folder), "blues/blues.00029");
        assert_ne!(identity("../x/y.wav", folder), identity("x/y.wav", folder));
        assert_eq!(identity("/else/y.wav", folder), "//else/y");
    }

    #[test]
    fn a_given_split_stays() {
        let mut rows = numbered(20);
        rows[3].part = Some(Part::Test);
        assert_eq!(hashed(&rows, 1)[3], Part::Test);
    }

    #[test]
    fn another_seed_helps_where_a_part_is_empty() {
        let rows = numbered(6);
        let seed = seed_for_all_parts(&rows, Path::new("/data"), 0).unwrap();
        let parts = hashed(&rows, seed);
        assert!(Part::ALL.iter().all(|&part| count(&parts, part) > 0), "{seed}: {parts:?}");
        assert_eq!(seed_for_all_parts(&numbered(2), Path::new("/data"), 0), None);
    }

    #[test]
    fn the_first_rules_still_stand_for_old_runs() {
        let labels: Vec<Vec<u32>> = (0..60).map(|i| vec![u32::from(i >= 55)]).collect();
        let by = |rows: &[RawClip]| draw(rows, Path::new(""), &labels, Task::SingleLabel, 9, SplitRules::Shuffled);
        let rows = numbered(60);
        let parts = by(&rows);
        for class in 0..2 {
            let of: Vec<Part> = (0..60).filter(|&i| labels[i] == [class]).map(|i| parts[i]).collect();
            assert!(Part::ALL.iter().all(|&part| count(&of, part) >= 1), "{class}: {of:?}");
        }
        assert_eq!(serde_json::to_string(&SplitRules::Shuffled).unwrap(), "1");
        assert_eq!(serde_json::from_str::<SplitRules>("2").unwrap(), SplitRules::Hashed);
        assert!(serde_json::from_str::<SplitRules>("3").is_err());
    }
}
