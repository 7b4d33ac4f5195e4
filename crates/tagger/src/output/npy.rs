//! A NumPy array file `[rows, width]` of f32 (format 1.0) that grows by rows.
//!
//! The header has a fixed length, and its number of rows is updated after every row, so that the file can be read at
//! any time, also after the job was killed.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use files::{npy_header, AppendFile, NPY_HEADER_BYTES};

/// Length of the header.
const HEADER: u64 = NPY_HEADER_BYTES as u64;

/// An array file, open for appending.
pub struct NpyFile {
    path: PathBuf,
    file: AppendFile,
    width: usize,
    rows: u64,
}

impl NpyFile {
    /// Opens or creates the array `path` with rows of `width` values. `inputs` are the files that the job reads besides
    /// audio.
    ///
    /// # Errors
    /// [`Code::Output`] for a file that is not such an array, and those of [`AppendFile::open`].
    pub fn open(path: &Path, width: usize, inputs: &[PathBuf]) -> Result<Self> {
        let file = AppendFile::open(path, inputs)?;
        let mut array = Self { path: path.to_owned(), file, width, rows: 0 };
        let length = array.file.file().metadata().map_err(|reason| array.failed(&reason))?.len();
        if length == 0 {
            array.write_header()?;
            return Ok(array);
        }
        let mut found = vec![0; HEADER as usize];
        let read = array.file.file().read_exact(&mut found);
        let is_ours = read.is_ok() && Self::header_prefix(&found) == Self::header_prefix(&npy_header(0, width));
        let columns = format!(", {width}), }}");
        if !is_ours || !String::from_utf8_lossy(&found).contains(&columns) {
            let message = format!(
                "{} is not an array of embeddings with {width} values: choose another output file, or remove this one",
                path.display()
            );
            return Err(Error::new(Code::Output, message).with_file(path));
        }
        array.rows = (length - HEADER) / array.row_bytes();
        Ok(array)
    }

    /// The number of complete rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Removes the rows from `rows` on.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub fn truncate(&mut self, rows: u64) -> Result<()> {
        self.rows = rows.min(self.rows);
        let length = HEADER + self.rows * self.row_bytes();
        let cut = self.file.file().set_len(length);
        cut.map_err(|reason| self.failed(&reason))?;
        self.write_header()
    }

    /// Appends a row; returns its number.
    ///
    /// # Errors
    /// [`Code::Output`]; the earlier rows are not affected.
    pub fn append(&mut self, values: &[f32]) -> Result<u64> {
        if values.len() != self.width {
            let message = format!("an embedding has {} values, received {}", self.width, values.len());
            return Err(Error::new(Code::Internal, message));
        }
        self.file.check_in_place()?;
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let end = HEADER + self.rows * self.row_bytes();
        let file = self.file.file();
        if let Err(reason) = file.seek(SeekFrom::Start(end)).and_then(|_| file.write_all(&bytes)) {
            let _ = file.set_len(end);
            return Err(self.failed(&reason));
        }
        self.rows += 1;
        self.write_header()?;
        Ok(self.rows - 1)
    }

    /// Syncs the file to the disk.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub fn finish(&mut self) -> Result<()> {
        self.file.check_in_place()?;
        let synced = self.file.file().sync_all();
        synced.map_err(|reason| self.failed(&reason))
    }

    fn row_bytes(&self) -> u64 {
        (self.width * size_of::<f32>()) as u64
    }

    /// The part of a header before the number of rows.
    fn header_prefix(header: &[u8]) -> &[u8] {
        let open = header.iter().position(|&byte| byte == b'(').unwrap_or(header.len());
        &header[..open]
    }

    fn write_header(&mut self) -> Result<()> {
        let header = npy_header(self.rows, self.width);
        let file = self.file.file();
        let written = file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(&header));
        written.map_err(|reason| self.failed(&reason))
    }

    fn failed(&self, reason: &io::Error) -> Error {
        Error::output(&self.path, reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path, width: usize) -> Result<NpyFile> {
        NpyFile::open(path, width, &[])
    }

    #[test]
    fn rows_are_appended_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let mut array = open(&path, 2).unwrap();
        assert_eq!((array.append(&[1.0, 2.0]).unwrap(), array.append(&[3.0, 4.0]).unwrap()), (0, 1));
        array.finish().unwrap();
        drop(array);
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len() as u64, HEADER + 16);
        assert_eq!(usize::from(u16::from_le_bytes([bytes[8], bytes[9]])) + 10, HEADER as usize);
        assert!(String::from_utf8_lossy(&bytes).contains("'shape': (2, 2)"));
        // A killed job leaves a part of a row.
        std::fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
        let mut array = open(&path, 2).unwrap();
        assert_eq!(array.rows(), 1);
        array.truncate(1).unwrap();
        assert_eq!(array.append(&[5.0, 6.0]).unwrap(), 1);
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes[HEADER as usize + 8..], [5.0f32.to_le_bytes(), 6.0f32.to_le_bytes()].concat());
    }

    #[test]
    fn another_file_is_refused_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        drop(open(&path, 12).unwrap());
        let failure = open(&path, 2).map(drop).unwrap_err();
        assert!(failure.code == Code::Output && failure.message.contains("2 values"), "{failure}");
        std::fs::write(&path, b"my own data").unwrap();
        assert_eq!(open(&path, 2).map(drop).unwrap_err().code, Code::Output);
        assert_eq!(std::fs::read(&path).unwrap(), b"my own data");
    }
}
