//! Reads the input as the pickle of a PyTorch checkpoint: in a zip archive together with storages, and in the legacy
//! format.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::checkpoint;

/// Keys of the storages of the archive, and the number of values of each storage. A value has four bytes.
const STORAGES: [(&str, usize); 2] = [("0", 16), ("1", 3)];
/// The beginning of the legacy format: its magic number and its protocol version.
const LEGACY: &[u8] = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.";

/// Reads `data` as the pickle of both kinds of file.
pub fn run(data: &[u8]) {
    checkpoint::run(&archive(data).expect("an archive can be written in memory"));
    checkpoint::run(&[LEGACY, data].concat());
}

fn archive(pickle: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file("a/data.pkl", stored)?;
    zip.write_all(pickle)?;
    for (key, count) in STORAGES {
        zip.start_file(format!("a/data/{key}"), stored)?;
        zip.write_all(&0.5f32.to_le_bytes().repeat(count))?;
    }
    Ok(zip.finish()?.into_inner())
}
