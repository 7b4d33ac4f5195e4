//! Counts the lines of a file while a parser reads it.

use std::io::{BufRead, Read, Result};

/// A reader that knows the line of the next byte.
pub(super) struct XmlLines<R> {
    inner: R,
    ends: u64,
}

impl<R> XmlLines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, ends: 0 }
    }

    /// The number of the line of the next byte, from 1.
    pub(super) fn line(&self) -> u64 {
        self.ends + 1
    }
}

impl<R: BufRead> Read for XmlLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.inner.read(buffer)?;
        self.ends += buffer[..count].iter().filter(|&&byte| byte == b'\n').count() as u64;
        Ok(count)
    }
}

impl<R: BufRead> BufRead for XmlLines<R> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        if count > 0 {
            // The bytes are in the buffer still: this reads nothing.
            if let Ok(bytes) = self.inner.fill_buf() {
                self.ends += bytes.iter().take(count).filter(|&&byte| byte == b'\n').count() as u64;
            }
        }
        self.inner.consume(count);
    }
}
