//! A file of which only so much is read, and only for so long.

use std::fs::File;
use std::io::{BufReader, Error, Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

use error::is_passing;

/// The most bytes that are read of one file. Metadata with large covers has some megabytes.
pub(super) const MOST_BYTES: u64 = 128 << 20;
/// The longest time for one file.
pub(super) const LONGEST: Duration = Duration::from_secs(30);

/// Why a file was not read to the end of its metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It has more than [`MOST_BYTES`] of metadata.
    Bytes,
    /// It took longer than [`LONGEST`].
    Time,
    /// The system failed with this error number.
    System(i32),
}

/// A file that fails after [`MOST_BYTES`] or [`LONGEST`], so that a parser that loops over damaged metadata ends.
pub(super) struct LimitedFile<R> {
    inner: BufReader<R>,
    left: u64,
    deadline: Instant,
    stop: Option<Stop>,
}

impl LimitedFile<File> {
    pub(super) fn new(file: File) -> Self {
        Self::with_limits(file, MOST_BYTES, Instant::now() + LONGEST)
    }
}

impl<R: Read> LimitedFile<R> {
    fn with_limits(file: R, left: u64, deadline: Instant) -> Self {
        Self { inner: BufReader::new(file), left, deadline, stop: None }
    }

    /// The reason for which reading was stopped, if it was.
    pub(super) fn stop(&self) -> Option<Stop> {
        self.stop
    }

    fn check(&mut self) -> std::io::Result<()> {
        let stop = if self.left == 0 {
            Stop::Bytes
        } else if Instant::now() > self.deadline {
            Stop::Time
        } else {
            return Ok(());
        };
        self.stop.get_or_insert(stop);
        Err(Error::other("a limit for metadata was reached"))
    }

    fn noted<T>(&mut self, result: std::io::Result<T>) -> std::io::Result<T> {
        if let Some(number) = result.as_ref().err().filter(|reason| is_passing(reason)).and_then(Error::raw_os_error) {
            self.stop.get_or_insert(Stop::System(number));
        }
        result
    }
}

impl<R: Read> Read for LimitedFile<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.check()?;
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let result = self.inner.read(&mut buffer[..most]);
        let count = self.noted(result)?;
        self.left -= count as u64;
        Ok(count)
    }
}

impl<R: Read + Seek> Seek for LimitedFile<R> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.check()?;
        // Seeking costs nothing here but a byte, so that a loop of seeks ends too.
        self.left -= 1;
        // Short seeks keep the buffer.
        let result = match to {
            SeekFrom::Current(offset) => self.inner.seek_relative(offset).and_then(|()| self.inner.stream_position()),
            to => self.inner.seek(to),
        };
        self.noted(result)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_file_ends_at_the_limit_of_its_bytes() {
        let far = Instant::now() + LONGEST;
        let mut file = LimitedFile::with_limits(Cursor::new(vec![7; 100]), 10, far);
        let mut read = [0; 8];
        file.read_exact(&mut read).unwrap();
        file.seek(SeekFrom::Start(50)).unwrap();
        assert_eq!(file.stop(), None);
        assert!(file.read_exact(&mut read).is_err());
        assert_eq!(file.stop(), Some(Stop::Bytes));
    }

    #[test]
    fn a_loop_of_seeks_ends() {
        let mut file = LimitedFile::with_limits(Cursor::new(vec![7; 100]), 1_000, Instant::now() + LONGEST);
        let seeks = std::iter::repeat_with(|| file.seek(SeekFrom::Start(0))).take_while(Result::is_ok).count();
        assert_eq!(seeks, 1_000);
    }

    #[test]
    fn a_file_ends_at_the_limit_of_its_time() {
        let mut file = LimitedFile::with_limits(Cursor::new(vec![7; 100]), 1_000, Instant::now());
        std::thread::sleep(Duration::from_millis(2));
        assert!(file.read(&mut [0; 8]).is_err());
        assert_eq!(file.stop(), Some(Stop::Time));
    }

    #[test]
    fn a_short_seek_reads_on_from_the_right_place() {
        let bytes: Vec<u8> = (0..100).collect();
        let mut file = LimitedFile::with_limits(Cursor::new(bytes), 1_000, Instant::now() + LONGEST);
        let mut read = [0; 2];
        file.read_exact(&mut read).unwrap();
        assert_eq!(file.seek(SeekFrom::Current(10)).unwrap(), 12);
        file.read_exact(&mut read).unwrap();
        assert_eq!(read, [12, 13]);
        assert_eq!(file.seek(SeekFrom::Current(-4)).unwrap(), 10);
    }
}
