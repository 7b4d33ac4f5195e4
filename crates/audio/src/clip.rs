//! Reads a whole file: its samples, or its segments.

use error::{Code, Error, Result};
use limits::MOST_SAMPLES;

use crate::downmix::Downmix;
use crate::input::Input;
use crate::reader::{Decoded, Reader};
use crate::segments::{SegmentCount, SegmentPolicy, Segmenter};
use crate::settling::Settling;
use crate::watched_file::changed;

/// The most passes over a file, to find its length and its downmix and then to cut it into segments. A file that does
/// not change needs at most one pass less.
const PASSES: usize = 4;

/// Receives the segments of a file.
pub trait SegmentSink {
    /// Receives the next segment.
    ///
    /// # Errors
    /// Any error; it ends the reading.
    fn segment(&mut self, segment: &[f32]) -> Result<()>;

    /// The segments received so far are invalid, because the channels of the file cancel each other in their mean: the
    /// file is read again with another [`Downmix`]. This happens at most once per file.
    ///
    /// # Errors
    /// Any error; it ends the reading.
    fn restart(&mut self) -> Result<()>;
}

/// Collects all segments.
impl SegmentSink for Vec<Vec<f32>> {
    fn segment(&mut self, segment: &[f32]) -> Result<()> {
        self.push(segment.to_vec());
        Ok(())
    }

    fn restart(&mut self) -> Result<()> {
        self.clear();
        Ok(())
    }
}

/// Reads the whole clip into memory as mono f32 at `sampling_rate` Hz, and returns the samples and facts about the
/// clip.
///
/// # Errors
/// Those of [`Reader::open`], [`Reader::read`] and [`Reader::finish`].
pub fn read_clip(input: impl Into<Input>, sampling_rate: u32) -> Result<(Vec<f32>, Decoded)> {
    read_clip_limited(input, sampling_rate, u64::MAX)
}

/// Reads the first `max_samples` samples of the clip, or all of it if it is shorter. The rest is not decoded.
/// [`Decoded::duration`] and [`Decoded::samples`] are those of the samples returned.
///
/// # Errors
/// As [`read_clip`], for the part that is read.
pub fn read_clip_limited(input: impl Into<Input>, sampling_rate: u32, max_samples: u64) -> Result<(Vec<f32>, Decoded)> {
    let (samples, _, decoded) = read_clip_while(input, Some(sampling_rate), max_samples, &mut || Ok(()))?;
    Ok((samples, decoded))
}

/// Reads the whole clip into memory, and calls `proceed` after each decoded chunk. Without `sampling_rate` it keeps the
/// rate of the input. Also returns the rate.
///
/// # Errors
/// Those of [`read_clip`]; those of `proceed`, at once; [`Code::TooLarge`] for a clip of more than [`MOST_SAMPLES`].
pub fn read_clip_held(
    input: impl Into<Input>,
    sampling_rate: Option<u32>,
    proceed: &mut dyn FnMut() -> Result<()>,
) -> Result<(Vec<f32>, u32, Decoded)> {
    read_clip_up_to(&input.into(), sampling_rate, MOST_SAMPLES, proceed)
}

fn read_clip_up_to(
    input: &Input,
    sampling_rate: Option<u32>,
    most: u64,
    proceed: &mut dyn FnMut() -> Result<()>,
) -> Result<(Vec<f32>, u32, Decoded)> {
    let read = read_clip_while(input, sampling_rate, most.saturating_add(1), proceed)?;
    if read.0.len() as u64 <= most {
        return Ok(read);
    }
    let message = format!(
        "{} is too long for decode(), which keeps at most {} GiB of samples in memory: use a lower samplingRate, or \
         read it with tag or Model.tagFile",
        input.name().display(),
        (4 * most) >> 30
    );
    Err(Error::new(Code::TooLarge, message).with_file(input.name()))
}

/// As [`read_clip_limited`], but calls `proceed` after each decoded chunk. Without `sampling_rate` it keeps the rate of
/// the input. Also returns the rate.
fn read_clip_while(
    input: impl Into<Input>,
    sampling_rate: Option<u32>,
    max_samples: u64,
    proceed: &mut dyn FnMut() -> Result<()>,
) -> Result<(Vec<f32>, u32, Decoded)> {
    let input = input.into();
    let mut downmix = Downmix::Mean;
    let mut mixed = Settling::default();
    loop {
        let mut usable = Settling::default();
        let mut reader = match sampling_rate {
            Some(rate) => Reader::open_mixed(&input, rate, downmix)?,
            None => Reader::open_at_own_rate(&input, downmix)?,
        };
        let sampling_rate = sampling_rate.unwrap_or(reader.source().sampling_rate);
        let mut samples = Vec::new();
        while (samples.len() as u64) < max_samples && reader.read(&mut samples)? {
            usable.note(samples.len(), reader.usable_so_far());
            if downmix == Downmix::Mean {
                mixed.note(samples.len(), reader.cancelled());
            }
            proceed()?;
        }
        if let Some(other) = reader.cancelled() {
            downmix = other;
            continue;
        }
        let mut decoded = reader.finish()?;
        decoded.settled = mixed.settled.max(usable.settled) as u64;
        if samples.len() as u64 > max_samples {
            samples.truncate(max_samples as usize);
            decoded.samples = max_samples;
            decoded.duration = max_samples as f64 / f64::from(sampling_rate);
        }
        return Ok((samples, sampling_rate, decoded));
    }
}

/// Passes the segments of a file (`length` samples at `sampling_rate` Hz each) to `sink`, in order.
///
/// Memory use does not grow with the length of the file: [`SegmentPolicy::All`] streams, a policy that needs the length
/// keeps its segments until their positions are certain. The file is decoded a second time if the container states a
/// wrong length, or if its channels cancel each other in their mean. Segments passed on before an error are invalid.
///
/// # Errors
/// Those of [`Reader::open`], [`Reader::read`] and [`Reader::finish`]; those of `sink`, at once.
pub fn read_segments(
    input: impl Into<Input>,
    sampling_rate: u32,
    length: usize,
    policy: SegmentPolicy,
    sink: &mut dyn SegmentSink,
) -> Result<(Decoded, SegmentCount)> {
    read_segments_while(input, sampling_rate, length, policy, &mut || Ok(()), sink)
}

/// As [`read_segments`], but calls `proceed` after each decoded chunk, so that the caller can stop in a long file.
///
/// # Errors
/// Those of [`read_segments`]; those of `proceed`, at once.
pub fn read_segments_while(
    input: impl Into<Input>,
    sampling_rate: u32,
    length: usize,
    policy: SegmentPolicy,
    proceed: &mut dyn FnMut() -> Result<()>,
    sink: &mut dyn SegmentSink,
) -> Result<(Decoded, SegmentCount)> {
    let input = input.into();
    let (mut downmix, mut total) = (Downmix::Mean, None);
    for _ in 0..PASSES {
        let mut reader = Reader::open_mixed(&input, sampling_rate, downmix)?;
        total = total.or(reader.expected_samples());
        let mut held = HeldSegments { segments: Vec::new(), sink, streams: !policy.needs_length() };
        match cut(&mut reader, Segmenter::new(length, policy, total), proceed, &mut |segment| held.take(segment))? {
            Cut::Whole(decoded, count) if count.exact => {
                held.segments.chunks_exact(length.max(1)).try_for_each(|segment| sink.segment(segment))?;
                return Ok((decoded, count));
            }
            Cut::Whole(_, count) => total = Some(count.samples),
            Cut::Cancelled(other, samples) => {
                (downmix, total) = (other, Some(samples));
                sink.restart()?;
            }
        }
    }
    Err(changed(input.name()))
}

/// Passes segments on at once, or keeps them until their positions are certain.
struct HeldSegments<'a> {
    segments: Vec<f32>,
    sink: &'a mut dyn SegmentSink,
    streams: bool,
}

impl HeldSegments<'_> {
    fn take(&mut self, segment: &[f32]) -> Result<()> {
        if self.streams {
            return self.sink.segment(segment);
        }
        self.segments.extend_from_slice(segment);
        Ok(())
    }
}

/// The result of one pass over a file.
enum Cut {
    Whole(Decoded, SegmentCount),
    /// The downmix to read the file with again, and its number of samples.
    Cancelled(Downmix, u64),
}

/// Reads the file to the end and cuts it with `segments`.
fn cut(
    reader: &mut Reader,
    mut segments: Segmenter,
    proceed: &mut dyn FnMut() -> Result<()>,
    sink: &mut dyn FnMut(&[f32]) -> Result<()>,
) -> Result<Cut> {
    let mut chunk = Vec::new();
    let mut samples = 0;
    while reader.read(&mut chunk)? {
        proceed()?;
        segments.push(&chunk, sink)?;
        samples += chunk.len() as u64;
        chunk.clear();
    }
    if let Some(downmix) = reader.cancelled() {
        return Ok(Cut::Cancelled(downmix, samples));
    }
    let decoded = reader.finish()?;
    Ok(Cut::Whole(decoded, segments.finish(sink)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_is_held_whole_or_refused_by_its_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        testbed::write_wav_pcm(&path, 8000, 1, 0..2000);
        let input = Input::from(path.as_path());
        let read = |most| read_clip_up_to(&input, None, most, &mut || Ok(()));
        let (samples, rate, decoded) = read(2000).unwrap();
        assert_eq!((samples.len(), rate, decoded.samples), (2000, 8000, 2000));
        let failure = read(1999).unwrap_err();
        assert_eq!((failure.code, failure.file.as_deref()), (Code::TooLarge, Some(path.as_path())));
        assert!(failure.message.contains("a.wav is too long"), "{failure}");
        let stopped = read_clip_held(&input, None, &mut || Err(Error::aborted())).unwrap_err();
        assert_eq!(stopped.code, Code::Aborted);
    }
}
