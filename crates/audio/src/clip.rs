//! A whole file at once: its samples, or its segments.

use error::{Code, Error, Result};

use crate::input::Input;
use crate::reader::{Decoded, Reader};
use crate::segments::{SegmentCount, SegmentPolicy, Segments};

/// Passes over a file to find its length and then cut it; one more than a file that stays the same can need.
const PASSES: usize = 3;

/// The whole clip in memory: mono f32 at `sampling_rate` Hz, and what it came to.
///
/// # Errors
/// Those of [`Reader::open`], [`Reader::read`] and [`Reader::finish`].
pub fn read_clip(input: impl Into<Input>, sampling_rate: u32) -> Result<(Vec<f32>, Decoded)> {
    read_clip_limited(input, sampling_rate, u64::MAX)
}

/// The first `max_samples` samples of the clip, or all of it where it is shorter. What comes after is not decoded.
/// [`Decoded::duration`] and [`Decoded::samples`] are those of the samples returned.
///
/// # Errors
/// As [`read_clip`], of the part that is read.
pub fn read_clip_limited(input: impl Into<Input>, sampling_rate: u32, max_samples: u64) -> Result<(Vec<f32>, Decoded)> {
    let mut reader = Reader::open(input, sampling_rate)?;
    let mut samples = Vec::new();
    while (samples.len() as u64) < max_samples && reader.read(&mut samples)? {}
    let mut decoded = reader.finish()?;
    if samples.len() as u64 > max_samples {
        samples.truncate(max_samples as usize);
        decoded.samples = max_samples;
        decoded.duration = max_samples as f64 / f64::from(sampling_rate);
    }
    Ok((samples, decoded))
}

/// Hands the segments of a file (`length` samples at `sampling_rate` Hz each) to `sink`, in order.
///
/// Memory does not grow with the length of the file: [`SegmentPolicy::All`] streams, [`SegmentPolicy::Spread`] holds its
/// segments until their places are certain, and decodes a second time if the container misstated the length. Segments
/// handed out before an error are void.
///
/// # Errors
/// Those of [`Reader::open`], [`Reader::read`] and [`Reader::finish`]; those of `sink`, at once.
pub fn read_segments(
    input: impl Into<Input>,
    sampling_rate: u32,
    length: usize,
    policy: SegmentPolicy,
    sink: &mut dyn FnMut(&[f32]) -> Result<()>,
) -> Result<(Decoded, SegmentCount)> {
    read_segments_while(input, sampling_rate, length, policy, &mut || Ok(()), sink)
}

/// As [`read_segments`], asking `proceed` after each chunk decoded: a long file can be left at any time.
///
/// # Errors
/// Those of [`read_segments`]; those of `proceed`, at once.
pub fn read_segments_while(
    input: impl Into<Input>,
    sampling_rate: u32,
    length: usize,
    policy: SegmentPolicy,
    proceed: &mut dyn FnMut() -> Result<()>,
    sink: &mut dyn FnMut(&[f32]) -> Result<()>,
) -> Result<(Decoded, SegmentCount)> {
    let input = input.into();
    let path = input.name();
    let mut reader = Reader::open(&input, sampling_rate)?;
    if policy == SegmentPolicy::All {
        return cut(&mut reader, Segments::new(length, policy, None), proceed, sink);
    }
    let mut total = reader.expected_samples();
    for _ in 0..PASSES {
        let mut held = Vec::new();
        let mut hold = |segment: &[f32]| {
            held.extend_from_slice(segment);
            Ok(())
        };
        let (decoded, count) = cut(&mut reader, Segments::new(length, policy, total), proceed, &mut hold)?;
        if count.exact {
            held.chunks_exact(length.max(1)).try_for_each(sink)?;
            return Ok((decoded, count));
        }
        total = Some(count.samples);
        reader = Reader::open(&input, sampling_rate)?;
    }
    let message = format!("{} changed while it was read: try again once it is complete", path.display());
    Err(Error::new(Code::Decode, message).with_file(path))
}

/// Reads to the end, through `segments`.
fn cut(
    reader: &mut Reader,
    mut segments: Segments,
    proceed: &mut dyn FnMut() -> Result<()>,
    sink: &mut dyn FnMut(&[f32]) -> Result<()>,
) -> Result<(Decoded, SegmentCount)> {
    let mut chunk = Vec::new();
    while reader.read(&mut chunk)? {
        proceed()?;
        segments.push(&chunk, sink)?;
        chunk.clear();
    }
    let decoded = reader.finish()?;
    Ok((decoded, segments.finish(sink)?))
}
