//! The hashes by which the samples of a clip and the bytes of a file are identified.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Bytes of a file that are read at a time.
const PIECE: usize = 1 << 18;

/// SHA-256 of the 16-bit samples of a clip, little endian: the same audio has the same hash, whatever file it comes
/// from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AudioHash([u8; 32]);

impl AudioHash {
    /// The hash of samples in the byte format of the cache.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash with these 64 hexadecimal digits.
    fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

/// SHA-256 of the bytes of a file: files with the same bytes have the same audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct ContentHash(AudioHash);

impl ContentHash {
    /// The hash of the file at `path`.
    pub(super) fn of_file(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut hasher = AudioHasher::default();
        let mut piece = vec![0; PIECE];
        loop {
            match file.read(&mut piece) {
                Ok(0) => return Ok(Self(hasher.finish())),
                Ok(count) => hasher.update(&piece[..count]),
                Err(reason) if reason.kind() == io::ErrorKind::Interrupted => {}
                Err(reason) => return Err(reason),
            }
        }
    }

    /// The hash with these 64 hexadecimal digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        AudioHash::parse(text).map(Self)
    }

    #[cfg(test)]
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(AudioHash::of(bytes))
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Computes a hash over samples that arrive in pieces.
#[derive(Clone, Default)]
pub(super) struct AudioHasher(Sha256);

impl AudioHasher {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn finish(self) -> AudioHash {
        AudioHash(self.0.finalize().into())
    }
}

impl fmt::Display for AudioHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for AudioHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for AudioHash {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AudioHash {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let wrong = || serde::de::Error::custom("a hash has 64 hexadecimal digits");
        Self::parse(&text).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_written_in_hexadecimal_and_read_back() {
        let hash = AudioHash::of(b"abc");
        assert!(hash.to_string().starts_with("ba7816bf8f01cfea"), "{hash}");
        let text = serde_json::to_string(&hash).unwrap();
        assert_eq!(serde_json::from_str::<AudioHash>(&text).unwrap(), hash);
        for wrong in ["\"ab\"", "\"\"", "7"] {
            assert!(serde_json::from_str::<AudioHash>(wrong).is_err(), "{wrong}");
        }
        let mut pieces = AudioHasher::default();
        [&b"a"[..], b"", b"bc"].into_iter().for_each(|piece| pieces.update(piece));
        assert_eq!(pieces.finish(), hash);
    }
}
