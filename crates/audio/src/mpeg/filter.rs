//! The frames of a file, one after the other. A demuxer that searches for frames itself treats any two bytes that look
//! like a beginning as a frame, especially in the pictures of tags, and these packets are then counted as damaged.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::Arc;

use symphonia::core::io::MediaSource;

use super::Header;
use crate::signature::id3v2_length;

/// The number of bytes read at once; at least the size of three frames.
const BLOCK: usize = 64 << 10;
/// The number of bytes needed to recognise the next frame: two of the longest frames, each followed by another header.
const AHEAD: usize = 3 * 2_881;
/// A number of zeros in a row that no encoder writes between frames.
const ZEROS: usize = 4_096;

/// Facts found while the file is read.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    gaps: AtomicU32,
    counted: AtomicBool,
}

impl Findings {
    /// The number of places where frames are missing.
    pub(crate) fn gaps(&self) -> u32 {
        self.gaps.load(Ordering::Relaxed)
    }

    /// Whether the first frame is a tag with the number of frames.
    pub(crate) fn counts_frames(&self) -> bool {
        self.counted.load(Ordering::Relaxed)
    }
}

/// A reader that returns only the frames of `source`.
pub(crate) struct Filter<S> {
    source: S,
    length: u64,
    /// Bytes that were read and not yet returned or skipped.
    buffer: Vec<u8>,
    /// Where in `buffer` the next byte is.
    at: usize,
    /// Bytes of the current frame that have not been returned yet.
    left: usize,
    /// The previous frame, if there is no other data after it.
    adjacent: Option<Header>,
    /// The last frame.
    last: Option<Header>,
    /// Bytes skipped since the last frame, and the longest run of zeros among them.
    junk: usize,
    zeros: (usize, usize),
    ended: bool,
    findings: Arc<Findings>,
}

impl<S: Read + Seek> Filter<S> {
    /// The frames of `source`, which is `length` bytes long.
    pub(crate) fn new(source: S, length: u64) -> Self {
        Self {
            source,
            length,
            buffer: Vec::new(),
            at: 0,
            left: 0,
            adjacent: None,
            last: None,
            junk: 0,
            zeros: (0, 0),
            ended: false,
            findings: Arc::default(),
        }
    }

    /// The facts found so far; complete after everything has been read.
    pub(crate) fn findings(&self) -> Arc<Findings> {
        Arc::clone(&self.findings)
    }

    /// Fills the buffer with at least `AHEAD` bytes, or with all that are left.
    fn fill(&mut self) -> io::Result<()> {
        if self.buffer.len() - self.at >= AHEAD {
            return Ok(());
        }
        self.buffer.drain(..self.at);
        self.at = 0;
        let mut filled = self.buffer.len();
        self.buffer.resize(BLOCK, 0);
        while filled < BLOCK {
            match self.source.read(&mut self.buffer[filled..]) {
                Ok(0) => break,
                Ok(bytes) => filled += bytes,
                Err(reason) if reason.kind() == io::ErrorKind::Interrupted => {}
                Err(reason) => {
                    self.buffer.truncate(filled);
                    return Err(reason);
                }
            }
        }
        self.buffer.truncate(filled);
        Ok(())
    }

    /// Finds the next frame and sets `left` to its size, or to 0 at the end.
    fn next_frame(&mut self) -> io::Result<()> {
        while !self.ended {
            self.fill()?;
            let rest = &self.buffer[self.at..];
            if rest.len() < 4 {
                self.ended = true;
                break;
            }
            if let Some(header) = Header::read(rest).filter(|&header| self.is_frame(header, rest)) {
                if rest.len() < header.size {
                    // The last frame is cut, for example because a tag was written over its end. Most of its audio data
                    // may be in the previous frames.
                    if rest.len() < header.size / 2 {
                        self.ended = true;
                        break;
                    }
                    self.buffer.resize(self.at + header.size, 0);
                }
                self.accept(header);
                return Ok(());
            }
            match tag_length(rest) {
                // If it is longer than the file, it is not a tag.
                Some(length) if self.skip(length)? => {}
                _ => self.pass_over(),
            }
        }
        // If the file has a count of its frames, it is known whether they are all there.
        if self.zeros.1 >= ZEROS && self.last.is_some() && !self.findings.counts_frames() {
            self.findings.gaps.fetch_add(1, Ordering::Relaxed);
            self.zeros = (0, 0);
        }
        Ok(())
    }

    /// Whether the header at the start of `rest` belongs to a frame and is not there by chance.
    fn is_frame(&self, header: Header, rest: &[u8]) -> bool {
        if self.adjacent.is_some_and(|before| before.is_like(header)) {
            return true;
        }
        // After other data, a frame must be followed by another frame. A frame of a new kind must be followed by two,
        // unless it is the first of the file.
        let known = self.last.map_or(self.junk == 0, |last| last.is_like(header));
        let mut at = header.size;
        for _ in 0..if known { 1 } else { 2 } {
            let Some(next) = rest.get(at..).filter(|next| next.len() >= 4) else { return at <= rest.len() };
            match Header::read(next) {
                Some(next) if next.is_like(header) => at += next.size,
                _ => return tag_length(next).is_some() && (known || at > header.size),
            }
        }
        true
    }

    fn accept(&mut self, header: Header) {
        match self.last {
            None => {
                let frame = &self.buffer[self.at..self.at + header.size];
                self.findings.counted.store(header.counts_frames(frame), Ordering::Relaxed);
            }
            // At least as many bytes were skipped as the smallest frame has.
            Some(last) if self.junk >= last.size.min(header.size) => {
                self.findings.gaps.fetch_add(1, Ordering::Relaxed);
            }
            Some(_) => {}
        }
        (self.left, self.adjacent, self.last) = (header.size, Some(header), Some(header));
        (self.junk, self.zeros) = (0, (0, 0));
    }

    /// Skips one byte.
    fn pass_over(&mut self) {
        let (now, most) = self.zeros;
        let now = if self.buffer[self.at] == 0 { now + 1 } else { 0 };
        self.zeros = (now, most.max(now));
        self.adjacent = None;
        self.junk += 1;
        self.at += 1;
    }

    /// Skips a tag of `length` bytes; returns false and skips nothing if the file ends before.
    fn skip(&mut self, length: u64) -> io::Result<bool> {
        let here = (self.buffer.len() - self.at) as u64;
        if length <= here {
            self.at += length as usize;
            return Ok(true);
        }
        let position = self.source.stream_position()?;
        let end = position.saturating_add(length - here);
        if end > self.length {
            return Ok(false);
        }
        self.source.seek(SeekFrom::Start(end))?;
        self.buffer.clear();
        self.at = 0;
        Ok(true)
    }
}

/// The length of the tag at the start of `bytes`.
fn tag_length(bytes: &[u8]) -> Option<u64> {
    if bytes.starts_with(b"APETAGEX") && bytes.len() >= 32 {
        let size = u64::from(u32::from_le_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]));
        // A footer is alone; a header is followed by the number of bytes that it states.
        return Some(if bytes[23] & 0x20 != 0 { size + 32 } else { 32 });
    }
    if bytes.starts_with(b"TAG") && bytes.len() >= 128 && (bytes.len() == 128 || Header::read(&bytes[128..]).is_some())
    {
        return Some(128);
    }
    Some(id3v2_length(bytes)).filter(|&length| length > 0)
}

impl<S: Read + Seek> Read for Filter<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            self.next_frame()?;
        }
        let bytes = self.left.min(buffer.len());
        buffer[..bytes].copy_from_slice(&self.buffer[self.at..self.at + bytes]);
        self.at += bytes;
        self.left -= bytes;
        Ok(bytes)
    }
}

impl<S> Seek for Filter<S> {
    fn seek(&mut self, _position: SeekFrom) -> io::Result<u64> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "frames can only be read one after the other"))
    }
}

impl<S: Read + Seek + Send + Sync> MediaSource for Filter<S> {
    /// Lets the demuxer estimate the duration from the length of the file, for which it does not need to seek.
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::Filter;

    /// MPEG 1 layer 3, 128 kbit/s, 44.1 kHz.
    fn frame(fill: u8) -> Vec<u8> {
        let mut frame = vec![fill; 417];
        frame[..4].copy_from_slice(&[0xff, 0xfb, 0x90, 0xc4]);
        frame
    }

    fn filtered(parts: &[&[u8]]) -> (Vec<u8>, u32) {
        let bytes = parts.concat();
        let mut filter = Filter::new(Cursor::new(&bytes), bytes.len() as u64);
        let findings = filter.findings();
        let mut out = Vec::new();
        filter.read_to_end(&mut out).unwrap();
        (out, findings.gaps())
    }

    /// What looks like frames of all kinds.
    fn picture() -> Vec<u8> {
        let mut state = 1_u32;
        (0..300_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if state >> 28 == 0 {
                    0xff
                } else {
                    (state >> 24) as u8 | 0xe0
                }
            })
            .collect()
    }

    #[test]
    fn tags_and_pictures_between_frames_are_left_out() {
        let sound = (1..=9).map(frame).collect::<Vec<_>>().concat();
        let picture = picture();
        let size = picture.len() as u32;
        let mut id3 = b"ID3\x03\0\0".to_vec();
        id3.extend([(size >> 21) as u8 & 127, (size >> 14) as u8 & 127, (size >> 7) as u8 & 127, size as u8 & 127]);
        id3.extend(&picture);
        let mark = |flags: u32| {
            [
                b"APETAGEX\xd0\x07\0\0".as_slice(),
                &(size + 32).to_le_bytes(),
                &[1, 0, 0, 0],
                &flags.to_le_bytes(),
                &[0; 8],
            ]
            .concat()
        };
        let ape = [mark(0xa000_0000), picture.clone(), mark(0x8000_0000)].concat();
        let id3v1 = [b"TAG".as_slice(), &[0xff; 125]].concat();
        for (name, parts) in [
            ("twice at the start", vec![id3.as_slice(), &id3, &sound]),
            ("ID3v2 at the end", vec![&sound, &id3]),
            ("APE and ID3v1 at the end", vec![&sound, &ape, &id3v1]),
            ("unmarked", vec![&picture, &sound, &picture]),
        ] {
            assert_eq!(filtered(&parts), (sound.clone(), 0), "{name}");
        }
        let twice = [sound.as_slice(), &sound].concat();
        assert_eq!(filtered(&[&sound, &ape, &id3v1, &id3, &sound]), (twice, 0), "two files joined");
    }

    #[test]
    fn missing_frames_are_a_gap_and_padding_is_none() {
        let sound = (1..=9).map(frame).collect::<Vec<_>>().concat();
        let twice = [sound.as_slice(), &sound].concat();
        assert_eq!(filtered(&[&sound, &[0; 5_000], &sound]), (twice.clone(), 1));
        assert_eq!(filtered(&[&sound, &[0x55; 5_000], &sound]), (twice.clone(), 1));
        assert_eq!(filtered(&[&sound, &[0; 100], &sound]), (twice, 0));
        assert_eq!(filtered(&[&sound, &[0; 5_000]]), (sound.clone(), 1), "a tail of zeros");
        assert_eq!(filtered(&[&sound, &[0; 100]]), (sound.clone(), 0));
        assert_eq!(filtered(&[&[0; 9_000], &sound]), (sound.clone(), 0), "nothing is missing in front");
        assert_eq!(filtered(&[&sound, &sound[..1_000]]).0.len(), sound.len() + 834, "a frame of which little is left");
        assert_eq!(
            filtered(&[&sound, &sound[..1_200]]).0.len(),
            sound.len() + 3 * 417,
            "a frame of which most is left"
        );
        assert_eq!(filtered(&[]), (Vec::new(), 0));
    }

    #[test]
    fn a_stream_may_change_its_rate() {
        let mut other = frame(3);
        // 48 kHz: 384 bytes.
        other[2] = 0x94;
        other.truncate(384);
        let others = [other.as_slice(); 5].concat();
        let sound = [frame(1), frame(2), frame(3), others].concat();
        let (filtered, gaps) = filtered(&[&sound]);
        assert!(filtered == sound && gaps == 0);
    }
}
