//! The file of a copy: the 16-bit samples, little endian, then facts about them as JSON, the SHA-256 of this JSON, its
//! length (32 bits), and a mark. The samples come first, so that they lie at the same place in every copy of a file.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};

use super::copy_name::CopyName;
use super::failure::unread;
use super::handles::read_exact_at;
use super::hash::{AudioHash, AudioHasher, ContentHash};
use super::outcome::{Outcome, Ready};

/// The last bytes of a copy.
const MARK: &[u8; 8] = b"SCNNPCM1";
/// Bytes after the JSON.
const END: usize = 32 + 4 + MARK.len();
/// Largest JSON that is read.
const MOST_FACTS: usize = 1 << 16;
/// Bytes that are hashed at a time; an even number.
const PIECE: usize = 1 << 17;
/// The time of the last use is written at most once in this time.
const USE: Duration = Duration::from_secs(3600);

/// The facts about the samples of a copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Facts {
    content: ContentHash,
    sampling_rate: u32,
    limit: Option<u64>,
    /// The path of the file that was decoded, as in messages.
    pub(super) file: String,
    #[serde(flatten)]
    pub(super) outcome: Outcome,
}

impl Facts {
    pub(super) fn new(name: &CopyName, file: &Path, outcome: Outcome) -> Self {
        let file = file.display().to_string();
        Self { content: name.content, sampling_rate: name.rate, limit: name.limit, file, outcome }
    }

    /// Whether the copy holds what a reading of the first `wish` samples of the file (`None`: all) gives.
    pub(super) fn fits(&self, wish: Option<u64>) -> bool {
        let Outcome::Ready(ready) = &self.outcome else { return self.limit == wish };
        match wish {
            None => self.limit.is_none(),
            // A reading that reaches the end of the file is that of the whole file.
            Some(wish) if self.limit.is_none() && wish > ready.samples => true,
            Some(wish) if self.limit == Some(wish) => true,
            // How much of the damage lies in the first samples is not known.
            Some(wish) => ready.is_intact() && wish > ready.settled && self.limit.is_none_or(|limit| limit > wish),
        }
    }
}

/// Writes the copy `name` to `path`, completely or not at all.
///
/// # Errors
/// [`Code::Output`]; [`Code::Io`] if the reason is temporary.
pub(super) fn write(path: &Path, facts: &Facts, samples: &[u8]) -> Result<()> {
    let text = serde_json::to_vec(facts).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
    if let Some(folder) = path.parent() {
        files::make_folder(folder)?;
    }
    files::write_unsynced_with(path, |file| {
        file.write_all(samples)?;
        file.write_all(&text)?;
        file.write_all(AudioHash::of(&text).as_bytes())?;
        file.write_all(&(text.len() as u32).to_le_bytes())?;
        file.write_all(MARK)
    })
}

/// What a copy is good for.
#[derive(Debug, PartialEq)]
pub(super) enum Copy {
    /// It holds what was wished: the outcome is that of the first samples that were wished.
    Fits(Facts),
    /// It holds something else.
    Other,
    /// It does not hold what was written.
    Damaged,
    /// It does not exist.
    Missing,
}

/// Opens the copy `name` at `path`, reads all of it and compares it with its hash. It is used: its time is set to now.
///
/// # Errors
/// [`Code::Io`] if it cannot be read this time.
pub(super) fn check(path: &Path, name: &CopyName, wish: Option<u64>) -> Result<Copy> {
    let Some(mut file) = open(path)? else { return Ok(Copy::Missing) };
    let checked = (|| {
        let Some(mut facts) = facts(&mut file, name)? else { return Ok(Copy::Damaged) };
        if !facts.fits(wish) {
            return Ok(Copy::Other);
        }
        if let Outcome::Ready(ready) = &mut facts.outcome {
            let Some((samples, audio)) = hashed(&file, ready, wish)? else { return Ok(Copy::Damaged) };
            (ready.samples, ready.audio) = (samples, audio);
        }
        Ok(Copy::Fits(facts))
    })();
    let copy = checked.map_err(|reason| unread(path, &reason))?;
    if matches!(copy, Copy::Fits(_)) {
        note_use(&file);
    }
    Ok(copy)
}

/// Whether the copy `name` at `path` holds what was written; `None` if it does not exist.
///
/// # Errors
/// [`Code::Io`] if it cannot be read this time.
pub(super) fn is_sound(path: &Path, name: &CopyName) -> Result<Option<bool>> {
    let Some(mut file) = open(path)? else { return Ok(None) };
    let sound = facts(&mut file, name).and_then(|facts| match facts.map(|facts| facts.outcome) {
        None => Ok(false),
        Some(Outcome::Failed { .. }) => Ok(true),
        Some(Outcome::Ready(ready)) => hashed(&file, &ready, None).map(|hashed| hashed.is_some()),
    });
    sound.map(Some).map_err(|reason| unread(path, &reason))
}

/// The facts about the copy `name` at `path`; `None` if it is missing or damaged. The samples are not read.
///
/// # Errors
/// [`Code::Io`] if it cannot be read this time.
pub(super) fn facts_of(path: &Path, name: &CopyName) -> Result<Option<Facts>> {
    let Some(mut file) = open(path)? else { return Ok(None) };
    facts(&mut file, name).map_err(|reason| unread(path, &reason))
}

/// `None` if there is no such file.
fn open(path: &Path) -> Result<Option<File>> {
    match File::open(path) {
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some).map_err(|reason| unread(path, &reason)),
    }
}

/// `None` if the end of the file is not that of the copy `name`.
fn facts(file: &mut File, name: &CopyName) -> io::Result<Option<Facts>> {
    let length = file.metadata()?.len();
    let Some(end) = length.checked_sub(END as u64) else { return Ok(None) };
    let mut tail = [0; END];
    read_exact_at(file, &mut tail, end)?;
    let size = u32::from_le_bytes([tail[32], tail[33], tail[34], tail[35]]) as usize;
    let Some(start) = end.checked_sub(size as u64) else { return Ok(None) };
    if &tail[36..] != MARK || size > MOST_FACTS {
        return Ok(None);
    }
    let mut text = vec![0; size];
    read_exact_at(file, &mut text, start)?;
    if AudioHash::of(&text).as_bytes() != &tail[..32] {
        return Ok(None);
    }
    let facts = serde_json::from_slice::<Facts>(&text).ok();
    let samples = |facts: &Facts| match &facts.outcome {
        Outcome::Ready(ready) => ready.samples,
        Outcome::Failed { .. } => 0,
    };
    Ok(facts.filter(|facts| {
        (facts.content, facts.sampling_rate, facts.limit) == (name.content, name.rate, name.limit)
            && samples(facts).checked_mul(2) == Some(start)
    }))
}

/// The number and the hash of the first `wish` samples; `None` if the samples differ from those that were written.
fn hashed(file: &File, ready: &Ready, wish: Option<u64>) -> io::Result<Option<(u64, AudioHash)>> {
    let wanted = wish.map_or(ready.samples, |wish| wish.min(ready.samples));
    let mut hasher = AudioHasher::default();
    let mut first = None;
    let mut piece = vec![0; PIECE.min(2 * ready.samples as usize)];
    let (mut at, total) = (0, 2 * ready.samples);
    while at < total {
        // A piece ends where the wish ends.
        let stop = if at < 2 * wanted { 2 * wanted } else { total };
        let piece = &mut piece[..(stop - at).min(PIECE as u64) as usize];
        match read_exact_at(file, piece, at) {
            Err(reason) if reason.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        }
        hasher.update(piece);
        at += piece.len() as u64;
        if at == 2 * wanted && wanted < ready.samples {
            first = Some(hasher.clone().finish());
        }
    }
    let whole = hasher.finish();
    Ok((whole == ready.audio).then(|| (wanted, first.unwrap_or(whole))))
}

/// Sets the time of the last use. Best effort: without it, the copy only seems older.
fn note_use(file: &File) {
    let now = SystemTime::now();
    let recent = |time: SystemTime| now.duration_since(time).is_ok_and(|age| age < USE);
    if !file.metadata().and_then(|facts| facts.modified()).is_ok_and(recent) {
        let _ = file.set_modified(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Failure;

    fn ready(samples: u64, settled: u64) -> Ready {
        Ready { samples, audio: AudioHash::of(b""), settled, damaged_packets: 0, damage: None }
    }

    fn facts_with(limit: Option<u64>, outcome: Outcome) -> Facts {
        let name = CopyName { rate: 8000, content: ContentHash::of(b"x"), limit };
        Facts::new(&name, Path::new("x.wav"), outcome)
    }

    #[test]
    fn a_copy_serves_what_a_reading_of_the_file_would_give() {
        let fits = |limit, ready: &Ready, wish| facts_with(limit, Outcome::Ready(ready.clone())).fits(wish);
        let plain = ready(1000, 0);
        for (limit, wish, expected) in [
            (None, None, true),
            (None, Some(2000), true),
            (None, Some(1000), true),
            (None, Some(1), true),
            (Some(1000), None, false),
            (Some(1000), Some(1001), false),
            (Some(1000), Some(1000), true),
            (Some(1000), Some(999), true),
        ] {
            assert_eq!(fits(limit, &plain, wish), expected, "{limit:?} {wish:?}");
        }
        let late = ready(1000, 400);
        assert!(fits(None, &late, Some(401)) && !fits(None, &late, Some(400)));
        assert!(fits(Some(400), &ready(400, 400), Some(400)), "the same limit");
        for damaged in
            [Ready { damaged_packets: 1, ..plain.clone() }, Ready { damage: Some("cut".to_owned()), ..plain.clone() }]
        {
            assert!(fits(None, &damaged, None) && fits(None, &damaged, Some(1001)), "to the end");
            assert!(!fits(None, &damaged, Some(1000)) && !fits(None, &damaged, Some(1)));
            assert!(fits(Some(1000), &damaged, Some(1000)) && !fits(Some(1000), &damaged, Some(999)));
        }
        let failed = Outcome::Failed { error: Failure { code: "ERR_SILENCE".into(), message: "silent".into() } };
        assert!(facts_with(Some(5), failed.clone()).fits(Some(5)));
        assert!(!facts_with(Some(5), failed.clone()).fits(Some(4)) && !facts_with(None, failed).fits(Some(4)));
    }

    #[test]
    fn every_changed_byte_of_a_copy_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy.pcm");
        let name = CopyName { rate: 8000, content: ContentHash::of(b"x"), limit: None };
        let samples: Vec<u8> = (0..600u32).flat_map(|i| ((i * 37) as i16).to_le_bytes()).collect();
        let held = Ready { audio: AudioHash::of(&samples), ..ready(600, 0) };
        let facts = Facts::new(&name, Path::new("x.wav"), Outcome::Ready(held.clone()));
        write(&path, &facts, &samples).unwrap();
        assert_eq!(check(&path, &name, None).unwrap(), Copy::Fits(facts.clone()));
        let first = Ready { samples: 200, audio: AudioHash::of(&samples[..400]), ..held };
        let expected = Facts { outcome: Outcome::Ready(first), ..facts.clone() };
        assert_eq!(check(&path, &name, Some(200)).unwrap(), Copy::Fits(expected));
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 16;
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(check(&path, &name, None).unwrap(), Copy::Damaged, "byte {at}");
            assert_eq!(is_sound(&path, &name).unwrap(), Some(false));
        }
        for length in [0, 1, END - 1, END, 1200, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(check(&path, &name, None).unwrap(), Copy::Damaged, "cut to {length}");
        }
        std::fs::write(&path, &whole).unwrap();
        let other = CopyName { content: ContentHash::of(b"y"), ..name };
        assert_eq!(check(&path, &other, None).unwrap(), Copy::Damaged, "the copy of another file");
        assert_eq!(check(&folder.path().join("none"), &name, None).unwrap(), Copy::Missing);
    }
}
