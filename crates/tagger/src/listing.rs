//! A list of paths in a file or on standard input.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{sync_channel, Receiver, RecvTimeoutError};
use std::time::Duration;

use error::{Code, Error, Result};

use crate::cancel::Cancel;

/// Longer entries are not paths on any system: the list is not one.
const LONGEST: u64 = 64 * 1024;

/// The paths of a list, one an entry, read as they are needed. Empty entries are passed over.
pub struct Listing(Source);

enum Source {
    File(Entries<BufReader<File>>),
    /// Standard input may never end, and a read of it cannot be interrupted: a thread of its own reads it, which nobody waits for.
    Input(Receiver<Result<PathBuf>>, Cancel),
}

impl Listing {
    /// The list in the file `path`, or on standard input where that is `-`. Entries end with a line feed, or NUL where `null`.
    pub fn open(path: &Path, null: bool, cancel: &Cancel) -> Result<Self> {
        let end = if null { 0 } else { b'\n' };
        if path == Path::new("-") {
            let (sender, receiver) = sync_channel(64);
            let read = move || {
                for entry in Entries::new(std::io::stdin().lock(), end, "standard input".into()) {
                    if sender.send(entry).is_err() {
                        break;
                    }
                }
            };
            std::thread::Builder::new()
                .name("samplecnn-list".into())
                .spawn(read)
                .map_err(|reason| Error::new(Code::Internal, format!("cannot start a thread: {reason}")))?;
            return Ok(Self(Source::Input(receiver, cancel.clone())));
        }
        let file = File::open(path).map_err(|reason| Error::input(path, Code::InvalidOption, &reason))?;
        Ok(Self(Source::File(Entries::new(BufReader::new(file), end, path.display().to_string()))))
    }
}

impl Iterator for Listing {
    type Item = Result<PathBuf>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Source::File(entries) => entries.next(),
            Source::Input(receiver, cancel) => loop {
                match receiver.recv_timeout(Duration::from_millis(50)) {
                    Ok(entry) => return Some(entry),
                    Err(RecvTimeoutError::Disconnected) => return None,
                    Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => return None,
                    Err(RecvTimeoutError::Timeout) => {}
                }
            },
        }
    }
}

struct Entries<R> {
    /// None after a failure.
    reader: Option<R>,
    end: u8,
    name: String,
    number: u64,
}

impl<R: BufRead> Entries<R> {
    fn new(reader: R, end: u8, name: String) -> Self {
        Self { reader: Some(reader), end, name, number: 0 }
    }
}

impl<R: BufRead> Iterator for Entries<R> {
    type Item = Result<PathBuf>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut entry = Vec::new();
            let read = self.reader.as_mut()?.by_ref().take(LONGEST).read_until(self.end, &mut entry);
            self.number += 1;
            let reason = match read {
                Ok(0) => return None,
                Ok(length) if length as u64 == LONGEST => format!("entry {} is longer than any path", self.number),
                Ok(_) => {
                    if entry.last() == Some(&self.end) {
                        entry.pop();
                    }
                    if self.end == b'\n' && entry.last() == Some(&b'\r') {
                        entry.pop();
                    }
                    if entry.is_empty() {
                        continue;
                    }
                    match path(entry) {
                        Some(path) => return Some(Ok(path)),
                        None => format!("entry {} is not a path", self.number),
                    }
                }
                Err(reason) => reason.to_string(),
            };
            self.reader = None;
            let message =
                format!("{}: {reason}; the rest of the list is left out (expected one path a line)", self.name);
            return Some(Err(Error::new(Code::InvalidOption, message)));
        }
    }
}

#[cfg(unix)]
fn path(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn path(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], end: u8) -> Vec<Result<PathBuf, String>> {
        Entries::new(text, end, "list".into()).map(|entry| entry.map_err(|error| error.message)).collect()
    }

    #[test]
    fn lines_are_paths_whatever_their_ends() {
        let paths = read("a b.mp3\r\n\n/c/d\u{e9}.mp3".as_bytes(), b'\n');
        assert_eq!(paths, [Ok("a b.mp3".into()), Ok("/c/d\u{e9}.mp3".into())]);
    }

    #[test]
    fn nul_keeps_line_feeds_in_names() {
        assert_eq!(read(b"a\nb.mp3\0c", 0), [Ok("a\nb.mp3".into()), Ok("c".into())]);
    }

    #[test]
    fn a_list_that_is_none_is_not_read_into_memory() {
        let read = read(&vec![b'x'; 1 << 20], b'\n');
        assert_eq!(read.len(), 1);
        assert!(read[0].as_ref().unwrap_err().contains("longer than any path"));
    }
}
