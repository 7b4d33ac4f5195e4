//! A checkpoint of another program: named tensors, read one by one when they are needed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use error::{Code, Error, Result};

use crate::limits::{self, NameBudget};
use crate::printable::printable_failure;
use crate::{keras, safetensors_file, torch};

/// How a checkpoint is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// `torch.save` of PyTorch 1.6 and later.
    TorchZip,
    /// `torch.save` before 1.6.
    TorchLegacy,
    /// Keras weights or model in HDF5.
    KerasHdf5,
    /// safetensors.
    Safetensors,
}

impl Container {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Container::TorchZip => "PyTorch (zip)",
            Container::TorchLegacy => "PyTorch (legacy)",
            Container::KerasHdf5 => "Keras HDF5",
            Container::Safetensors => "safetensors",
        }
    }
}

/// The source of the tensors: returns the values of one tensor in C order.
pub(crate) trait Source {
    fn read(&self, name: &str) -> Result<Vec<f32>>;
}

/// The tensors of one file, by name. Shapes are known; values are read on demand.
pub struct Checkpoint {
    /// How the checkpoint was stored.
    pub container: Container,
    /// Shapes by name.
    pub shapes: BTreeMap<String, Vec<usize>>,
    /// Text attributes: the metadata of safetensors; `keras_version` and similar attributes of Keras.
    pub attributes: BTreeMap<String, String>,
    source: Box<dyn Source>,
    /// The number of values that may still be read: at most one per byte of the file and at most as many as any network
    /// has, even if tensors share a storage.
    budget: std::cell::Cell<usize>,
}

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
        let fault = |why: String| Err(Error::new(Code::ModelFormat, why));
        // Checked before the file is opened: opening a device can have effects, and opening a FIFO waits for its
        // writer.
        let facts = std::fs::metadata(path).map_err(unread)?;
        if !facts.is_file() {
            let what = if facts.is_dir() { "a folder" } else { "a device, a FIFO or a socket" };
            return fault(format!("is {what}, not a file: give the path of the checkpoint"));
        }
        let file = File::open(path).map_err(unread)?;
        let mut bytes = Vec::new();
        (&file).take(MAGIC).read_to_end(&mut bytes).map_err(unread)?;
        container(&bytes)?;
        if facts.len() > limits::FILE {
            return fault(format!(
                "has {} bytes, too many for a checkpoint of a SampleCNN: at most {} are supported; save \
                 only the weights (state_dict)",
                facts.len(),
                limits::FILE
            ));
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
        opened.map_err(printable_failure)
    }

    /// Makes the checkpoint of a file of `bytes` bytes. A tensor that claims more values than this is refused here,
    /// before any code uses its sizes for a network.
    pub(crate) fn new(
        container: Container,
        bytes: usize,
        shapes: BTreeMap<String, Vec<usize>>,
        source: Box<dyn Source>,
    ) -> Result<Self> {
        let mut names = NameBudget::default();
        for (name, shape) in &shapes {
            names.spend(name)?;
            // Each axis is also checked alone: an axis of size 0 must not hide a huge axis.
            let count = shape.iter().try_fold(1usize, |count, &size| count.checked_mul(size.max(1)));
            if count.is_none_or(|count| count > bytes) {
                return Err(Error::new(
                    Code::ModelFormat,
                    format!(
                        "tensor {name} of shape {shape:?} has more values than the file of {bytes} bytes can contain"
                    ),
                ));
            }
        }
        Ok(Self {
            container,
            shapes,
            attributes: BTreeMap::new(),
            source,
            budget: std::cell::Cell::new(bytes.min(limits::VALUES)),
        })
    }

    /// Whether a tensor of that name exists.
    pub fn has(&self, name: &str) -> bool {
        self.shapes.contains_key(name)
    }

    /// The shape of a tensor.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.shapes.get(name).map(Vec::as_slice)
    }

    /// The values of a tensor in C order.
    ///
    /// # Errors
    /// [`Code::ModelFormat`] with the name of the tensor, if it is missing, outside its storage, or contains values
    /// that are not finite.
    pub fn values(&self, name: &str) -> Result<Vec<f32>> {
        self.read(name).map_err(printable_failure)
    }

    fn read(&self, name: &str) -> Result<Vec<f32>> {
        let shape =
            self.shape(name).ok_or_else(|| Error::new(Code::ModelFormat, format!("tensor {name} is missing")))?;
        let count = shape.iter().try_fold(1usize, |count, &size| count.checked_mul(size));
        let left = count.and_then(|count| self.budget.get().checked_sub(count));
        let Some(left) = left else {
            return Err(Error::new(
                Code::ModelFormat,
                format!(
                    "tensor {name} of shape {shape:?} has more values than the file contains, or more than any network has"
                ),
            ));
        };
        self.budget.set(left);
        let values = self.source.read(name)?;
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            return Err(Error::new(
                Code::ModelFormat,
                format!("tensor {name} has the value {} at index {index}", values[index]),
            ));
        }
        Ok(values)
    }

    /// The names of all tensors, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.shapes.keys().map(String::as_str)
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
        let message =
            "is not a checkpoint that can be read: expected PyTorch (zip or legacy), Keras HDF5 or safetensors";
        Err(Error::new(Code::ModelFormat, message))
    }
}
