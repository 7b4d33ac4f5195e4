//! The event file for TensorBoard: the losses of every epoch and the metrics of the finished run.
//!
//! The file is a sequence of records: the length (64 bits), its checksum, the data, their checksum; the checksums are
//! masked CRC-32C (`tensorflow/core/lib/io/record_writer.h`). The data are a protocol buffer of the type `Event`
//! (`tensorflow/core/util/event.proto`): 1 = wall time (double), 2 = step (varint), 3 = version of the file (text), 5 =
//! summary, whose values (1) have a tag (1, text) and a simple value (2, float).

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crc::{Crc, CRC_32_ISCSI};
use error::{Error, Result};
use files::AppendFile;

use crate::event::{Epoch, TrainDone};

/// Castagnoli's polynomial.
static CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);
/// Bytes of a record in addition to its data: the length and two checksums.
const FRAME: usize = 16;
/// The text of the first record.
const VERSION: &[u8] = b"brain.Event:2";

/// Appends to the event file.
pub(crate) struct EventFile {
    file: AppendFile,
    length: u64,
}

impl EventFile {
    /// Opens the event file at `path`, and keeps its records of the first `epochs.len()` epochs. If records are
    /// missing, as in a run of an older version, all `epochs` are written.
    ///
    /// # Errors
    /// [`error::Code::Output`].
    pub(crate) fn open(path: &Path, epochs: &[Epoch]) -> Result<Self> {
        let mut file = AppendFile::open(path, &[] as &[PathBuf])?;
        let failed = |reason: std::io::Error| Error::output(path, &reason);
        let mut found = Vec::new();
        file.file().read_to_end(&mut found).map_err(failed)?;
        let kept = kept(&found, epochs.len());
        file.file().set_len(kept.unwrap_or(0) as u64).map_err(failed)?;
        let mut opened = Self { file, length: kept.unwrap_or(0) as u64 };
        if kept.is_none() {
            opened.append(&event(None, &[field(3, VERSION)]))?;
            epochs.iter().try_for_each(|epoch| opened.epoch(epoch))?;
        }
        Ok(opened)
    }

    /// Appends the numbers of an epoch.
    pub(crate) fn epoch(&mut self, epoch: &Epoch) -> Result<()> {
        let values = [
            ("loss/train", epoch.train_loss),
            ("loss/valid", epoch.valid_loss),
            ("learning_rate", epoch.learning_rate),
            ("segments_per_second", epoch.segments_per_second),
        ];
        // Without a validation part there is no validation loss.
        let defined: Vec<_> = values.into_iter().filter(|(_, value)| value.is_finite()).collect();
        self.append(&scalars(epoch.epoch, &defined))
    }

    /// Appends the metrics of the finished run, at its last epoch.
    pub(crate) fn done(&mut self, done: &TrainDone) -> Result<()> {
        let mut values = Vec::new();
        for (part, scores) in [("valid", done.valid), ("test", done.test)] {
            let metrics = [("roc_auc", scores.roc_auc), ("pr_auc", scores.pr_auc), ("accuracy", scores.accuracy)];
            values.extend(metrics.into_iter().filter_map(|(name, value)| Some((format!("{name}/{part}"), value?))));
        }
        let values: Vec<(&str, f64)> = values.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        self.append(&scalars(done.epochs, &values))
    }

    fn append(&mut self, data: &[u8]) -> Result<()> {
        let length = (data.len() as u64).to_le_bytes();
        let record = [&length[..], &masked(&length), data, &masked(data)].concat();
        let file = self.file.file();
        let written = file.seek(SeekFrom::Start(self.length)).and_then(|_| file.write_all(&record));
        written.map_err(|reason| Error::output(self.file.asked(), &reason))?;
        self.length += record.len() as u64;
        Ok(())
    }
}

/// The masked checksum of `data`.
fn masked(data: &[u8]) -> [u8; 4] {
    CRC.checksum(data).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

/// A field of a protocol buffer that holds bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    varint(bytes.len() as u64, &mut field);
    field.extend_from_slice(bytes);
    field
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// An event of this moment, with further fields.
fn event(step: Option<usize>, fields: &[Vec<u8>]) -> Vec<u8> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    let mut data = vec![1 << 3 | 1];
    data.extend_from_slice(&now.to_le_bytes());
    if let Some(step) = step {
        data.push(2 << 3);
        varint(step as u64, &mut data);
    }
    fields.iter().for_each(|field| data.extend_from_slice(field));
    data
}

/// An event with numbers.
fn scalars(step: usize, values: &[(&str, f64)]) -> Vec<u8> {
    let value = |(tag, number): &(&str, f64)| {
        let mut value = field(1, tag.as_bytes());
        value.push(2 << 3 | 5);
        value.extend_from_slice(&(*number as f32).to_le_bytes());
        field(1, &value)
    };
    event(Some(step), &[field(5, &values.iter().flat_map(value).collect::<Vec<u8>>())])
}

/// The number of bytes of the whole records of the first `epochs` epochs, one record each, after the first record;
/// `None` if any of them is missing or damaged.
fn kept(bytes: &[u8], epochs: usize) -> Option<usize> {
    let (mut at, mut records) = (0, 0);
    while records <= epochs {
        let length = bytes.get(at..at + 8)?;
        let size = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
        let end = at.checked_add(FRAME)?.checked_add(size)?;
        let record = bytes.get(at..end)?;
        let data = &record[12..12 + size];
        if record[8..12] != masked(length) || record[12 + size..] != masked(data) {
            return None;
        }
        (at, records) = (end, records + 1);
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(number: usize) -> Epoch {
        Epoch { epoch: number, train_loss: 0.5, valid_loss: 0.25, learning_rate: 0.01, ..Epoch::default() }
    }

    #[test]
    fn records_have_the_published_form() {
        // The checksum of RFC 3720, and the mask of TensorFlow.
        assert_eq!(CRC.checksum(&[0; 32]), 0x8a91_36aa);
        let rotated = 0x8a91_36aau32.rotate_right(15);
        assert_eq!(masked(&[0; 32]), rotated.wrapping_add(0xa282_ead8).to_le_bytes());
        let data = scalars(300, &[("a", 1.5)]);
        assert_eq!(data[0], 9);
        assert_eq!(data[9..], [16, 0xac, 0x02, 42, 10, 10, 8, 10, 1, b'a', 21, 0, 0, 0xc0, 0x3f]);
    }

    #[test]
    fn a_resumed_run_keeps_the_epochs_of_its_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events");
        let mut file = EventFile::open(&path, &[]).unwrap();
        (1..=3).for_each(|number| file.epoch(&epoch(number)).unwrap());
        drop(file);
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(kept(&whole, 3), Some(whole.len()));
        drop(EventFile::open(&path, &[epoch(1), epoch(2)]).unwrap());
        let cut = std::fs::read(&path).unwrap();
        assert_eq!((kept(&cut, 2), cut.len()), (Some(cut.len()), kept(&whole, 2).unwrap()));
        assert!(whole.starts_with(&cut));
        // A damaged file, and the file of an older version, are written again.
        for damaged in [&cut[..cut.len() - 1], b""] {
            std::fs::write(&path, damaged).unwrap();
            drop(EventFile::open(&path, &[epoch(1), epoch(2)]).unwrap());
            let again = std::fs::read(&path).unwrap();
            assert_eq!((kept(&again, 2), again.len()), (Some(cut.len()), cut.len()));
        }
    }
}
