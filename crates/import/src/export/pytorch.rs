//! Exports models for PyTorch: safetensors with the names of PyTorch, and a short script that loads them. No pickle is
//! written.

use std::collections::HashMap;

use error::{Code, Error, Result};
use net::Model;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

/// The files of an export to PyTorch.
pub struct PytorchExport {
    /// `weights.safetensors`: the state dict of the network in `script`.
    pub weights: Vec<u8>,
    /// `model.py`: `load(path)` returns the network and its facts.
    pub script: &'static str,
}

/// Exports the model for PyTorch. The weights are those of the model file under the same names, with the
/// `num_batches_tracked` that the norms of PyTorch have, all as F32; the metadata is also the same.
///
/// # Errors
/// As [`Model::to_bytes`] for an incomplete model.
pub fn to_pytorch(model: &Model) -> Result<PytorchExport> {
    let own = match model.half {
        true => Model { half: false, ..model.clone() }.to_bytes()?,
        false => model.to_bytes()?,
    };
    let failed = |reason| Error::new(Code::Internal, format!("cannot write the export: {reason}"));
    let file = SafeTensors::deserialize(&own).map_err(failed)?;
    let (_, header) = SafeTensors::read_metadata(&own).map_err(failed)?;
    let zero = 0i64.to_le_bytes();
    let mut tensors: Vec<(String, TensorView<'_>)> = file.tensors();
    let norms: Vec<String> =
        tensors.iter().filter_map(|(name, _)| Some(name.strip_suffix(".running_var")?.to_string())).collect();
    for norm in norms {
        let counter = TensorView::new(Dtype::I64, Vec::new(), &zero).map_err(failed)?;
        tensors.push((format!("{norm}.num_batches_tracked"), counter));
    }
    let metadata: Option<HashMap<String, String>> = header.metadata().clone();
    let weights = safetensors::serialize(tensors, metadata).map_err(failed)?;
    Ok(PytorchExport { weights, script: include_str!("model.py") })
}
