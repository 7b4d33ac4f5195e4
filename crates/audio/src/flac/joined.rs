//! FLAC files that were joined end to end.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use symphonia::core::io::MediaSource;

/// Bytes read at once.
const BLOCK: usize = 64 << 10;
/// How a file begins: the name, and the header of a first block of 34 bytes, be it the last one or not.
const MARK: [u8; 8] = *b"fLaC\0\0\0\x22";

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
pub(super) fn is_mark(bytes: &[u8]) -> bool {
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
