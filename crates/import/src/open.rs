//! Opening a checkpoint: which container it is, and who reads that.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use error::{Code, Error, Result};

use crate::checkpoint::{Checkpoint, Container};
use crate::{keras, limits, safetensors_file, torch};

/// First bytes by which a container is recognised.
const MAGIC: u64 = 32;

impl Checkpoint {
    /// Opens `path`, recognising the container by its first bytes: of anything else no more is read.
    ///
    /// # Errors
    /// [`Code::FileNotFound`]; [`Code::Io`] where it cannot be read just now; [`Code::ModelFormat`] for anything that is no regular
    /// file, too large, none of the containers, or damaged.
    pub fn open(path: &Path) -> Result<Self> {
        let unread = |reason: std::io::Error| Error::input(path, Code::Io, &reason);
        let fault = |why: String| Err(Error::new(Code::ModelFormat, why));
        // Before it is opened: opening a device does something, and opening a FIFO waits for its writer.
        let facts = std::fs::metadata(path).map_err(unread)?;
        if !facts.is_file() {
            let what = if facts.is_dir() { "a folder" } else { "a device, a FIFO or a socket" };
            return fault(format!("is {what}, not a file: give the checkpoint itself"));
        }
        let file = File::open(path).map_err(unread)?;
        let mut bytes = Vec::new();
        (&file).take(MAGIC).read_to_end(&mut bytes).map_err(unread)?;
        container(&bytes)?;
        if facts.len() > limits::FILE {
            return fault(format!(
                "has {} bytes, too many for a checkpoint of a SampleCNN: up to {} are read; save the weights alone (state_dict)",
                facts.len(),
                limits::FILE
            ));
        }
        bytes.reserve_exact(facts.len().saturating_sub(MAGIC) as usize);
        // A file that grows meanwhile is cut.
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

/// What a file that begins with `bytes` is.
///
/// # Errors
/// [`Code::ModelFormat`] for anything else.
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
        let message = "is no checkpoint that can be read: expected PyTorch (zip or legacy), Keras HDF5 or safetensors";
        Err(Error::new(Code::ModelFormat, message))
    }
}
