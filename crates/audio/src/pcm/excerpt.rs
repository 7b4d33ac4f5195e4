//! Reads the bytes of a header by their position relative to the start of the container.

use std::io;
use std::ops::Range;

use crate::repair::{read_at, ReadSeek};

/// A file of which only a part is relevant.
pub(super) struct Excerpt<'a> {
    file: &'a mut dyn ReadSeek,
    span: Range<u64>,
}

impl<'a> Excerpt<'a> {
    /// The part `span` of `file`.
    pub(super) fn new(file: &'a mut dyn ReadSeek, span: Range<u64>) -> Self {
        Self { file, span }
    }

    /// The number of bytes from the start of the container to the end of the relevant part.
    pub(super) fn length(&self) -> u64 {
        self.span.end.saturating_sub(self.span.start)
    }

    /// Reads `N` bytes at `at`; missing bytes are zeros.
    pub(super) fn bytes<const N: usize>(&mut self, at: u64) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(at, &mut bytes)?;
        Ok(bytes)
    }

    /// Fills `buffer` from `at` on and returns the number of bytes read; the rest of the buffer stays unchanged.
    pub(super) fn fill(&mut self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length().saturating_sub(at)).unwrap_or(usize::MAX).min(buffer.len());
        match self.span.start.checked_add(at) {
            Some(position) if left > 0 => read_at(self.file, position, &mut buffer[..left]),
            _ => Ok(0),
        }
    }

    /// Converts a range relative to the start of the container to a range in the file, cut at the end.
    pub(super) fn place(&self, range: Range<u64>) -> Range<u64> {
        let place = |at: u64| self.span.start.saturating_add(at).min(self.span.end);
        place(range.start)..place(range.end)
    }
}
