//! Paths from JavaScript: as bytes, because a path need not be valid text.

use std::path::PathBuf;

/// The path with these bytes.
#[cfg(unix)]
pub fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(bytes).into()
}

/// The path with these bytes, which are UTF-8 on this system.
#[cfg(not(unix))]
pub fn path(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// The paths in `bytes`: each is its length (32 bits, little endian) followed by its bytes. An incomplete path at the
/// end is ignored.
pub fn paths(mut bytes: &[u8]) -> Vec<PathBuf> {
    let mut list = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let Some((one, rest)) = rest.split_at_checked(u32::from_le_bytes(*length) as usize) else { break };
        list.push(path(one));
        bytes = rest;
    }
    list
}
