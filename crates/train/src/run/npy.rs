//! NumPy array files of format 1.0 with two-dimensional float32 arrays.

use std::io::Write;
use std::path::Path;

use error::{Code, Error, Result};

/// Writes `values` as a float32 array `[rows, columns]`, atomically.
///
/// # Errors
/// [`error::Code::Output`].
pub fn write_npy(path: &Path, columns: usize, values: &[f32]) -> Result<()> {
    let rows = values.len().checked_div(columns).unwrap_or(0);
    files::write_atomic_with(path, |file| {
        file.write_all(&files::npy_header(rows as u64, columns))?;
        values.iter().try_for_each(|value| file.write_all(&value.to_le_bytes()))
    })
}

/// Reads an array that [`write_npy`] wrote: the number of rows, the number of columns, and the values row by row.
///
/// # Errors
/// [`Code::FileNotFound`], [`Code::Io`]; [`Code::Dataset`] for a file with another content.
pub fn read_npy(path: &Path) -> Result<(usize, usize, Vec<f32>)> {
    let bytes = std::fs::read(path).map_err(|reason| Error::input(path, Code::Dataset, &reason))?;
    let parsed = || -> Option<(usize, usize, Vec<f32>)> {
        let body = bytes.strip_prefix(files::NPY_MAGIC)?;
        let (length, body) = body.split_first_chunk::<2>()?;
        let (header, values) = body.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        let header = std::str::from_utf8(header).ok()?;
        if !header.contains("'descr': '<f4'") || !header.contains("'fortran_order': False") {
            return None;
        }
        let shape = header.split_once("'shape': (")?.1.split_once(')')?.0;
        let (rows, columns) = shape.split_once(',')?;
        let (rows, columns): (usize, usize) = (rows.trim().parse().ok()?, columns.trim().parse().ok()?);
        let values: Vec<f32> = values.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        (values.len() == rows.checked_mul(columns)?).then_some((rows, columns, values))
    };
    parsed().ok_or_else(|| {
        let message = format!("{}: not a two-dimensional float32 array in NumPy format 1.0", path.display());
        Error::new(Code::Dataset, message).with_file(path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_padded_and_the_values_follow() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        write_npy(&path, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        assert_eq!(header % 64, 0);
        assert_eq!(bytes[header - 1], b'\n');
        assert!(String::from_utf8_lossy(&bytes[10..header]).contains("'shape': (2, 3)"));
        assert_eq!(bytes.len(), header + 24);
        assert_eq!(&bytes[header..header + 4], 1.0f32.to_le_bytes());
    }

    #[test]
    fn what_was_written_is_read_and_damage_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        write_npy(&path, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        assert_eq!(read_npy(&path).unwrap(), (2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        let bytes = std::fs::read(&path).unwrap();
        for end in [0, 5, 9, 60, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..end]).unwrap();
            assert_eq!(read_npy(&path).unwrap_err().code, Code::Dataset, "{end}");
        }
    }
}
