//! One file to segments, on a decoding thread.

use audio::{Downmix, Input, SegmentPolicy, SegmentSink};
use error::{Error, Result};

use crate::cancel::Cancel;

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
    /// How its channels became one.
    pub downmix: Downmix,
    /// Why its samples are not to be trusted.
    pub doubt: Option<String>,
}

/// Takes the segments of a file by one closure, and by another that they are void.
struct Sink<'a> {
    push: &'a mut dyn FnMut(&[f32]) -> Result<()>,
    restart: &'a mut dyn FnMut() -> Result<()>,
}

impl SegmentSink for Sink<'_> {
    fn segment(&mut self, segment: &[f32]) -> Result<()> {
        (self.push)(segment)
    }

    fn restart(&mut self) -> Result<()> {
        (self.restart)()
    }
}

/// Decodes `input` at `rate` Hz and hands its segments of `length` samples to `push`. Those handed out before
/// `restart` is called, or before an error, are void.
///
/// # Errors
/// The coded errors of the audio room, those of `push` and `restart`, and [`error::Code::Aborted`] once `cancel` is set.
pub fn decode(
    input: impl Into<Input>,
    rate: u32,
    length: usize,
    segments: SegmentPolicy,
    cancel: &Cancel,
    push: &mut dyn FnMut(&[f32]) -> Result<()>,
    restart: &mut dyn FnMut() -> Result<()>,
) -> Result<Heard> {
    let mut proceed = || if cancel.is_cancelled() { Err(Error::aborted()) } else { Ok(()) };
    let mut sink = Sink { push, restart };
    let (decoded, count) = audio::read_segments_while(input, rate, length, segments, &mut proceed, &mut sink)?;
    Ok(Heard {
        duration: decoded.duration,
        short: count.short,
        damaged_packets: u64::from(decoded.damaged_packets),
        partial: decoded.is_partial(),
        promised: decoded.promised,
        decoder: decoded.source.decoder.to_string(),
        downmix: decoded.downmix,
        doubt: decoded.doubt,
    })
}
