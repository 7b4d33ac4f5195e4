//! Makes checkpoints by hand, with any claims.

use std::io::Write;

/// A PyTorch archive of one pickle and its storages.
pub fn archive(pickle: &[u8], storages: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("a/data.pkl", stored).unwrap();
    zip.write_all(pickle).unwrap();
    for (key, bytes) in storages {
        zip.start_file(format!("a/data/{key}"), stored).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A pickled number, at least 0.
fn number(value: i64) -> Vec<u8> {
    [&[0x8a, 8][..], &value.to_le_bytes()].concat()
}

/// A pickled text.
pub fn text(value: &str) -> Vec<u8> {
    [&[b'X'][..], &(value.len() as u32).to_le_bytes(), value.as_bytes()].concat()
}

fn tuple(items: &[Vec<u8>]) -> Vec<u8> {
    [&b"("[..], &items.concat(), b"t"].concat()
}

/// A float tensor: name, storage key, values that the pickle claims, offset, shape, strides.
pub type Claim<'a> = (&'a str, &'a str, i64, i64, &'a [i64], &'a [i64]);

/// A pickled dict of tensors.
pub fn state_dict(tensors: &[Claim<'_>]) -> Vec<u8> {
    let mut pickle = b"\x80\x02}(".to_vec();
    for (name, key, count, offset, shape, strides) in tensors {
        let numbers = |list: &[i64]| tuple(&list.iter().map(|&value| number(value)).collect::<Vec<_>>());
        let id = tuple(&[text("storage"), b"ctorch\nFloatStorage\n".to_vec(), text(key), text("cpu"), number(*count)]);
        let storage = [&id[..], b"Q"].concat();
        let arguments =
            tuple(&[storage, number(*offset), numbers(shape), numbers(strides), b"\x89".to_vec(), b"}".to_vec()]);
        pickle.extend([&text(name)[..], b"ctorch._utils\n_rebuild_tensor_v2\n", &arguments, b"R"].concat());
    }
    pickle.extend(b"u.");
    pickle
}
