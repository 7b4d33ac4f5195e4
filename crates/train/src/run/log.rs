//! `events.jsonl`: one event per line, written as soon as it happens.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use files::AppendFile;

use crate::event::{Epoch, Event};

/// Appends to `events.jsonl`.
pub(crate) struct EventLog {
    file: AppendFile,
    length: u64,
}

impl EventLog {
    /// Opens the log at `path` and truncates it to the complete lines within its first `length` bytes: the events after
    /// the checkpoint will happen again.
    pub(crate) fn open(path: &Path, length: u64) -> Result<Self> {
        let mut file = AppendFile::open(path, &[] as &[PathBuf])?;
        let failed = |reason: std::io::Error| Error::output(path, &reason);
        let mut kept = Vec::new();
        file.file().take(length).read_to_end(&mut kept).map_err(failed)?;
        let length = kept.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last as u64 + 1);
        file.file().set_len(length).map_err(failed)?;
        Ok(Self { file, length })
    }

    /// Appends one event.
    pub(crate) fn append(&mut self, event: &Event) -> Result<()> {
        let line = line(event)?;
        let file = self.file.file();
        let written = file.seek(SeekFrom::Start(self.length)).and_then(|_| file.write_all(&line));
        written.map_err(|reason| Error::output(self.file.asked(), &reason))?;
        self.length += line.len() as u64;
        Ok(())
    }

    /// The epochs in the log, in order. Damaged lines are left out.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub(crate) fn epochs(&mut self) -> Result<Vec<Epoch>> {
        let mut text = Vec::new();
        let file = self.file.file();
        let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(self.length).read_to_end(&mut text));
        read.map_err(|reason| Error::input(self.file.asked(), Code::Io, &reason))?;
        let lines = text.split(|&byte| byte == b'\n');
        let records = lines.filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok());
        let epochs = records.filter(|record| record["type"] == "epoch");
        Ok(epochs.filter_map(|record| serde_json::from_value(record).ok()).collect())
    }

    /// The length of the log in bytes after `event` is appended.
    pub(crate) fn length_with(&self, event: &Event) -> Result<u64> {
        Ok(self.length + line(event)?.len() as u64)
    }
}

fn line(event: &Event) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(event).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_lines_do_not_end_a_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let damaged = b"{\"type\":\"start\"}\n\xff\xfe\n\0\0\0\n{\"type\":\"epoch\"\n";
        std::fs::write(&path, damaged).unwrap();
        let mut log = EventLog::open(&path, damaged.len() as u64).unwrap();
        assert_eq!(log.epochs().unwrap(), []);
        assert_eq!(std::fs::read(&path).unwrap(), damaged);
    }
}
