//! A fingerprint of the beginning and end of a file, to recognise the file under another path.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Bytes that are hashed of each end.
const END: u64 = 64 * 1024;
/// Bytes of the hash that are stored.
const KEPT: usize = 16;

/// SHA-256 over the size of the file and its first and last 64 KiB; the first 16 bytes in hexadecimal. It is meant to
/// compare files of equal size, time and name; it does not prove that two files are equal to the last bit.
pub fn fingerprint(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut hasher = Sha256::new();
    hasher.update(size.to_le_bytes());
    // Not more than the size: a file of the system, such as /proc/kmsg, is empty by its size, but reading it may wait.
    io::copy(&mut Read::by_ref(&mut file).take(END.min(size)), &mut hasher)?;
    if size > END {
        file.seek(SeekFrom::Start((size - END).max(END)))?;
        io::copy(&mut file.take(END), &mut hasher)?;
    }
    Ok(hex::encode(&hasher.finalize()[..KEPT]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_beginning_and_end_decide() {
        let folder = tempfile::tempdir().unwrap();
        let of = |bytes: &[u8]| {
            let path = folder.path().join("a");
            std::fs::write(&path, bytes).unwrap();
            fingerprint(&path).unwrap()
        };
        let long: Vec<u8> = (0..300_000u32).map(|n| n.to_le_bytes()[1]).collect();
        let changed = |at: usize| {
            let mut bytes = long.clone();
            bytes[at] ^= 1;
            of(&bytes)
        };
        assert_eq!(of(&long), of(&long));
        assert_ne!(changed(0), of(&long));
        assert_ne!(changed(65_535), of(&long));
        assert_ne!(changed(long.len() - 1), of(&long));
        assert_ne!(changed(long.len() - 65_536), of(&long));
        assert_ne!(of(&long[..200_000]), of(&long));
        assert_ne!(of(b""), of(b"a"));
        assert_ne!(of(&long[..70_000]), of(&long[..70_001]));
        assert_eq!(of(b"").len(), 32);
        assert!(fingerprint(&folder.path().join("none")).is_err());
    }
}
