//! One file to segments, on a decoding thread.

use std::path::Path;

use audio::SegmentPolicy;
use error::{Error, Result};

use crate::cancel::Cancel;
use crate::options::Segments;

/// What a file came to, besides its segments.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Seconds of audio.
    pub duration: f64,
    /// Whether it was shorter than one segment and padded with zeros.
    pub short: bool,
    /// Packets that were left out, and places where packets are missing.
    pub damaged_packets: u64,
    /// Something of the file could not be heard.
    pub partial: bool,
    /// Seconds that the container promises.
    pub promised: Option<f64>,
    /// What decoded it.
    pub decoder: String,
}

/// Decodes `path` at `rate` Hz and hands its segments of `length` samples to `push`. Segments handed out before an error are void.
///
/// # Errors
/// The coded errors of the audio room, those of `push`, and [`error::Code::Aborted`] once `cancel` is set.
pub fn decode(
    path: &Path,
    rate: u32,
    length: usize,
    segments: Segments,
    cancel: &Cancel,
    push: &mut dyn FnMut(&[f32]) -> Result<()>,
) -> Result<Heard> {
    let policy = match segments {
        Segments::All => SegmentPolicy::All,
        Segments::Spread(count) => SegmentPolicy::Spread(count),
    };
    let mut proceed = || if cancel.is_cancelled() { Err(Error::aborted()) } else { Ok(()) };
    let (decoded, count) = audio::read_segments_while(path, rate, length, policy, &mut proceed, push)?;
    Ok(Heard {
        duration: decoded.duration,
        short: count.short,
        damaged_packets: u64::from(decoded.damaged_packets),
        partial: decoded.is_partial(),
        promised: decoded.promised,
        decoder: decoded.source.decoder.to_string(),
    })
}
