//! Decodes a file into segments, on a decoding thread.

use audio::{Downmix, Input, SegmentPolicy, SegmentSink};
use error::{Error, Result};

use crate::cancel::Cancel;

/// The facts about a decoded file, without its segments.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Seconds of audio.
    pub duration: f64,
    /// Whether it is shorter than one segment and was padded with zeros.
    pub short: bool,
    /// Number of packets that were left out, and of places where packets are missing.
    pub damaged_packets: u64,
    /// Whether parts of the file could not be decoded.
    pub partial: bool,
    /// Duration that the container announces, in seconds.
    pub promised: Option<f64>,
    /// The decoder.
    pub decoder: String,
    /// How the channels were mixed to mono.
    pub downmix: Downmix,
    /// The reason why the samples are suspect.
    pub doubt: Option<String>,
}

/// Passes the segments of a file to one closure, and calls another one if they are to be discarded.
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

/// Decodes `input` at `rate` Hz and passes its segments of `length` samples to `push`. If `restart` is called or an
/// error is returned, all segments before that must be discarded.
///
/// # Errors
/// The coded errors of the audio crate, those of `push` and `restart`, and [`error::Code::Aborted`] once `cancel` is
/// set.
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
