//! Recognises streams without a container: frames, one after the other. A single match can be chance; several frames
//! that follow each other and agree are not.

use std::io;
use std::ops::Range;

use crate::mpeg::Header;
use crate::repair::{read_at, ReadSeek};

/// The number of bytes that are searched for the first frame.
const SEARCH: usize = 1 << 20;
/// The number of frames in a row that make a stream.
const FRAMES: usize = 4;

/// A stream of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// MP1, MP2 or MP3.
    Mpeg,
    /// AAC in ADTS.
    Adts,
    /// A stream that cannot be decoded, by name.
    Foreign(&'static str),
}

/// Recognises the stream that begins at `span.start`. A file with fewer frames than required is also recognised if the
/// frames fill the whole file.
pub(crate) fn at_start(file: &mut dyn ReadSeek, span: Range<u64>) -> io::Result<Option<Stream>> {
    let mut bytes = vec![0; 128 << 10];
    let whole = fill(file, &span, &mut bytes)?;
    if let Some(stream) = KINDS.iter().find_map(|kind| is_chain(&bytes, *kind, 1, whole).then_some(kind.stream)) {
        return Ok(Some(stream));
    }
    Ok(has_free_bit_rate(&bytes).then_some(Stream::Foreign("MP3 with a free bit rate")))
}

/// Recognises a stream that begins in the first megabyte of `span`, after other data, and returns where it begins.
pub(crate) fn after_junk(file: &mut dyn ReadSeek, span: Range<u64>) -> io::Result<Option<(u64, Stream)>> {
    let mut bytes = vec![0; SEARCH + (128 << 10)];
    let whole = fill(file, &span, &mut bytes)?;
    let last = bytes.len().min(SEARCH);
    // Other streams are only recognised at the start: after other data, a match is not certain enough.
    let found = (0..last).filter(|&at| bytes[at] == 0xff).find_map(|at| {
        let kind = KINDS[..2].iter().find(|kind| is_chain(&bytes[at..], **kind, 2, whole))?;
        Some((span.start + at as u64, kind.stream))
    });
    Ok(found)
}

/// Fills `bytes` from the start of `span`, shortens them to the bytes that exist, and returns whether `span` ends
/// there.
fn fill(file: &mut dyn ReadSeek, span: &Range<u64>, bytes: &mut Vec<u8>) -> io::Result<bool> {
    let length = span.end.saturating_sub(span.start);
    bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
    let there = read_at(file, span.start, bytes)?;
    bytes.truncate(there);
    Ok(there as u64 == length)
}

/// A kind of frame.
#[derive(Clone, Copy)]
struct Kind {
    stream: Stream,
    /// Reads the header of a frame that begins here: its size in bytes, and the properties that neighbouring frames
    /// share with it.
    frame: fn(&[u8]) -> Option<(usize, u64)>,
}

const KINDS: [Kind; 4] = [
    Kind { stream: Stream::Mpeg, frame: mpeg },
    Kind { stream: Stream::Adts, frame: adts },
    Kind { stream: Stream::Foreign("AC-3 (Dolby Digital)"), frame: ac3 },
    Kind { stream: Stream::Foreign("AAC in LOAS (LATM)"), frame: loas },
];

/// Whether `bytes` begin with frames of `kind`: several, or `few` if they reach the end of the file. `whole`: the file
/// ends with `bytes`.
fn is_chain(bytes: &[u8], kind: Kind, few: usize, whole: bool) -> bool {
    let Some((_, common)) = (kind.frame)(bytes) else { return false };
    let (mut at, mut frames) = (0, 0);
    while frames < FRAMES {
        match bytes.get(at..).filter(|rest| !rest.is_empty()).map(kind.frame) {
            Some(Some((length, same))) if same == common => {
                at += length;
                frames += 1;
            }
            // The last frame may be cut, or a part of a frame may follow it.
            _ if whole && frames >= few && bytes.len().saturating_sub(at) < LONGEST_REST => return true,
            _ => return false,
        }
    }
    true
}

/// The number of bytes after the last frame of a short file that may contain anything.
const LONGEST_REST: usize = 512;

fn mpeg(bytes: &[u8]) -> Option<(usize, u64)> {
    let header = Header::read(bytes)?;
    // Version and layer, and the sampling rate.
    Some((header.size, u64::from(bytes[1] & 0x1e) << 8 | u64::from(bytes[2] & 0x0c)))
}

fn adts(bytes: &[u8]) -> Option<(usize, u64)> {
    let &[0xff, b1, b2, b3, b4, b5, _, ..] = bytes else { return None };
    let length = usize::from(b3 & 3) << 11 | usize::from(b4) << 3 | usize::from(b5 >> 5);
    let is_header = b1 & 0xf6 == 0xf0 && b2 >> 2 & 0xf < 13 && length > 7;
    // Version, profile, sampling rate and channels.
    is_header.then(|| (length, u64::from(b1 & 8) << 16 | u64::from(b2 & 0xfd) << 8 | u64::from(b3 & 0xc0)))
}

/// AC-3 and Enhanced AC-3 (ETSI TS 102 366).
fn ac3(bytes: &[u8]) -> Option<(usize, u64)> {
    const BIT_RATES: [usize; 19] =
        [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640];
    let &[0x0b, 0x77, b2, b3, b4, b5, ..] = bytes else { return None };
    let version = b5 >> 3;
    if (11..=16).contains(&version) {
        return Some(((usize::from(b2 & 7) << 8 | usize::from(b3)) * 2 + 2, u64::from(version)));
    }
    let (rate, size) = (usize::from(b4 >> 6), usize::from(b4 & 0x3f));
    let bit_rate = *BIT_RATES.get(size / 2)?;
    let words = match rate {
        0 => 2 * bit_rate,
        1 => 320 * bit_rate / 147 + size % 2,
        2 => 3 * bit_rate,
        _ => return None,
    };
    (version <= 10).then_some((2 * words, rate as u64))
}

/// ISO/IEC 14496-3, 1.7.2.
fn loas(bytes: &[u8]) -> Option<(usize, u64)> {
    let &[0x56, b1, b2, ..] = bytes else { return None };
    let length = usize::from(b1 & 0x1f) << 8 | usize::from(b2);
    (b1 & 0xe0 == 0xe0 && length > 0).then_some((length + 3, 0))
}

/// Recognises MPEG frames whose header does not give their length: the same header occurs again and again.
fn has_free_bit_rate(bytes: &[u8]) -> bool {
    let is_like = |at: usize| {
        let (Some(first), Some(other)) = (bytes.get(..3), bytes.get(at..at + 3)) else { return false };
        first[..2] == other[..2] && first[2] & 0xfc == other[2] & 0xfc
    };
    let &[0xff, b1, b2, ..] = bytes else { return false };
    if b1 & 0xe6 != 0xe2 || b1 >> 3 & 3 == 1 || b2 >> 4 != 0 || b2 >> 2 & 3 == 3 {
        return false;
    }
    let near = |at: usize| (at - 1..=at + 1).find(|&at| is_like(at));
    (32..8_192)
        .filter(|&length| is_like(length))
        .any(|length| near(2 * length).and_then(|third| near(third + length)).is_some())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::{after_junk, at_start, Stream};

    /// MP3 of 128 kbit/s at 44.1 kHz: frames of 417 bytes.
    fn mp3(frames: usize) -> Vec<u8> {
        let frame = [&b"\xff\xfb\x90\x64"[..], &[0x55; 413]].concat();
        frame.repeat(frames)
    }

    fn start(bytes: &[u8]) -> Option<Stream> {
        at_start(&mut Cursor::new(bytes), 0..bytes.len() as u64).unwrap()
    }

    fn junk(bytes: &[u8]) -> Option<(u64, Stream)> {
        after_junk(&mut Cursor::new(bytes), 0..bytes.len() as u64).unwrap()
    }

    #[test]
    fn frames_that_follow_each_other_are_a_stream_and_one_is_not() {
        assert_eq!(start(&mp3(5)), Some(Stream::Mpeg));
        assert_eq!(start(&[mp3(1), vec![0x55; 5_000]].concat()), None);
        assert_eq!(start(&[mp3(3), vec![0x55; 5_000]].concat()), None);
        assert_eq!(junk(&[vec![0x55; 700], mp3(5)].concat()), Some((700, Stream::Mpeg)));
        assert_eq!(junk(&[vec![0x55; 700], mp3(2), vec![0x55; 700]].concat()), None);
        let adts = [&b"\xff\xf1\x50\x80\x04\x1f\xfc"[..], &[0x55; 25]].concat();
        assert_eq!(start(&adts.repeat(5)), Some(Stream::Adts));
        assert_eq!(start(&b"\x56\xe0\x05abcde".repeat(5)), Some(Stream::Foreign("AAC in LOAS (LATM)")));
    }

    #[test]
    fn a_file_of_one_frame_is_a_stream() {
        assert_eq!(start(&mp3(1)), Some(Stream::Mpeg));
        assert_eq!(start(&mp3(2)[..500]), Some(Stream::Mpeg));
        assert_eq!(start(b""), None);
        assert_eq!(start(b"\xff"), None);
    }

    #[test]
    fn noise_is_no_stream() {
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        for _ in 0..4 {
            let mut noise: Vec<u8> = (0..1 << 20).map(|_| next()).collect();
            noise[..4].copy_from_slice(b"\xff\xfb\x90\x64");
            assert_eq!((start(&noise), junk(&noise)), (None, None));
        }
    }

    #[test]
    fn a_free_bit_rate_is_known_by_its_distance() {
        let frame = [&b"\xff\xfb\x00\x64"[..], &[0x55; 700]].concat();
        assert_eq!(start(&frame.repeat(6)), Some(Stream::Foreign("MP3 with a free bit rate")));
    }
}
