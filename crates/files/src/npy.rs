//! The header of NumPy array files, format 1.0.

/// The beginning of every array file of format 1.0.
pub const NPY_MAGIC: &[u8] = b"\x93NUMPY\x01\x00";

/// Length of every header in bytes: [`NPY_MAGIC`], the length of the rest (2 bytes), the description, and spaces.
pub const NPY_HEADER_BYTES: usize = 128;

/// The header of a float32 array `[rows, columns]`. Its length does not depend on the numbers, so that the number of
/// rows can be replaced later.
pub fn npy_header(rows: u64, columns: usize) -> Vec<u8> {
    let description = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let mut header = NPY_MAGIC.to_vec();
    header.extend((NPY_HEADER_BYTES as u16 - 10).to_le_bytes());
    header.extend(description.bytes());
    header.resize(NPY_HEADER_BYTES - 1, b' ');
    header.push(b'\n');
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_numbers_fit() {
        for (rows, columns) in [(0, 0), (2, 3), (u64::MAX, usize::MAX)] {
            let header = npy_header(rows, columns);
            assert_eq!((header.len(), header.last()), (NPY_HEADER_BYTES, Some(&b'\n')));
            assert_eq!(usize::from(u16::from_le_bytes([header[8], header[9]])) + 10, NPY_HEADER_BYTES);
            assert!(String::from_utf8_lossy(&header).contains(&format!("'shape': ({rows}, {columns}), }}")));
        }
    }
}
