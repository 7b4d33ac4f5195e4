//! Opens a checkpoint: recognises the container and selects the reader.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use error::{Code, Error, Result};

use crate::checkpoint::{Checkpoint, Container};
use crate::fault::fault;
use crate::{keras, limits, safetensors_file, torch};

/// The number of bytes by which a container is recognised.
const MAGIC: u64 = 32;

impl Checkpoint {
    /// Opens `path` and recognises the container by its first bytes; of any other file, no more is read.
    ///
    /// # Errors
    /// [`Code::FileNotFound`]; [`Code::Io`] if it cannot be read at the moment; [`Code::ModelFormat`] for anything that
    /// is not a regular file, is too large, is not one of the containers, or is damaged.
    pub fn open(path: &Path) -> Result<Self> {
        let unread = |reason: std::io::Error| Error::input(path, Code::Io, &reason);
        // Checked before the file is opened: opening a device can have effects, and opening a FIFO waits for its
        // writer.
        let facts = std::fs::metadata(path).map_err(unread)?;
        if !facts.is_file() {
            let what = if facts.is_dir() { "a folder" } else { "a device, a FIFO or a socket" };
            return Err(fault(format!("is {what}, not a file: give the path of the checkpoint")));
        }
        let file = File::open(path).map_err(unread)?;
        let mut bytes = Vec::new();
        (&file).take(MAGIC).read_to_end(&mut bytes).map_err(unread)?;
        container(&bytes)?;
        if facts.len() > limits::FILE {
            return Err(fault(format!(
                "has {} bytes, too many for a checkpoint of a SampleCNN: at most {} are supported; save only \
                 the weights (state_dict)",
                facts.len(),
                limits::FILE
            )));
        }
        bytes.reserve_exact(facts.len().saturating_sub(MAGIC) as usize);
        // If the file grows in the meantime, the new part is ignored.
        (&file).take(limits::FILE - MAGIC).read_to_end(&mut bytes).map_err(unread)?;
        Self::from_bytes(bytes)
    }

    /// As [`Checkpoint::open`], from memory.
    ///
    /// # Errors
    /// [`Code::ModelFormat`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self> {
        let opened = match container(&bytes)? {
            Container::TorchZip => torch::open_zip(bytes),
            Container::TorchLegacy => torch::open_legacy(bytes),
            Container::KerasHdf5 => keras::open(bytes),
            Container::Safetensors => safetensors_file::open(bytes),
        };
        opened.map_err(Error::shown)
    }
}

/// Recognises the container of a file that begins with `bytes`.
///
/// # Errors
/// [`Code::ModelFormat`] for any other file.
fn container(bytes: &[u8]) -> Result<Container> {
    if bytes.starts_with(b"PK") {
        Ok(Container::TorchZip)
    } else if bytes.starts_with(torch::LEGACY_MAGIC) {
        Ok(Container::TorchLegacy)
    } else if bytes.starts_with(b"\x89HDF\r\n\x1a\n") {
        Ok(Container::KerasHdf5)
    } else if bytes.get(8) == Some(&b'{') {
        Ok(Container::Safetensors)
    } else {
        Err(fault("is not a checkpoint that can be read: expected PyTorch (zip or legacy), Keras HDF5 or safetensors"))
    }
}
