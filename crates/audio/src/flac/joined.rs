//! FLAC files that were joined end to end.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use symphonia::core::io::MediaSource;

/// Bytes read at once.
const BLOCK: usize = 64 << 10;
/// The beginning of a file: the name, and the header of a first block of 34 bytes, which may or may not be the last
/// block.
const MARK: [u8; 8] = *b"fLaC\0\0\0\x22";

/// Reads a FLAC file up to the beginning of the next joined file.
pub(crate) struct Joined<S> {
    source: S,
    /// Bytes that were read; those from `at` on have not been returned yet.
    buffer: Vec<u8>,
    at: usize,
    /// The position of the next byte.
    position: u64,
    /// Whether the source is at its end.
    drained: bool,
    /// Where the next file begins; `u64::MAX` while unknown.
    next: Arc<AtomicU64>,
}

impl<S> Joined<S> {
    /// Reads from `source`, which must be at its start.
    pub(crate) fn new(source: S) -> Self {
        let next = Arc::new(AtomicU64::new(u64::MAX));
        Self { source, buffer: Vec::new(), at: 0, position: 0, drained: false, next }
    }

    /// Where the next file begins; `u64::MAX` until it has been found.
    pub(crate) fn next(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.next)
    }
}

impl<S: Read> Joined<S> {
    /// Reads until the buffer contains a whole mark, or until the end of the source.
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
        // The last bytes may be the beginning of a mark.
        let certain = if self.drained { there.len() } else { there.len() - (MARK.len() - 1) };
        let there = &there[..there.len().min(buffer.len() + MARK.len() - 1)];
        // The file itself begins with a mark.
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

/// Whether a file begins with these eight bytes.
pub(super) fn is_mark(bytes: &[u8]) -> bool {
    const LAST: [u8; 8] = *b"fLaC\x80\0\0\x22";
    bytes == MARK || bytes == LAST
}

impl<S: Seek> Seek for Joined<S> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        // The position of the source is after the bytes in the buffer.
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
    use std::io::{Cursor, Read};
    use std::sync::atomic::Ordering;

    use super::Joined;

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
