//! Reads the entries of a zip archive that `torch.save` wrote: no entry is compressed, and no entries overlap.

use std::collections::HashMap;
use std::io::{Cursor, Error as IoError, Read, Seek, SeekFrom};
use std::ops::Range;

use error::Result;
use zip::result::ZipError;
use zip::CompressionMethod;

use crate::fault::fault;
use crate::limits;

/// Size of the record at the end of an archive without a comment, and of the locator of its 64-bit form before it, in
/// bytes.
const END: usize = 22;
const LOCATOR: usize = 20;

/// The range of each entry in the file, and whether the entry is stored uncompressed.
///
/// # Errors
/// [`error::Code::ModelFormat`] for an archive that is damaged, larger than that of any checkpoint, or has overlapping
/// entries.
pub(crate) fn entries(bytes: &[u8]) -> Result<HashMap<String, (Range<usize>, bool)>> {
    let damaged = |reason: ZipError| fault(format!("is not a complete zip archive: {reason}"));
    refuse_large_directory(bytes)?;
    let reader = Limited { bytes: Cursor::new(bytes), left: limits::DIRECTORY };
    let mut archive = zip::ZipArchive::new(reader).map_err(damaged)?;
    if archive.len() > limits::ENTRIES {
        return Err(fault(format!(
            "is a zip archive of {} entries; at most {} are supported",
            archive.len(),
            limits::ENTRIES
        )));
    }
    let mut entries = HashMap::new();
    let mut ranges = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(damaged)?;
        let name = entry.name().map_err(damaged)?.into_owned();
        let start = entry.data_start().and_then(|start| usize::try_from(start).ok());
        let end = start.zip(usize::try_from(entry.size()).ok()).and_then(|(start, size)| start.checked_add(size));
        let stored = entry.compression() == CompressionMethod::Stored && entry.size() == entry.compressed_size();
        let (Some(start), Some(end)) = (start, end.filter(|&end| end <= bytes.len() || !stored)) else {
            return Err(fault(format!("entry {name} of the archive is outside the file")));
        };
        if stored && start < end {
            ranges.push(start..end);
        }
        entries.insert(name, (start..end, stored));
    }
    ranges.sort_unstable_by_key(|range| range.start);
    if ranges.windows(2).any(|pair| pair[1].start < pair[0].end) {
        return Err(fault("is a zip archive whose entries overlap; PyTorch never writes such a file"));
    }
    Ok(entries)
}

/// Refuses an archive whose end record claims a directory larger than that of any checkpoint, before memory is
/// allocated for it.
fn refuse_large_directory(bytes: &[u8]) -> Result<()> {
    let number = |at: usize, size: usize| -> Option<u64> {
        let bytes = bytes.get(at..at.checked_add(size)?)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    };
    let end = bytes.len().checked_sub(END).filter(|&end| bytes[end..].starts_with(b"PK\x05\x06"));
    let Some(end) = end else {
        return Err(fault("is not a complete zip archive: its end record is missing"));
    };
    let (mut count, mut size) = (number(end + 10, 2), number(end + 12, 4));
    let locator = end.checked_sub(LOCATOR).filter(|&at| bytes[at..].starts_with(b"PK\x06\x07"));
    if let Some(record) = locator.and_then(|at| usize::try_from(number(at + 8, 8)?).ok()) {
        let (count_64, size_64) = (record.saturating_add(32), record.saturating_add(40));
        (count, size) = (number(count_64, 8), number(size_64, 8));
    }
    match (count, size) {
        (Some(count), Some(size)) if count <= limits::ENTRIES as u64 && size <= limits::DIRECTORY as u64 => Ok(()),
        (count, _) => Err(fault(format!(
            "is not a complete zip archive, or has more entries than any checkpoint: {}; at most {} are supported",
            count.unwrap_or(0),
            limits::ENTRIES
        ))),
    }
}

/// A reader with a limit on the bytes read: finding the entries of an archive must not take longer than reading a
/// checkpoint.
struct Limited<'a> {
    bytes: Cursor<&'a [u8]>,
    left: usize,
}

impl Read for Limited<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let count = self.bytes.read(to)?;
        self.left = self
            .left
            .checked_sub(count)
            .ok_or_else(|| IoError::other("its directory is larger than that of any checkpoint"))?;
        Ok(count)
    }
}

impl Seek for Limited<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.bytes.seek(to)
    }
}
