//! Writes NumPy array files, format 1.0.

use std::io::Write;
use std::path::Path;

use error::Result;

/// Writes `values` as a float32 array `[rows, columns]`, atomically.
///
/// # Errors
/// [`error::Code::Output`].
pub fn write_npy(path: &Path, columns: usize, values: &[f32]) -> Result<()> {
    let rows = values.len().checked_div(columns).unwrap_or(0);
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    // Magic, version and length take 10 bytes; the header is padded to a multiple of 64 bytes and ends with a newline.
    let padding = (64 - (10 + header.len() + 1) % 64) % 64;
    header.extend(std::iter::repeat_n(' ', padding));
    header.push('\n');
    files::write_atomic_with(path, |file| {
        file.write_all(b"\x93NUMPY\x01\x00")?;
        file.write_all(&(header.len() as u16).to_le_bytes())?;
        file.write_all(header.as_bytes())?;
        values.iter().try_for_each(|value| file.write_all(&value.to_le_bytes()))
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
}
