//! The file as the demuxers see it: with a budget, so that a demuxer that runs in circles comes to an end.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

/// Bytes that any file may cost, however small it is.
const BASE_BUDGET: u64 = 256 << 20;
/// How often a whole file may be read; demuxers read it once or twice, jumping back and forth in MP4 costs some more.
const BUDGET_PER_BYTE: u64 = 64;
/// What a call costs at least, so that reads at the end of the file and seeks count too.
const CALL_COST: u64 = 1 << 10;

/// A regular file that fails with an error once far more was read from it than any sound demuxer needs.
pub(crate) struct GuardedFile {
    file: File,
    length: u64,
    budget: u64,
}

impl GuardedFile {
    pub(crate) fn new(file: File, length: u64) -> Self {
        Self { file, length, budget: BASE_BUDGET.saturating_add(length.saturating_mul(BUDGET_PER_BYTE)) }
    }

    fn spend(&mut self, bytes: usize) -> io::Result<()> {
        self.budget = self.budget.saturating_sub((bytes as u64).max(CALL_COST));
        if self.budget == 0 {
            return Err(io::Error::other("the demuxer read the file over and over without an end"));
        }
        Ok(())
    }
}

impl Read for GuardedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.file.read(buffer)?;
        self.spend(bytes)?;
        Ok(bytes)
    }
}

impl Seek for GuardedFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.spend(0)?;
        self.file.seek(position)
    }
}

impl MediaSource for GuardedFile {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::GuardedFile;

    #[test]
    fn reading_forever_at_the_end_fails_in_the_end() {
        let mut file = GuardedFile::new(tempfile::tempfile().unwrap(), 0);
        let mut buffer = [0; 16];
        let calls = (0..10_000_000).take_while(|_| file.read(&mut buffer).is_ok()).count();
        assert!((100_000..1_000_000).contains(&calls), "{calls} calls");
    }
}
