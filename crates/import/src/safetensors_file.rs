//! safetensors checkpoints: weights saved from PyTorch, and exports of samplecnn.

use std::collections::BTreeMap;

use error::Result;
use safetensors::tensor::{Dtype, Metadata, SafeTensors};

use crate::checkpoint::{Checkpoint, Container, TensorReader};
use crate::fault::fault;
use crate::limits;
use crate::pickle::Element;

struct File {
    bytes: Vec<u8>,
    /// First byte after the header.
    data: usize,
    metadata: Metadata,
}

/// Opens a safetensors file.
pub fn open(bytes: Vec<u8>) -> Result<Checkpoint> {
    let said = bytes.get(..8).and_then(|length| length.try_into().ok()).map_or(0, u64::from_le_bytes);
    if said > limits::HEADER {
        return Err(fault(format!("has a header of {said} bytes; at most {} are supported", limits::HEADER)));
    }
    let (header, metadata) = SafeTensors::read_metadata(&bytes)
        .map_err(|reason| fault(format!("is not a complete safetensors file: {reason}")))?;
    let shapes = metadata.tensors().into_iter().map(|(name, info)| (name, info.shape.clone())).collect();
    let attributes: BTreeMap<String, String> = metadata.metadata().clone().unwrap_or_default().into_iter().collect();
    let length = bytes.len();
    let file = File { bytes, data: header + 8, metadata };
    let mut checkpoint = Checkpoint::new(Container::Safetensors, length, shapes, Box::new(file))?;
    checkpoint.attributes = attributes;
    Ok(checkpoint)
}

impl TensorReader for File {
    fn read(&self, name: &str) -> Result<Vec<f32>> {
        let info = self.metadata.info(name).ok_or_else(|| fault(format!("tensor {name} is missing")))?;
        let element = match info.dtype {
            Dtype::F32 => Element::Float,
            Dtype::F64 => Element::Double,
            Dtype::F16 => Element::Half,
            Dtype::BF16 => Element::BFloat16,
            Dtype::I64 => Element::Long,
            Dtype::I32 => Element::Int,
            other => {
                return Err(fault(format!("tensor {name} has the type {other:?}, which is not supported for weights")))
            }
        };
        let (start, end) = info.data_offsets;
        let data = self.bytes.get(self.data..).and_then(|data| data.get(start..end));
        let data = data.ok_or_else(|| fault(format!("tensor {name} is outside the file")))?;
        Ok(data.chunks_exact(element.size()).map(|bytes| element.read(bytes)).collect())
    }
}
