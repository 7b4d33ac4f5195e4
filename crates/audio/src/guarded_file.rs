//! The file as the demuxers see it: with a budget, so that a demuxer that runs in circles comes to an end.

use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use crate::input::Opened;
use crate::repair::Repair;

/// Bytes that any file may cost, however small it is.
const BASE_BUDGET: u64 = 256 << 20;
/// How often a whole file may be read; demuxers read it once or twice, jumping back and forth in MP4 costs some more.
const BUDGET_PER_BYTE: u64 = 64;
/// What a call costs at least, so that reads at the end of the file and seeks count too.
const CALL_COST: u64 = 1 << 10;

/// A regular file, or bytes in memory, that fails with an error once far more was read from it than any sound demuxer needs, and that shows
/// a [`Repair`] in place of what is on the disk.
pub(crate) struct GuardedFile {
    file: Opened,
    length: u64,
    position: u64,
    patches: Vec<(u64, u8)>,
    budget: u64,
}

impl GuardedFile {
    /// `file`, standing at its start and `length` bytes long.
    pub(crate) fn new(file: impl Into<Opened>, length: u64, repair: Repair) -> Self {
        let length = repair.length.unwrap_or(length).min(length);
        Self {
            file: file.into(),
            length,
            position: 0,
            patches: repair.patches,
            budget: BASE_BUDGET.saturating_add(length.saturating_mul(BUDGET_PER_BYTE)),
        }
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
        let left = usize::try_from(self.length.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let bytes = self.file.read(&mut buffer[..wanted])?;
        self.spend(bytes)?;
        for &(at, byte) in &self.patches {
            if (self.position..self.position + bytes as u64).contains(&at) {
                buffer[(at - self.position) as usize] = byte;
            }
        }
        self.position += bytes as u64;
        Ok(bytes)
    }
}

impl Seek for GuardedFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.spend(0)?;
        // The end may not be the file's own.
        let position = match position {
            SeekFrom::End(offset) => SeekFrom::Start(self.length.saturating_add_signed(offset)),
            other => other,
        };
        self.position = self.file.seek(position)?;
        Ok(self.position)
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
    use std::io::{Read, Seek, SeekFrom, Write};

    use super::GuardedFile;
    use crate::repair::Repair;

    #[test]
    fn reading_forever_at_the_end_fails_in_the_end() {
        let mut file = GuardedFile::new(tempfile::tempfile().unwrap(), 0, Repair::default());
        let mut buffer = [0; 16];
        let calls = (0..10_000_000).take_while(|_| file.read(&mut buffer).is_ok()).count();
        assert!((100_000..1_000_000).contains(&calls), "{calls} calls");
    }

    #[test]
    fn a_repair_shows_wherever_it_is_read() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        file.rewind().unwrap();
        let repair = Repair { patches: vec![(1, b'a'), (6, b'b')], length: Some(8) };
        let mut file = GuardedFile::new(file, 10, repair);
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "0a2345b7");
        assert_eq!(file.seek(SeekFrom::End(-2)).unwrap(), 6);
        text.clear();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "b7");
    }
}
