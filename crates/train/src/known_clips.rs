//! Which clips a model was trained and validated on. The model file stores hashes of their audio, so that an evaluation
//! can report whether it uses the same clips.

use std::collections::HashSet;

use base64::prelude::{Engine as _, BASE64_STANDARD_NO_PAD};
use error::Result;
use net::Model;
use serde_json::{json, Value};
use sha2::{Digest, Sha256};

use crate::part::PartData;

/// The key in the training record of the model.
const KEY: &str = "clipHashes";
/// The version of the hashes; hashes of other versions are ignored.
const FORMAT: u64 = 1;
/// Bytes of a hash that are stored. With a million stored clips, one in a million other clips is mistaken for a stored
/// one.
const BYTES: usize = 5;
/// Samples of each of the stretches that are hashed of a long clip.
const STRETCH: usize = 2048;

type Hash = [u8; BYTES];

/// Hashes of clips.
#[derive(Default)]
struct Hashes {
    audio: Vec<Hash>,
    /// Hashes of names: if another stretch of each clip is used, the audio cannot be compared.
    names: Vec<Hash>,
}

/// Largest number of clips whose hashes a model stores: about 7 MiB of the 16 MiB that a header may have.
const MOST: usize = 500_000;

/// The training and validation clips of a training.
#[derive(Default)]
pub(crate) struct KnownClips {
    train: Hashes,
    valid: Hashes,
}

/// How many clips of an evaluation the model was trained and validated on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KnownCounts {
    pub(crate) train: usize,
    pub(crate) valid: usize,
}

impl KnownClips {
    /// The clips of a training part and a validation part.
    ///
    /// # Errors
    /// [`error::Code::Io`].
    pub(crate) fn of(train: &PartData, valid: &PartData) -> Result<Self> {
        Ok(Self { train: Hashes::of(train)?, valid: Hashes::of(valid)? })
    }

    /// Adds the hashes to the training record of a model. With more than [`MOST`] clips none are stored, because the
    /// header of a model file is limited and the file must stay readable.
    pub(crate) fn add_to(&self, training: &mut Value) {
        if self.train.names.len() + self.valid.names.len() > MOST {
            return;
        }
        training[KEY] = json!({ "format": FORMAT, "train": self.train.to_json(), "valid": self.valid.to_json() });
    }

    /// The clips that a model records; `None` if it records none, as for an imported model.
    pub(crate) fn of_model(model: &Model) -> Option<Self> {
        let facts = model.training.get(KEY).filter(|facts| facts["format"] == FORMAT)?;
        Some(Self { train: Hashes::from_json(&facts["train"])?, valid: Hashes::from_json(&facts["valid"])? })
    }

    /// Counts the clips of `data` that the model was trained or validated on. They are compared by their audio if
    /// `same_cut` is set, which means that the clips are cut as they were in the training; otherwise by their names.
    ///
    /// # Errors
    /// [`error::Code::Io`].
    pub(crate) fn count(&self, data: &PartData, same_cut: bool) -> Result<KnownCounts> {
        let here = Hashes::of(data)?;
        let among = |known: &Hashes| {
            let (known, here) = if same_cut { (&known.audio, &here.audio) } else { (&known.names, &here.names) };
            let known: HashSet<&Hash> = known.iter().collect();
            here.iter().filter(|hash| known.contains(hash)).count()
        };
        Ok(KnownCounts { train: among(&self.train), valid: among(&self.valid) })
    }
}

impl Hashes {
    fn of(data: &PartData) -> Result<Self> {
        let audio = data.clips.iter().map(|usable| {
            audio_hash(usable.prepared.samples as usize, &mut |start, out| {
                data.cache.read_pcm(usable.prepared, start as u64, out)
            })
        });
        let names = data.clips.iter().map(|usable| shortened(Sha256::digest(&usable.clip.name))).collect();
        Ok(Self { audio: audio.collect::<Result<_>>()?, names })
    }

    fn to_json(&self) -> Value {
        let text = |hashes: &[Hash]| BASE64_STANDARD_NO_PAD.encode(hashes.concat());
        json!({ "audio": text(&self.audio), "names": text(&self.names) })
    }

    fn from_json(value: &Value) -> Option<Self> {
        let hashes = |key: &str| -> Option<Vec<Hash>> {
            let bytes = BASE64_STANDARD_NO_PAD.decode(value[key].as_str()?).ok()?;
            bytes.chunks(BYTES).map(|hash| hash.try_into().ok()).collect()
        };
        Some(Self { audio: hashes("audio")?, names: hashes("names")? })
    }
}

/// A hash of the length and, for long clips, of three stretches: reading all of a large dataset would take minutes. If
/// all three stretches are silent, as in clips that were padded to one length, the whole clip is hashed.
fn audio_hash(samples: usize, read: &mut dyn FnMut(usize, &mut [i16]) -> Result<()>) -> Result<Hash> {
    let mut hash = Sha256::new();
    hash.update((samples as u64).to_le_bytes());
    let mut piece = vec![0; STRETCH];
    let mut add = |start: usize, hash: &mut Sha256| -> Result<bool> {
        let piece = &mut piece[..STRETCH.min(samples - start)];
        read(start, piece)?;
        piece.iter().for_each(|sample| hash.update(sample.to_le_bytes()));
        Ok(piece.iter().any(|sample| *sample != piece[0]))
    };
    if samples > 4 * STRETCH {
        let mut of_stretches = hash.clone();
        let mut has_sound = false;
        for quarter in 1..=3 {
            has_sound |= add(samples / 4 * quarter - STRETCH / 2, &mut of_stretches)?;
        }
        if has_sound {
            return Ok(shortened(of_stretches.finalize()));
        }
    }
    for start in (0..samples).step_by(STRETCH) {
        add(start, &mut hash)?;
    }
    Ok(shortened(hash.finalize()))
}

fn shortened(hash: impl AsRef<[u8]>) -> Hash {
    let mut short = [0; BYTES];
    short.copy_from_slice(&hash.as_ref()[..BYTES]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(samples: &[i16]) -> Hash {
        let mut read = |start: usize, out: &mut [i16]| {
            out.copy_from_slice(&samples[start..start + out.len()]);
            Ok(())
        };
        audio_hash(samples.len(), &mut read).unwrap()
    }

    #[test]
    fn one_sample_makes_another_clip() {
        let short: Vec<i16> = (0..500).collect();
        let mut other = short.clone();
        other[17] += 1;
        assert_ne!(hash_of(&short), hash_of(&other));
        assert_ne!(hash_of(&short), hash_of(&short[..499]));
        assert_eq!(hash_of(&short), hash_of(&short.clone()));
    }

    #[test]
    fn a_long_clip_is_known_by_its_length_and_three_stretches() {
        let long: Vec<i16> = (0..100_000).map(|i| (i * 7 % 1000) as i16).collect();
        for at in [25_000, 50_000, 75_000] {
            let mut other = long.clone();
            other[at] += 1;
            assert_ne!(hash_of(&long), hash_of(&other), "{at}");
        }
        assert_ne!(hash_of(&long), hash_of(&long[..99_999]));
        // Lengths around the limit between hashing the whole clip and hashing stretches.
        let lengths = 4 * STRETCH - 2..4 * STRETCH + 8;
        let hashes: HashSet<Hash> = lengths.clone().map(|length| hash_of(&long[..length])).collect();
        assert_eq!(hashes.len(), lengths.len());
    }

    #[test]
    fn clips_that_were_padded_with_silence_are_told_apart() {
        let mut padded = vec![0i16; 100_000];
        padded[..1000].fill(7);
        let mut other = padded.clone();
        other[999] = 8;
        assert_ne!(hash_of(&padded), hash_of(&other));
        assert_ne!(hash_of(&padded), hash_of(&vec![0; 100_000]));
    }

    #[test]
    fn hashes_survive_the_facts_of_a_model() {
        let hashes = Hashes { audio: vec![[1, 2, 3, 4, 5], [0; 5]], names: vec![[255; 5], [9; 5]] };
        let back = Hashes::from_json(&hashes.to_json()).unwrap();
        assert_eq!((back.audio, back.names), (hashes.audio, hashes.names));
        assert!(Hashes::from_json(&json!({"audio": "AAAA", "names": ""})).is_none(), "three bytes are not a hash");
        assert!(Hashes::from_json(&json!({"audio": 5})).is_none());
    }
}
