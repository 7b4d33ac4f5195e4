//! Paths from JavaScript: bytes, because a path need not be a text.

use std::path::PathBuf;

/// The path with these bytes.
#[cfg(unix)]
pub fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(bytes).into()
}

/// The path with these bytes, which are UTF-8 here.
#[cfg(not(unix))]
pub fn path(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// The paths in `bytes`: each its length (32 bits, little endian), then its bytes. What is cut off at the end is left out.
pub fn paths(mut bytes: &[u8]) -> Vec<PathBuf> {
    let mut list = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let Some((one, rest)) = rest.split_at_checked(u32::from_le_bytes(*length) as usize) else { break };
        list.push(path(one));
        bytes = rest;
    }
    list
}
