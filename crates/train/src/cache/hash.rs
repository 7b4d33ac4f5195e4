//! The hash by which the samples of a clip are identified.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// SHA-256 of the 16-bit samples of a clip, little endian: the same audio has the same hash, whatever file it comes
/// from.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AudioHash([u8; 32]);

impl AudioHash {
    /// The hash of samples in the byte format of the cache.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

/// Computes a hash over samples that arrive in pieces.
#[derive(Default)]
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
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| wrong())?;
        Ok(Self(bytes))
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
