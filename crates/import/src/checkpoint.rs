//! A foreign checkpoint: named tensors, read one by one when they are needed.

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
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Container::TorchZip => "PyTorch (zip)",
            Container::TorchLegacy => "PyTorch (legacy)",
            Container::KerasHdf5 => "Keras HDF5",
            Container::Safetensors => "safetensors",
        }
    }
}

/// Where tensors come from: gives the values of one, in C order.
pub(crate) trait Source {
    fn read(&self, name: &str) -> Result<Vec<f32>>;
}

/// The tensors of one file, by name. Shapes are known; values are read on demand.
pub struct Checkpoint {
    /// How it was stored.
    pub container: Container,
    /// Shapes by name.
    pub shapes: BTreeMap<String, Vec<usize>>,
    /// Text attributes: the metadata of safetensors, `keras_version` and the like of Keras.
    pub attributes: BTreeMap<String, String>,
    source: Box<dyn Source>,
    /// Values that may still be read: no more than the file has bytes and any network has values, whatever its tensors share.
    budget: std::cell::Cell<usize>,
}

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
        opened.map_err(printable_failure)
    }

    /// A checkpoint of a file of `bytes` bytes. A tensor that claims more values than that is refused here, before anybody
    /// takes its sizes for those of a network.
    pub(crate) fn new(
        container: Container,
        bytes: usize,
        shapes: BTreeMap<String, Vec<usize>>,
        source: Box<dyn Source>,
    ) -> Result<Self> {
        let mut names = NameBudget::default();
        for (name, shape) in &shapes {
            names.spend(name)?;
            // Axes count each by itself too: a size of 0 beside it must not hide a huge one.
            let count = shape.iter().try_fold(1usize, |count, &size| count.checked_mul(size.max(1)));
            if count.is_none_or(|count| count > bytes) {
                return Err(Error::new(
                    Code::ModelFormat,
                    format!("tensor {name} of shape {shape:?} is more than the file of {bytes} bytes holds"),
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
    /// [`Code::ModelFormat`], naming the tensor: absent, out of its storage, or not a number anywhere.
    pub fn values(&self, name: &str) -> Result<Vec<f32>> {
        self.read(name).map_err(printable_failure)
    }

    fn read(&self, name: &str) -> Result<Vec<f32>> {
        let shape =
            self.shape(name).ok_or_else(|| Error::new(Code::ModelFormat, format!("tensor {name} is absent")))?;
        let count = shape.iter().try_fold(1usize, |count, &size| count.checked_mul(size));
        let left = count.and_then(|count| self.budget.get().checked_sub(count));
        let Some(left) = left else {
            return Err(Error::new(
                Code::ModelFormat,
                format!("tensor {name} of shape {shape:?} is more than the file holds, or more than any network has"),
            ));
        };
        self.budget.set(left);
        let values = self.source.read(name)?;
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            return Err(Error::new(
                Code::ModelFormat,
                format!("tensor {name} holds {} at index {index}", values[index]),
            ));
        }
        Ok(values)
    }

    /// The names of all tensors, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.shapes.keys().map(String::as_str)
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
