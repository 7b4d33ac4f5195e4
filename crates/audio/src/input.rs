//! The source of audio: a file, or bytes in memory that are read like a file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// Bytes of one block of [`Bytes`]: small enough to be easy to allocate, large enough for few blocks.
const BLOCK: usize = 1 << 20;

/// The content of an audio file in memory, which arrives piece by piece. Growing never moves the bytes that are already
/// there.
#[derive(Debug, Default)]
pub struct Bytes {
    /// Each of [`BLOCK`] bytes, except the last.
    blocks: Vec<Vec<u8>>,
    length: usize,
}

impl Bytes {
    /// Appends `bytes`.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let filled = self.length % BLOCK;
            let (head, rest) = bytes.split_at(bytes.len().min(BLOCK - filled));
            match self.blocks.last_mut() {
                Some(block) if filled > 0 => block.extend_from_slice(head),
                _ => self.blocks.push(head.to_vec()),
            }
            self.length += head.len();
            bytes = rest;
        }
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The bytes from `position` to the end of their block.
    fn from(&self, position: u64) -> &[u8] {
        let Ok(position) = usize::try_from(position) else { return &[] };
        self.blocks.get(position / BLOCK).and_then(|block| block.get(position % BLOCK..)).unwrap_or(&[])
    }
}

/// Where the audio of a clip comes from.
#[derive(Clone, Debug)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// The content of a file, and its name: the suffix is a hint for the format, and messages contain the name.
    Memory(PathBuf, Arc<Bytes>),
}

impl Input {
    /// The name in messages.
    pub fn name(&self) -> &Path {
        match self {
            Self::File(name) | Self::Memory(name, _) => name,
        }
    }
}

impl From<&Path> for Input {
    fn from(path: &Path) -> Self {
        Self::File(path.to_path_buf())
    }
}

impl From<&PathBuf> for Input {
    fn from(path: &PathBuf) -> Self {
        Self::File(path.clone())
    }
}

impl From<&Input> for Input {
    fn from(input: &Input) -> Self {
        input.clone()
    }
}

/// An input that is open for reading at any position. Clones share the position, as with a file.
#[derive(Debug)]
pub(crate) enum Storage {
    File(File),
    Memory { bytes: Arc<Bytes>, position: AtomicU64 },
}

impl Storage {
    /// Reads `bytes` from their start.
    pub(crate) fn memory(bytes: &Arc<Bytes>) -> Self {
        Self::Memory { bytes: bytes.clone(), position: AtomicU64::new(0) }
    }
}

impl Read for &Storage {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Storage::File(file) => (&*file).read(buffer),
            Storage::Memory { bytes, position } => {
                let there = bytes.from(position.load(Ordering::Relaxed));
                let count = there.len().min(buffer.len());
                buffer[..count].copy_from_slice(&there[..count]);
                position.fetch_add(count as u64, Ordering::Relaxed);
                Ok(count)
            }
        }
    }
}

impl Seek for &Storage {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (bytes, position) = match self {
            Storage::File(file) => return (&*file).seek(to),
            Storage::Memory { bytes, position } => (bytes, position),
        };
        let target = match to {
            SeekFrom::Start(target) => Some(target),
            SeekFrom::End(offset) => (bytes.len() as u64).checked_add_signed(offset),
            SeekFrom::Current(offset) => position.load(Ordering::Relaxed).checked_add_signed(offset),
        };
        let target =
            target.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a position before the start"))?;
        position.store(target, Ordering::Relaxed);
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_back_as_they_came_whatever_the_pieces() {
        let content: Vec<u8> = (0..3 * BLOCK + 77).map(|index| (index * 31 % 251) as u8).collect();
        for piece in [1 << 10, BLOCK - 1, BLOCK, 2 * BLOCK + 5] {
            let mut bytes = Bytes::default();
            content.chunks(piece).for_each(|chunk| bytes.push(chunk));
            assert_eq!(bytes.len(), content.len());
            let storage = Storage::memory(&Arc::new(bytes));
            let mut opened = &storage;
            let mut read = Vec::new();
            opened.read_to_end(&mut read).unwrap();
            assert!(read == content, "pieces of {piece}");
            opened.seek(SeekFrom::End(-9)).unwrap();
            read.clear();
            opened.read_to_end(&mut read).unwrap();
            assert_eq!(read, content[content.len() - 9..]);
        }
    }

    #[test]
    fn a_seek_behind_the_end_reads_nothing_and_one_before_the_start_fails() {
        let mut bytes = Bytes::default();
        bytes.push(b"abc");
        let storage = Storage::memory(&Arc::new(bytes));
        let mut opened = &storage;
        opened.seek(SeekFrom::Start(1 << 40)).unwrap();
        assert_eq!(opened.read(&mut [0; 4]).unwrap(), 0);
        assert!(opened.seek(SeekFrom::End(-4)).is_err());
        assert_eq!(opened.stream_position().unwrap(), 1 << 40);
    }
}
