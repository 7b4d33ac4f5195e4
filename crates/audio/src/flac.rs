//! Native FLAC as symphonia wants it: what is wrong or strict in the metadata is mended in front of it, and files that
//! were joined are told apart.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use symphonia::core::io::MediaSource;

use crate::promise::Promise;
use crate::repair::{read_at, ReadSeek, Repair};

/// Metadata blocks that are looked at; real files have a handful.
const MAX_BLOCKS: usize = 1_000;
/// Bytes behind the metadata in which the first frame is looked for.
const SEARCH: usize = 64 << 10;
/// The kinds of metadata blocks that are told apart.
const STREAM_INFO: u8 = 0;
const PADDING: u8 = 1;
/// Bytes read at once.
const BLOCK: usize = 64 << 10;
/// How a file begins: the name, and the header of a first block of 34 bytes, be it the last one or not.
const MARK: [u8; 8] = *b"fLaC\0\0\0\x22";

/// What has to be changed in the file that begins at `start`, what it promises, and where its frames begin.
pub(crate) fn look(file: &mut dyn ReadSeek, start: u64) -> io::Result<(Repair, Promise, u64)> {
    let mut repair = Repair { start, ..Repair::default() };
    let mut info = None;
    let mut at = start + 4;
    for _ in 0..MAX_BLOCKS {
        let mut header = [0; 4];
        if read_at(file, at, &mut header)? < header.len() {
            break;
        }
        let (last, kind) = (header[0] & 0x80, header[0] & 0x7f);
        // Not a block, but a frame: the length of the block before was wrong.
        if kind == 127 {
            break;
        }
        if kind == STREAM_INFO {
            info = info.or(Some(at + 4));
        } else if kind != PADDING {
            // Cue sheets, pictures and comments become padding: a mistake in one of them ends symphonia's reading.
            repair.patches.push((at, last | PADDING));
        }
        at += 4 + u64::from(u32::from_be_bytes([0, header[1], header[2], header[3]]));
        if last != 0 {
            break;
        }
    }
    let Some(info) = info else { return Ok((repair, Promise::default(), at)) };
    let mut stated = [0; 18];
    if read_at(file, info, &mut stated)? < stated.len() {
        return Ok((repair, Promise::default(), at));
    }
    let short = |at: usize| u16::from_be_bytes([stated[at], stated[at + 1]]);
    let mut frames = vec![0; SEARCH];
    let there = read_at(file, at, &mut frames)?;
    if let Some(frame) = first_frame(&frames[..there]) {
        // Symphonia holds frames to these numbers, and takes frames of one size for those of a stream in which both are
        // the same; the reference decoder looks at the frames alone.
        let most = short(2).max(frame.samples);
        let least = if frame.variable { 16.min(most - 1) } else { most };
        repair.patch(info, &least.to_be_bytes());
        repair.patch(info + 2, &most.to_be_bytes());
        // The sizes of the frames in bytes, least and most: not known.
        repair.patch(info + 4, &[0; 6]);
    }
    let rate = u32::from_be_bytes([0, stated[10], stated[11], stated[12]]) >> 4;
    let samples = stated[13..].iter().fold(0, |samples: u64, &byte| samples << 8 | u64::from(byte)) & 0xf_ffff_ffff;
    let promise = if samples > 0 && rate > 0 { Promise::frames(samples, rate, 0) } else { Promise::default() };
    Ok((repair, promise, at))
}

/// What the header of a frame says.
struct Frame {
    /// The size of the frames varies.
    variable: bool,
    /// Samples per channel.
    samples: u16,
}

/// The first frame that `bytes` holds (RFC 9639, 9.1).
fn first_frame(bytes: &[u8]) -> Option<Frame> {
    (0..bytes.len()).find_map(|at| frame_header(&bytes[at..]))
}

fn frame_header(bytes: &[u8]) -> Option<Frame> {
    let &[0xff, b1, b2, b3, first, ..] = bytes else { return None };
    if b1 & 0xfe != 0xf8 || b3 & 1 != 0 || b3 >> 4 > 10 || b3 & 0xe == 6 || b2 >> 4 == 0 || b2 & 15 == 15 {
        return None;
    }
    // The number of the frame, coded as UTF-8 codes characters.
    let number = match first.leading_ones() {
        0 => 1,
        ones @ 2..=7 => ones as usize,
        _ => return None,
    };
    let mut at = 4 + number;
    let mut take = |count: usize| {
        let value = bytes.get(at..at + count)?.iter().fold(0, |value: u32, &byte| value << 8 | u32::from(byte));
        at += count;
        Some(value)
    };
    let samples = match b2 >> 4 {
        1 => 192,
        code @ 2..=5 => 576 << (code - 2),
        6 => take(1)? + 1,
        7 => take(2)? + 1,
        code => 256 << (code - 8),
    };
    take(match b2 & 15 {
        12 => 1,
        13 | 14 => 2,
        _ => 0,
    })?;
    let checksum = bytes.get(..=at)?.iter().fold(0_u8, |crc, &byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 != 0 { crc << 1 ^ 7 } else { crc << 1 })
    });
    let samples = u16::try_from(samples).ok().filter(|&samples| samples > 0)?;
    (checksum == 0).then_some(Frame { variable: b1 & 1 != 0, samples })
}

/// A FLAC file that ends where another begins.
pub(crate) struct Joined<S> {
    source: S,
    /// Read, and from `at` on not yet handed out.
    buffer: Vec<u8>,
    at: usize,
    /// The place of the next byte.
    position: u64,
    /// The source has no more.
    drained: bool,
    /// Where the next file begins; `u64::MAX` while none is known.
    next: Arc<AtomicU64>,
}

impl<S> Joined<S> {
    /// `source`, standing at its start.
    pub(crate) fn new(source: S) -> Self {
        let next = Arc::new(AtomicU64::new(u64::MAX));
        Self { source, buffer: Vec::new(), at: 0, position: 0, drained: false, next }
    }

    /// Where the next file begins, once it was met; `u64::MAX` before.
    pub(crate) fn next(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.next)
    }
}

impl<S: Read> Joined<S> {
    /// Reads on until there is a whole mark in the buffer, or nothing more to read.
    fn fill(&mut self) -> io::Result<()> {
        while !self.drained && self.buffer.len() - self.at < MARK.len() {
            self.buffer.drain(..self.at);
            self.at = 0;
            let filled = self.buffer.len();
            self.buffer.resize(filled + BLOCK, 0);
            let read = self.source.read(&mut self.buffer[filled..]);
            self.buffer.truncate(filled + read.as_ref().map_or(0, |&bytes| bytes));
            self.drained = read? == 0;
        }
        Ok(())
    }
}

impl<S: Read> Read for Joined<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.fill()?;
        let there = &self.buffer[self.at..];
        // The last bytes may be the start of a mark.
        let certain = if self.drained { there.len() } else { there.len() - (MARK.len() - 1) };
        let there = &there[..there.len().min(buffer.len() + MARK.len() - 1)];
        // The file itself begins with one.
        let mut marks = there.windows(MARK.len()).enumerate().filter(|(_, bytes)| is_mark(bytes));
        let mark = marks.find_map(|(place, _)| Some(place).filter(|&place| self.position + place as u64 > 0));
        let bytes = certain.min(buffer.len()).min(mark.unwrap_or(usize::MAX));
        if let Some(mark) = mark {
            self.next.fetch_min(self.position + mark as u64, Ordering::Relaxed);
        }
        buffer[..bytes].copy_from_slice(&there[..bytes]);
        self.at += bytes;
        self.position += bytes as u64;
        Ok(bytes)
    }
}

/// Whether these eight bytes begin a file.
fn is_mark(bytes: &[u8]) -> bool {
    const LAST: [u8; 8] = *b"fLaC\x80\0\0\x22";
    bytes == MARK || bytes == LAST
}

impl<S: Seek> Seek for Joined<S> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        // The source stands behind what is in the buffer.
        let position = match position {
            SeekFrom::Current(offset) => {
                let place = self.position.checked_add_signed(offset);
                SeekFrom::Start(place.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?)
            }
            other => other,
        };
        self.buffer.clear();
        (self.at, self.drained) = (0, false);
        self.position = self.source.seek(position)?;
        Ok(self.position)
    }
}

impl<S: MediaSource> MediaSource for Joined<S> {
    fn is_seekable(&self) -> bool {
        self.source.is_seekable()
    }

    fn byte_len(&self) -> Option<u64> {
        self.source.byte_len()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read, Write};
    use std::sync::atomic::Ordering;

    use super::{frame_header, look, Joined};

    #[test]
    fn metadata_but_the_stream_information_becomes_padding() {
        let bytes = b"..fLaC\x00\x00\x00\x02si\x05\x00\x00\x03cue\x84\x00\x00\x01c\xff\xf8";
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let (repair, promise, frames) = look(&mut file, 2).unwrap();
        assert_eq!((repair.patches, repair.start, frames), (vec![(12, 1), (19, 0x81)], 2, 24));
        assert_eq!(promise.seconds, None);
    }

    #[test]
    fn a_frame_is_known_by_its_header_and_checksum() {
        let samples = |bytes: &[u8]| frame_header(bytes).map(|frame| (frame.variable, frame.samples));
        // As the reference encoder writes them: 4,096 samples at 44.1 kHz in 16 bits; 1,104 as the end of such a file.
        assert_eq!(samples(b"\xff\xf8\xc9\xa8\x00\x8d"), Some((false, 4096)));
        assert_eq!(samples(b"\xff\xf8\xc9\xa8\x00\x8e"), None);
        assert_eq!(samples(b"\xff\xf8\xc9\xae\x00\x8d"), None);
        assert_eq!(samples(b"\xff\xf8"), None);
    }

    #[test]
    fn a_joined_file_ends_where_the_next_begins_however_it_is_read() {
        let first = [b"fLaC\0\0\0\x22".as_slice(), &[1; 100]].concat();
        for next in [b"fLaC\0\0\0\x22", b"fLaC\x80\0\0\x22"] {
            let both = [first.as_slice(), next, &[2; 100]].concat();
            for size in [1, 7, 8, 9, 100, 1000] {
                let mut joined = Joined::new(Cursor::new(&both));
                let mut out = Vec::new();
                let mut buffer = vec![0; size];
                loop {
                    let bytes = joined.read(&mut buffer).unwrap();
                    if bytes == 0 {
                        break;
                    }
                    out.extend_from_slice(&buffer[..bytes]);
                }
                assert_eq!(joined.next().load(Ordering::Relaxed), first.len() as u64, "{size}");
                assert_eq!(out, first, "{size}");
            }
        }
        let mut alone = Joined::new(Cursor::new(&first));
        std::io::copy(&mut alone, &mut std::io::sink()).unwrap();
        assert_eq!(alone.next().load(Ordering::Relaxed), u64::MAX);
    }
}
