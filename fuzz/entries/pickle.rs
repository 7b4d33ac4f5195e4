//! Bytes as the pickle of a PyTorch checkpoint: in a zip archive beside storages, and in the older stream.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::checkpoint;

/// Values of the storages "0" and "1" of an archive, four bytes each.
const STORAGES: [(&str, usize); 2] = [("0", 16), ("1", 3)];
/// How the older stream begins: its number, and its protocol.
const LEGACY: &[u8] = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.";

/// Reads `data` as a pickle of both kinds of file.
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
