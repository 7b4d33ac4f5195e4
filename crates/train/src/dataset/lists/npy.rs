//! NumPy arrays of texts and numbers.

use std::path::Path;

use error::Result;

use crate::dataset::broken;

/// The longest header that is read, in bytes.
const LONGEST_HEADER: usize = 1 << 16;

/// Numbers in rows.
#[derive(Debug, PartialEq)]
pub(in crate::dataset) struct Array {
    /// Numbers in each row.
    pub(in crate::dataset) columns: usize,
    /// The numbers, row by row.
    pub(in crate::dataset) values: Vec<f64>,
}

/// The texts of an array of `<U` or `|S` with one dimension.
///
/// # Errors
/// [`error::Code::Dataset`] for any other array.
pub(super) fn texts(file: &Path, bytes: &[u8]) -> Result<Vec<String>> {
    let header = Header::read(bytes).map_err(|why| refused(file, &why))?;
    let (kind, size) = header.descr.split_at(header.descr.find(char::is_numeric).unwrap_or(header.descr.len()));
    let size: usize = size.parse().unwrap_or(0);
    let width = match kind {
        "<U" => size.checked_mul(4).filter(|&width| width > 0),
        "|S" => Some(size).filter(|&width| width > 0),
        _ => None,
    };
    let Some(width) = width else {
        let advice = "expected texts; save it with np.save(file, np.array(names, dtype=str))";
        return Err(refused(file, &format!("its type is {}: {advice}", header.descr)));
    };
    if header.shape.len() != 1 {
        return Err(refused(file, &format!("it has {} dimensions, expected one", header.shape.len())));
    }
    let data = header.data(bytes, width).map_err(|why| refused(file, &why))?;
    let text = |cell: &[u8]| -> Option<String> {
        let text = match kind {
            "<U" => cell
                .chunks_exact(4)
                .map(|unit| char::from_u32(u32::from_le_bytes([unit[0], unit[1], unit[2], unit[3]])))
                .collect::<Option<String>>()?,
            _ => std::str::from_utf8(cell).ok()?.to_owned(),
        };
        Some(text.trim_end_matches('\0').to_owned())
    };
    (1u64..)
        .zip(data.chunks_exact(width))
        .map(|(entry, cell)| {
            text(cell).ok_or_else(|| refused(file, &format!("entry {entry} holds characters that do not exist")))
        })
        .collect()
}

/// The numbers of an array with one or two dimensions, in C order.
///
/// # Errors
/// [`error::Code::Dataset`] for any other array.
pub(super) fn numbers(file: &Path, bytes: &[u8]) -> Result<Array> {
    let header = Header::read(bytes).map_err(|why| refused(file, &why))?;
    let columns = match header.shape[..] {
        [_] => 1,
        [_, columns] if columns > 0 => columns,
        _ => return Err(refused(file, "it must have one or two dimensions, and columns")),
    };
    if header.fortran {
        return Err(refused(file, "it is in Fortran order: save np.ascontiguousarray of it"));
    }
    let Some((width, read)) = element(&header.descr) else {
        return Err(refused(file, &format!("its type is {}, expected numbers", header.descr)));
    };
    let data = header.data(bytes, width).map_err(|why| refused(file, &why))?;
    Ok(Array { columns, values: data.chunks_exact(width).map(read).collect() })
}

/// Reads one element.
type Read = fn(&[u8]) -> f64;

/// The width in bytes of an element of this type, and how to read one.
pub(super) fn element(descr: &str) -> Option<(usize, Read)> {
    fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
        let mut all = [0; N];
        all.copy_from_slice(&bytes[..N]);
        all
    }
    Some(match descr {
        "<f8" => (8, |cell| f64::from_le_bytes(fixed(cell))),
        "<f4" => (4, |cell| f64::from(f32::from_le_bytes(fixed(cell)))),
        "<i8" => (8, |cell| i64::from_le_bytes(fixed(cell)) as f64),
        "<i4" => (4, |cell| f64::from(i32::from_le_bytes(fixed(cell)))),
        "|b1" | "|u1" => (1, |cell| f64::from(cell[0])),
        "|i1" => (1, |cell| f64::from(cell[0] as i8)),
        _ => return None,
    })
}

struct Header {
    /// The type, such as `<U80`.
    descr: String,
    fortran: bool,
    shape: Vec<usize>,
    /// First byte of the data.
    start: usize,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        if !bytes.starts_with(b"\x93NUMPY") || bytes.len() < 12 {
            return Err("it does not begin like one".to_owned());
        }
        let (length, from) = match bytes[6] {
            1 => (usize::from(u16::from_le_bytes([bytes[8], bytes[9]])), 10),
            _ => (u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]) as usize, 12),
        };
        if length > LONGEST_HEADER || from + length > bytes.len() {
            return Err("its header is cut off or too long".to_owned());
        }
        let text = String::from_utf8_lossy(&bytes[from..from + length]);
        let after = |key: &str| {
            let (_, rest) = text.split_once(&format!("'{key}':")).ok_or(format!("its header has no {key}"))?;
            Ok::<&str, String>(rest.trim_start())
        };
        let descr = after("descr")?.strip_prefix('\'').and_then(|rest| rest.split_once('\''));
        let descr = descr.ok_or("its type is not simple")?.0.to_owned();
        let fortran = after("fortran_order")?.starts_with("True");
        let inner = after("shape")?.strip_prefix('(').and_then(|rest| rest.split_once(')')).ok_or("it has no shape")?.0;
        let sizes = inner.split(',').map(str::trim).filter(|size| !size.is_empty());
        let shape: Option<Vec<usize>> = sizes.map(|size| size.parse().ok()).collect();
        Ok(Self { descr, fortran, shape: shape.ok_or("its shape is not made of numbers")?, start: from + length })
    }

    /// The data of elements of `width` bytes.
    fn data<'a>(&self, bytes: &'a [u8], width: usize) -> Result<&'a [u8], String> {
        let count = self.shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
        let needed = count.and_then(|count| count.checked_mul(width));
        let data = &bytes[self.start..];
        match needed {
            Some(needed) if needed == data.len() => Ok(data),
            _ => Err(format!("its shape is {:?}, but {} bytes follow its header", self.shape, data.len())),
        }
    }
}

fn refused(file: &Path, why: &str) -> error::Error {
    broken(file, format!("not a NumPy array that can be used: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn texts_and_numbers_are_read() {
        let file = Path::new("a.npy");
        let wide: Vec<u8> = ['a', 'é', '\0', 'b', '\0', '\0'].iter().flat_map(|&c| (c as u32).to_le_bytes()).collect();
        assert_eq!(texts(file, &array("<U3", "2,", &wide)).unwrap(), ["aé", "b"]);
        assert_eq!(texts(file, &array("|S2", "2,", b"abc\0")).unwrap(), ["ab", "c"]);
        let halves: Vec<u8> = [0.5f64, 1.0, 0.0, 2.0].iter().flat_map(|value| value.to_le_bytes()).collect();
        let read = numbers(file, &array("<f8", "2, 2", &halves)).unwrap();
        assert_eq!(read, Array { columns: 2, values: vec![0.5, 1.0, 0.0, 2.0] });
        assert_eq!(numbers(file, &array("|b1", "2,", &[1, 0])).unwrap().values, [1.0, 0.0]);
    }

    #[test]
    fn other_arrays_are_refused() {
        let file = Path::new("a.npy");
        for (bytes, why) in [
            (array("|O", "2,", b""), "its type is |O"),
            (array("<U2", "3,", &[0; 8]), "8 bytes follow"),
            (array("<U2", "99999999999999999999,", &[0; 8]), "not made of numbers"),
            (array("<U4611686018427387904", "4,", &[0; 8]), "<U4611686018427387904"),
            (b"\x93NUMPY\x01\x00\xff\xff{}".to_vec(), "cut off"),
            (b"RIFF".to_vec(), "does not begin"),
            (array("<U1", "1,", &0xd800u32.to_le_bytes()), "entry 1 holds"),
        ] {
            let failure = texts(file, &bytes).unwrap_err();
            assert!(failure.message.contains(why), "{failure}");
        }
        assert!(numbers(file, &array("<f8", "2, 0", &[])).is_err());
        assert!(numbers(file, &array("<c16", "1,", &[0; 16])).unwrap_err().message.contains("<c16"));
    }
}
