//! A checkpoint of another program: named tensors, read one by one when they are needed.

use std::collections::BTreeMap;

use error::{Code, Error, Result};

use crate::limits::{self, NameBudget};

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

/// Reads the values of one tensor of a file, in C order.
pub(crate) trait TensorReader {
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
    reader: Box<dyn TensorReader>,
    /// The number of values that may still be read: at most one per byte of the file and at most as many as any network
    /// has, even if tensors share a storage.
    budget: std::cell::Cell<usize>,
}

impl Checkpoint {
    /// Makes the checkpoint of a file of `bytes` bytes. A tensor that claims more values than this is refused here,
    /// before any code uses its sizes for a network.
    pub(crate) fn new(
        container: Container,
        bytes: usize,
        shapes: BTreeMap<String, Vec<usize>>,
        reader: Box<dyn TensorReader>,
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
            reader,
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
        self.read(name).map_err(Error::shown)
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
                    "tensor {name} of shape {shape:?} has more values than the file contains, \
                     or more than any network has"
                ),
            ));
        };
        self.budget.set(left);
        let values = self.reader.read(name)?;
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
