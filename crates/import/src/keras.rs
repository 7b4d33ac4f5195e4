//! Keras weights in HDF5, written by any version from 1.0 on.
//!
//! Tensors get the name `layer.part`, part being `kernel` or `W`, `bias` or `b`, `gamma`, `beta`, `moving_mean` or
//! `running_mean`, `moving_variance` or `running_std`, whatever path and suffix the version gave them.

use std::collections::{BTreeMap, HashMap};

use error::{Error, Result};
use hdf5_reader::error::Error as Hdf5Error;
use hdf5_reader::group::Group;
use hdf5_reader::{Dataset, Hdf5File, OpenOptions};

use crate::checkpoint::{Checkpoint, Container, TensorReader};
use crate::fault::fault;
use crate::limits::{self, NameBudget};

/// The deepest level of groups, the most datasets and the most groups of a file: links could make a few groups look
/// like an endless number.
const MAX_DEPTH: usize = 8;
const MAX_DATASETS: usize = 10_000;
const MAX_GROUPS: usize = 1_000;
/// The most bytes of an object header: Keras stores the description of the model there.
const MAX_OBJECT_HEADER: usize = 8 << 20;

struct KerasFile {
    datasets: HashMap<String, Dataset>,
}

/// Opens a Keras file: a full model (weights in the group `model_weights`), or a file that contains only weights.
pub fn open(bytes: Vec<u8>) -> Result<Checkpoint> {
    let length = bytes.len();
    let values = 8 * limits::VALUES;
    let options = OpenOptions::default()
        .with_max_read_bytes(length.saturating_mul(2).min(values))
        .with_max_chunk_bytes(length.clamp(4096, values))
        .with_max_object_header_bytes(MAX_OBJECT_HEADER);
    let file = Hdf5File::from_vec_with_options(bytes, options).map_err(|reason| damaged(&reason))?;
    let root = file.root_group().map_err(|reason| damaged(&reason))?;
    let weights = root.group("model_weights").ok();
    let mut datasets = HashMap::new();
    let mut shapes = BTreeMap::new();
    let mut groups = 0;
    let mut names = NameBudget::default();
    collect(weights.as_ref().unwrap_or(&root), "", 0, &mut groups, &mut |name, dataset| {
        let shape: Option<Vec<usize>> = dataset.shape().iter().map(|&size| usize::try_from(size).ok()).collect();
        let Some(shape) = shape else { return Err(fault(format!("tensor {name} has an invalid shape"))) };
        names.spend(&name)?;
        if datasets.len() >= MAX_DATASETS {
            return Err(fault("contains more tensors than any network"));
        }
        if shapes.insert(name.clone(), shape).is_some() {
            return Err(fault(format!("contains tensor {name} twice")));
        }
        datasets.insert(name, dataset);
        Ok(())
    })?;
    let mut checkpoint = Checkpoint::new(Container::KerasHdf5, length, shapes, Box::new(KerasFile { datasets }))?;
    for group in [Some(&root), weights.as_ref()].into_iter().flatten() {
        for key in ["keras_version", "backend"] {
            if let Some(text) = group.attribute(key).ok().and_then(|attribute| attribute.read_string().ok()) {
                checkpoint.attributes.insert(key.to_string(), text);
            }
        }
    }
    Ok(checkpoint)
}

/// Visits every dataset of the layers below `group`.
fn collect(
    group: &Group,
    layer: &str,
    depth: usize,
    seen: &mut usize,
    visit: &mut impl FnMut(String, Dataset) -> Result<()>,
) -> Result<()> {
    *seen += 1;
    if depth > MAX_DEPTH || *seen > MAX_GROUPS {
        return Err(fault("has more or deeper groups than Keras writes"));
    }
    let (groups, datasets) = group.members().map_err(|reason| damaged(&reason))?;
    for dataset in datasets {
        let base = base(dataset.name()).to_string();
        let part = base.strip_suffix(":0").unwrap_or(&base);
        let part = part.strip_prefix(layer).and_then(|rest| rest.strip_prefix('_')).unwrap_or(part);
        visit(format!("{layer}.{part}"), dataset)?;
    }
    for inner in groups {
        let name = if layer.is_empty() { base(inner.name()).to_string() } else { layer.to_string() };
        if name != "optimizer_weights" {
            collect(&inner, &name, depth + 1, seen, visit)?;
        }
    }
    Ok(())
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl TensorReader for KerasFile {
    fn read(&self, name: &str) -> Result<Vec<f32>> {
        let dataset = self.datasets.get(name).ok_or_else(|| fault(format!("tensor {name} is missing")))?;
        let unread = |reason: Hdf5Error| fault(format!("tensor {name} cannot be read: {reason}"));
        if dataset.raw_element_size().map_err(unread)? == 8 {
            let wide = dataset.read_array::<f64>().map_err(unread)?;
            return Ok(wide.iter().map(|&value| value as f32).collect());
        }
        Ok(dataset.read_array::<f32>().map_err(unread)?.iter().copied().collect())
    }
}

fn damaged(reason: &Hdf5Error) -> Error {
    fault(format!("is not a complete HDF5 file: {reason}"))
}
