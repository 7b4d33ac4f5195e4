//! Reading of a model file, limited to the largest possible size of a model.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

use crate::validate::MAX_PARAMETERS;

/// The longest header: far larger than that of any network, and small enough to be harmless.
const MAX_HEADER: u64 = 16 << 20;
/// The longest file: that of the largest valid network.
const MAX_FILE: u64 = (MAX_PARAMETERS * size_of::<f32>()) as u64 + MAX_HEADER;

/// Reads a regular file that can be a model completely, and only the beginning of any other file.
pub(super) fn read_whole(path: &Path) -> Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    // Before it is opened: a pipe would wait for its writer.
    if metadata.is_dir() {
        return Err(Error::new(ErrorKind::IsADirectory, "it is a folder"));
    }
    if !metadata.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut file = File::open(path)?;
    let mut bytes = Vec::new();
    (&mut file).take(9).read_to_end(&mut bytes)?;
    if !can_begin_model(&bytes) {
        return Ok(bytes);
    }
    let length = file.metadata()?.len();
    if length > MAX_FILE {
        let why = format!("it has {length} bytes, more than the {MAX_FILE} of the largest model");
        return Err(Error::new(ErrorKind::InvalidData, why));
    }
    let left = usize::try_from(length).map_err(Error::other)?.saturating_sub(bytes.len());
    bytes
        .try_reserve_exact(left)
        .map_err(|_| Error::new(ErrorKind::OutOfMemory, format!("there is no memory for its {length} bytes")))?;
    (&mut file).take(left as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether the first nine bytes can begin a safetensors file: a bounded header length and the brace of its JSON.
pub(super) fn can_begin_model(bytes: &[u8]) -> bool {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else { return false };
    (2..=MAX_HEADER).contains(&u64::from_le_bytes(*length)) && rest.first() == Some(&b'{')
}
