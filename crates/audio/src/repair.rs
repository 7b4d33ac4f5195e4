//! Audio files that symphonia refuses although the audio itself is intact are shown to it with a few bytes
//! changed. The file itself is never changed.

use std::io::{self, Read, Seek, SeekFrom};

/// How a file is shown to the demuxer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Repair {
    /// (position, byte): the byte that is read at this position.
    pub(crate) patches: Vec<(u64, u8)>,
    /// Where the file appears to end, if not at its real end.
    pub(crate) length: Option<u64>,
    /// Where the file appears to begin.
    pub(crate) start: u64,
}

impl Repair {
    /// Replaces the bytes at `at` by `bytes`.
    pub(crate) fn patch(&mut self, at: u64, bytes: &[u8]) {
        self.patches.extend((at..).zip(bytes.iter().copied()));
    }
}

/// A source that can be read at any position.
pub(crate) trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// Reads up to `buffer.len()` bytes at `position`; fewer only at the end of the file.
pub(crate) fn read_at(file: &mut dyn ReadSeek, position: u64, buffer: &mut [u8]) -> io::Result<usize> {
    file.seek(SeekFrom::Start(position))?;
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(bytes) => filled += bytes,
            Err(reason) if reason.kind() == io::ErrorKind::Interrupted => {}
            Err(reason) => return Err(reason),
        }
    }
    Ok(filled)
}
