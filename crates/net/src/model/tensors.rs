//! The tensors of a model file.

use std::borrow::Cow;
use std::collections::HashMap;

use error::Result;
use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, View};

use super::metadata::OLDEST;
use super::{container, damaged};
use crate::layout::{Layout, Parameters};
use crate::tensor::{TensorRole, TensorSpec};

/// Copies every tensor of `layout` from the file, and accepts no other tensors. Also returns whether any is F16, which
/// the oldest format does not have.
pub(super) fn read_tensors(tensors: &SafeTensors<'_>, layout: &Layout, format: u64) -> Result<(Parameters, bool)> {
    let expected: HashMap<&str, &TensorSpec> = layout.tensors.iter().map(|spec| (spec.name.as_str(), spec)).collect();
    let mut surplus: Vec<&str> =
        tensors.iter().map(|(name, _)| name).filter(|name| !expected.contains_key(name)).collect();
    surplus.sort_unstable();
    if let Some(first) = surplus.first() {
        return Err(damaged(format!(
            "has {} tensor(s) that its architecture does not have, the first: {first}",
            surplus.len()
        )));
    }
    // Presence and sizes are checked first: after that, the file is known to hold as much data as is allocated.
    for spec in &layout.tensors {
        let name = &spec.name;
        let view = tensors.tensor(name).map_err(|_| damaged(format!("lacks the tensor {name}")))?;
        let types: &[Dtype] = if format == OLDEST { &[Dtype::F32] } else { &[Dtype::F32, Dtype::F16] };
        if !types.contains(&view.dtype()) {
            let expected = if format == OLDEST { "F32 in a file of format 1" } else { "F32 or F16" };
            return Err(damaged(format!("tensor {name} is {:?}, expected {expected}", view.dtype())));
        }
        if view.shape() != spec.shape {
            return Err(damaged(format!("tensor {name} has shape {:?}, expected {:?}", view.shape(), spec.shape)));
        }
    }
    let (mut parameters, mut half) = (Parameters::try_zeros(layout)?, false);
    for spec in &layout.tensors {
        let view = tensors.tensor(&spec.name).map_err(container)?;
        let values = parameters.tensor_mut(spec);
        if view.dtype() == Dtype::F16 {
            half = true;
            for (value, bytes) in values.iter_mut().zip(view.data().chunks_exact(2)) {
                *value = f16::from_le_bytes([bytes[0], bytes[1]]).to_f32();
            }
        } else {
            for (value, bytes) in values.iter_mut().zip(view.data().chunks_exact(4)) {
                *value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            }
        }
        check_values(spec, values)?;
    }
    Ok((parameters, half))
}

/// Refuses values that cannot give meaningful results.
pub(super) fn check_values(spec: &TensorSpec, values: &[f32]) -> Result<()> {
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        return Err(damaged(format!(
            "tensor {} holds {} at index {index}: every value must be finite; if the training diverged, use a lower \
             learning rate",
            spec.name, values[index]
        )));
    }
    let lowest = match spec.role {
        TensorRole::RunningVar => 0.0,
        TensorRole::InputDeviation | TensorRole::MelDeviation => f32::MIN_POSITIVE,
        _ => return Ok(()),
    };
    match values.iter().position(|&value| value < lowest) {
        Some(index) => Err(damaged(format!(
            "tensor {} holds {} at index {index}: a variance must not be negative, and a deviation must be above 0",
            spec.name, values[index]
        ))),
        None => Ok(()),
    }
}

/// One tensor in the form that the safetensors writer expects.
pub(super) struct Values<'a> {
    pub(super) shape: &'a [usize],
    pub(super) values: &'a [f32],
    /// Whether the file holds them as F16, which represents them exactly.
    pub(super) half: bool,
}

impl View for Values<'_> {
    fn dtype(&self) -> Dtype {
        if self.half {
            Dtype::F16
        } else {
            Dtype::F32
        }
    }

    fn shape(&self) -> &[usize] {
        self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        if self.half {
            Cow::Owned(self.values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect())
        } else if cfg!(target_endian = "little") {
            Cow::Borrowed(bytemuck::cast_slice(self.values))
        } else {
            Cow::Owned(self.values.iter().flat_map(|value| value.to_le_bytes()).collect())
        }
    }

    fn data_len(&self) -> usize {
        self.values.len() * if self.half { size_of::<f16>() } else { size_of::<f32>() }
    }
}
