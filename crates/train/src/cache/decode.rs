//! Decodes a clip for the cache.

use std::path::Path;

use audio::read_clip_limited;
use error::{Code, Error, Result};

use super::failure::unopened;
use super::hash::AudioHash;
use super::lookup::Wish;
use super::outcome::{Outcome, Ready};
use super::quantise;
use super::sources::Stamp;
use crate::event::Failure;

/// A decoded clip.
pub(super) struct Clear {
    pub(super) outcome: Outcome,
    /// The 16-bit samples, little endian; empty if the clip cannot be used.
    pub(super) bytes: Vec<u8>,
    /// Whether the file was read to its end.
    pub(super) whole: bool,
}

/// Decodes the file at `path`, which must still have the properties `stamp` afterwards.
///
/// # Errors
/// [`Code::Io`], [`Code::FileNotFound`] for reasons that are not in the content of the file.
pub(super) fn decode(path: &Path, stamp: &Stamp, wish: Wish) -> Result<Clear> {
    let decoded = read_clip_limited(path, wish.rate, wish.limit.unwrap_or(u64::MAX));
    if Stamp::of(path).map_err(|reason| unopened(path, &reason))? != *stamp {
        let message = format!("{} changed while it was prepared; run the same command again", path.display());
        return Err(Error::new(Code::Io, message).with_file(path));
    }
    match decoded {
        Err(reason) if is_of_the_content(reason.code) => {
            Ok(Clear { outcome: Outcome::Failed { error: Failure::from(&reason) }, bytes: Vec::new(), whole: false })
        }
        Err(reason) => Err(reason),
        Ok((samples, decoded)) => {
            let bytes: Vec<u8> = samples.iter().flat_map(|&sample| quantise(sample).to_le_bytes()).collect();
            let ready = Ready {
                samples: samples.len() as u64,
                audio: AudioHash::of(&bytes),
                settled: decoded.settled,
                damaged_packets: decoded.damaged_packets,
                damage: damage(&decoded),
            };
            let whole = wish.limit.is_none_or(|limit| ready.samples < limit);
            Ok(Clear { outcome: Outcome::Ready(ready), bytes, whole })
        }
    }
}

/// Whether an error with this code is caused by the content of the file, so that another attempt cannot succeed.
fn is_of_the_content(code: Code) -> bool {
    matches!(code, Code::UnsupportedFormat | Code::Decode | Code::NoAudio | Code::TooShort | Code::Silence)
}

/// Damage of a clip other than damaged packets.
fn damage(decoded: &audio::Decoded) -> Option<String> {
    let cut = decoded.cut.then(|| match decoded.promised {
        Some(promised) => {
            format!("only {:.1} s of the {promised:.1} s that the file announces could be decoded", decoded.duration)
        }
        None => "parts of the file are missing".to_owned(),
    });
    let said: Vec<String> = cut.into_iter().chain(decoded.doubt.clone()).collect();
    (!said.is_empty()).then(|| said.join("; "))
}
