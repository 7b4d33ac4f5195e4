//! A foreign checkpoint: named tensors, read one by one when they are needed.

use std::collections::BTreeMap;
use std::path::Path;

use error::{Code, Error, Result};

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
    /// Values that may still be read: no more than the file has bytes, whatever its tensors share.
    budget: std::cell::Cell<usize>,
}

/// Longest file that is read.
const MAX_FILE: u64 = 8 << 30;

impl Checkpoint {
    /// Opens `path`, recognising the container by its first bytes.
    ///
    /// # Errors
    /// [`Code::FileNotFound`]; [`Code::ModelFormat`] for anything that is none of the containers, or damaged.
    pub fn open(path: &Path) -> Result<Self> {
        let length = std::fs::metadata(path).map_err(|reason| Error::input(path, Code::ModelFormat, &reason))?.len();
        if length > MAX_FILE {
            return Err(Error::new(
                Code::ModelFormat,
                format!("{length} bytes are too many for a checkpoint of a SampleCNN"),
            ));
        }
        let bytes = std::fs::read(path).map_err(|reason| Error::input(path, Code::ModelFormat, &reason))?;
        Self::from_bytes(bytes)
    }

    /// As [`Checkpoint::open`], from memory.
    ///
    /// # Errors
    /// [`Code::ModelFormat`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self> {
        if bytes.starts_with(b"PK") {
            torch::open_zip(bytes)
        } else if bytes.starts_with(torch::LEGACY_MAGIC) {
            torch::open_legacy(bytes)
        } else if bytes.starts_with(b"\x89HDF\r\n\x1a\n") {
            keras::open(bytes)
        } else if bytes.get(8) == Some(&b'{') {
            safetensors_file::open(bytes)
        } else {
            Err(Error::new(
                Code::ModelFormat,
                "is no checkpoint that can be read: expected PyTorch (zip or legacy), Keras HDF5 or safetensors",
            ))
        }
    }

    /// A checkpoint of a file of `bytes` bytes. A tensor that claims more values than that is refused here, before anybody
    /// takes its sizes for those of a network.
    pub(crate) fn new(
        container: Container,
        bytes: usize,
        shapes: BTreeMap<String, Vec<usize>>,
        source: Box<dyn Source>,
    ) -> Result<Self> {
        for (name, shape) in &shapes {
            // Axes count each by itself too: a size of 0 beside it must not hide a huge one.
            let count = shape.iter().try_fold(1usize, |count, &size| count.checked_mul(size.max(1)));
            if count.is_none_or(|count| count > bytes) {
                return Err(Error::new(
                    Code::ModelFormat,
                    format!("tensor {name} of shape {shape:?} is more than the file of {bytes} bytes holds"),
                ));
            }
        }
        Ok(Self { container, shapes, attributes: BTreeMap::new(), source, budget: std::cell::Cell::new(bytes) })
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
        let shape =
            self.shape(name).ok_or_else(|| Error::new(Code::ModelFormat, format!("tensor {name} is absent")))?;
        let count = shape.iter().try_fold(1usize, |count, &size| count.checked_mul(size));
        let left = count.and_then(|count| self.budget.get().checked_sub(count));
        let Some(left) = left else {
            return Err(Error::new(
                Code::ModelFormat,
                format!("tensor {name} of shape {shape:?} is more than the file holds"),
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
