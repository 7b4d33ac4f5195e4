//! The file as the demuxers see it, with a limit on the bytes read, so that a demuxer in an endless loop is stopped.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

use symphonia::core::io::MediaSource;

use crate::repair::Repair;
use crate::watched_file::WatchedFile;

/// The number of bytes that may be read from any file, however small.
const BASE_BUDGET: u64 = 256 << 20;
/// How often a whole file may be read; demuxers read it once or twice, and seeking in MP4 takes some more.
const BUDGET_PER_BYTE: u64 = 64;
/// The least number of bytes that a call counts as, so that seeks and reads at the end of the file count too.
const CALL_COST: u64 = 1 << 10;
/// A number of zeros in a row that no encoder writes, in pieces of `PIECE` bytes.
const ZEROS: u64 = 4_096;
const PIECE: usize = 512;

/// A regular file whose reads fail after far more bytes were read than any correct demuxer needs, and which shows
/// the bytes of a [`Repair`] in place of those on the disk.
pub(crate) struct GuardedFile {
    file: WatchedFile,
    /// Where the visible part of the file begins; positions are relative to it.
    start: u64,
    length: u64,
    position: u64,
    patches: Vec<(u64, u8)>,
    budget: u64,
    /// The position from which on zeros are counted, the zeros in a row up to the current position, and the runs found.
    zeros_from: u64,
    zeros: u64,
    runs: Arc<AtomicU32>,
}

impl GuardedFile {
    /// Opens `file` at `repair.start`.
    pub(crate) fn new(file: WatchedFile, repair: Repair) -> Self {
        let length = repair.length.unwrap_or(u64::MAX).min(file.length()).saturating_sub(repair.start);
        Self {
            file,
            start: repair.start,
            length,
            position: 0,
            patches: repair.patches,
            budget: BASE_BUDGET.saturating_add(length.saturating_mul(BUDGET_PER_BYTE)),
            zeros_from: u64::MAX,
            zeros: 0,
            runs: Arc::default(),
        }
    }

    /// Counts the long runs of zeros from byte `from` of the file on, as far as the file is read sequentially.
    pub(crate) fn zeros(&mut self, from: u64) -> Arc<AtomicU32> {
        self.zeros_from = from;
        Arc::clone(&self.runs)
    }

    /// Counts the zeros in `bytes`, which were read at position `place` of the file.
    fn count_zeros(&mut self, bytes: &[u8], place: u64) {
        // After a seek back, bytes are not counted again. A read far ahead, at the end of the file, is not counted.
        let known = usize::try_from(self.zeros_from.wrapping_sub(place)).unwrap_or(usize::MAX);
        let Some(bytes) = bytes.get(known..).filter(|bytes| place <= self.zeros_from && !bytes.is_empty()) else {
            return;
        };
        self.zeros_from += bytes.len() as u64;
        for piece in bytes.chunks(PIECE) {
            let zeros = if piece.iter().all(|&byte| byte == 0) { self.zeros + piece.len() as u64 } else { 0 };
            if self.zeros < ZEROS && zeros >= ZEROS {
                self.runs.fetch_add(1, Ordering::Relaxed);
            }
            self.zeros = zeros;
        }
    }

    fn spend(&mut self, bytes: usize) -> io::Result<()> {
        self.budget = self.budget.saturating_sub((bytes as u64).max(CALL_COST));
        if self.budget == 0 {
            return Err(io::Error::other("the demuxer read the file again and again without end"));
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
        let place = self.start + self.position;
        for &(at, byte) in &self.patches {
            if (place..place + bytes as u64).contains(&at) {
                buffer[(at - place) as usize] = byte;
            }
        }
        self.position += bytes as u64;
        self.count_zeros(&buffer[..bytes], place);
        Ok(bytes)
    }
}

impl Seek for GuardedFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.spend(0)?;
        // The start and the end may differ from those of the file.
        let position = match position {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        let place = position.and_then(|position| self.start.checked_add(position));
        let place = place.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a seek outside the file"))?;
        self.position = self.file.seek(SeekFrom::Start(place))?.saturating_sub(self.start);
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
    use crate::watched_file::WatchedFile;

    #[test]
    fn reading_forever_at_the_end_fails_in_the_end() {
        let mut file = GuardedFile::new(WatchedFile::new(tempfile::tempfile().unwrap()).unwrap(), Repair::default());
        let mut buffer = [0; 16];
        let calls = (0..10_000_000).take_while(|_| file.read(&mut buffer).is_ok()).count();
        assert!((100_000..1_000_000).contains(&calls), "{calls} calls");
    }

    #[test]
    fn long_runs_of_zeros_are_counted_once() {
        let mut file = tempfile::tempfile().unwrap();
        let bytes =
            [vec![0; 9_000], vec![1; 3_000], vec![0; 6_000], vec![1; 900], vec![0; 2_000], vec![1; 9_000]].concat();
        file.write_all(&bytes).unwrap();
        file.rewind().unwrap();
        let mut file = GuardedFile::new(WatchedFile::new(file).unwrap(), Repair::default());
        let runs = file.zeros(9_000);
        for _ in 0..2 {
            file.rewind().unwrap();
            std::io::copy(&mut file, &mut std::io::sink()).unwrap();
        }
        assert_eq!(runs.load(std::sync::atomic::Ordering::Relaxed), 1);
    }

    #[test]
    fn a_repair_shows_wherever_it_is_read() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        file.rewind().unwrap();
        let repair = Repair { patches: vec![(1, b'a'), (6, b'b')], length: Some(8), start: 0 };
        let mut file = GuardedFile::new(WatchedFile::new(file).unwrap(), repair);
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "0a2345b7");
        assert_eq!(file.seek(SeekFrom::End(-2)).unwrap(), 6);
        text.clear();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "b7");
    }

    #[test]
    fn a_part_of_a_file_is_shown_as_if_it_were_the_file() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        file.seek(SeekFrom::Start(3)).unwrap();
        let mut file = GuardedFile::new(
            WatchedFile::new(file).unwrap(),
            Repair { patches: vec![(4, b'a')], length: Some(8), start: 3 },
        );
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "3a567");
        assert_eq!(file.seek(SeekFrom::End(-1)).unwrap(), 4);
        assert_eq!(file.seek(SeekFrom::Current(-3)).unwrap(), 1);
        assert!(file.seek(SeekFrom::Current(-3)).is_err());
        text.clear();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "a567");
    }
}
