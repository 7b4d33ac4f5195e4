//! Reads the rows of a NumPy array file of float32 `[rows, columns]`.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use error::{shown_path, Code, Error, Result};

/// Longest header that is read, in bytes; ours have 118.
const LONGEST_HEADER: usize = 1 << 16;

/// An open array file.
pub(super) struct Npy {
    path: PathBuf,
    file: BufReader<File>,
    /// Number of rows.
    pub(super) rows: usize,
    /// Number of columns.
    pub(super) columns: usize,
}

impl Npy {
    /// Opens `path` and reads its header.
    ///
    /// # Errors
    /// [`Code::FileNotFound`]; [`Code::Dataset`] for a file that is not an array of this type and shape, or cut short.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let failed = |reason: std::io::Error| Error::input(path, Code::Dataset, &reason);
        let refused = |why: &str| {
            let message = format!(
                "{} is not a NumPy file of float32 [files, width]: {why}; make it with `samplecnn embed`",
                shown_path(path)
            );
            Error::new(Code::Dataset, message).with_file(path)
        };
        let file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut file = BufReader::with_capacity(1 << 18, file);
        let mut head = [0u8; 8];
        file.read_exact(&mut head).map_err(|_| refused("it is too short"))?;
        if &head[..6] != b"\x93NUMPY" {
            return Err(refused("it does not begin as one"));
        }
        let header_length = if head[6] == 1 {
            let mut bytes = [0u8; 2];
            file.read_exact(&mut bytes).map_err(|_| refused("it is too short"))?;
            usize::from(u16::from_le_bytes(bytes))
        } else {
            let mut bytes = [0u8; 4];
            file.read_exact(&mut bytes).map_err(|_| refused("it is too short"))?;
            u32::from_le_bytes(bytes) as usize
        };
        if header_length > LONGEST_HEADER {
            return Err(refused("its header is too long"));
        }
        let mut header = vec![0u8; header_length];
        file.read_exact(&mut header).map_err(|_| refused("it is too short"))?;
        let header = String::from_utf8_lossy(&header);
        let (rows, columns) = shape(&header).map_err(|why| refused(&why))?;
        let start = file.stream_position().map_err(failed)?;
        let bytes = rows.checked_mul(columns).and_then(|count| (count as u64).checked_mul(4));
        if bytes != Some(length - start) {
            let why = format!("its header says {rows} rows of {columns}, but {} bytes follow", length - start);
            return Err(refused(&why));
        }
        Ok(Self { path: path.to_path_buf(), file, rows, columns })
    }

    /// Reads the next row into `row`, `[columns]`.
    ///
    /// # Errors
    /// [`Code::Dataset`], [`Code::Io`].
    pub(super) fn next(&mut self, row: &mut [f32]) -> Result<()> {
        let mut bytes = [0u8; 4];
        for value in row {
            self.file.read_exact(&mut bytes).map_err(|reason| Error::input(&self.path, Code::Dataset, &reason))?;
            *value = f32::from_le_bytes(bytes);
        }
        Ok(())
    }

    /// Skips the next row.
    ///
    /// # Errors
    /// As [`Npy::next`].
    pub(super) fn skip(&mut self) -> Result<()> {
        let bytes = SeekFrom::Current(4 * self.columns as i64);
        self.file.seek(bytes).map(drop).map_err(|reason| Error::input(&self.path, Code::Dataset, &reason))
    }
}

/// Rows and columns of a header such as `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 512), }`.
fn shape(header: &str) -> std::result::Result<(usize, usize), String> {
    let value = |key: &str| {
        let (_, rest) = header.split_once(&format!("'{key}':")).ok_or(format!("its header has no {key}"))?;
        Ok::<&str, String>(rest.trim_start())
    };
    let descr = value("descr")?;
    if !descr.starts_with("'<f4'") {
        let found = descr.split([',', '}']).next().unwrap_or_default();
        return Err(format!("its type is {found}, not '<f4' (float32)"));
    }
    if !value("fortran_order")?.starts_with("False") {
        return Err("it is in Fortran order".into());
    }
    let shape = value("shape")?;
    let inner = shape.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or("", |(inner, _)| inner);
    let sizes: Vec<Option<usize>> =
        inner.split(',').map(str::trim).filter(|size| !size.is_empty()).map(|size| size.parse().ok()).collect();
    match sizes[..] {
        [Some(rows), Some(columns)] if columns > 0 => Ok((rows, columns)),
        _ => Err(format!("its shape is ({inner}), expected (files, width)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_train_writes_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        train::run::write_npy(&path, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]).unwrap();
        let mut npy = Npy::open(&path).unwrap();
        assert_eq!((npy.rows, npy.columns), (3, 3));
        let mut row = [0.0; 3];
        npy.next(&mut row).unwrap();
        npy.skip().unwrap();
        npy.next(&mut row).unwrap();
        assert_eq!(row, [7.0, 8.0, 9.0]);
    }

    #[test]
    fn other_types_and_shapes_are_refused_by_name() {
        for (header, why) in [
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", "'<f8'"),
            ("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }", "Fortran"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", "(4,)"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 0), }", "(2, 0)"),
            ("{'descr': '<f4', 'fortran_order': False, }", "shape"),
        ] {
            let refused = shape(header).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
        assert_eq!(shape("{'shape': (2, 5), 'fortran_order': False, 'descr': '<f4'}"), Ok((2, 5)));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        assert_eq!(Npy::open(&path).map(drop).unwrap_err().code, Code::FileNotFound);
        for bytes in [&b"\x93NUM"[..], b"\x93NUMPY\x01\x00\xff\x00{", b"RIFF0000WAVEfmt ", &[0; 40]] {
            std::fs::write(&path, bytes).unwrap();
            let failure = Npy::open(&path).map(drop).unwrap_err();
            assert!(failure.code == Code::Dataset && failure.message.contains("a.npy"), "{failure}");
        }
        train::run::write_npy(&path, 3, &[1.0; 6]).unwrap();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        let failure = Npy::open(&path).map(drop).unwrap_err();
        assert!(failure.message.contains("2 rows of 3, but 23 bytes"), "{failure}");
    }
}
