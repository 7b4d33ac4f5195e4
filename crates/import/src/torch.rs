//! PyTorch checkpoints: zip archives (1.6 and later) and the stream of pickles of older versions.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use error::Result;

use crate::archive;
use crate::checkpoint::{Checkpoint, Container, TensorReader};
use crate::fault::fault;
use crate::limits::{self, NameBudget};
use crate::pickle::{self, Element, Pickle, Value};

/// The first pickle of a legacy file: protocol 2 and the number 0x1950a86a20f9469cfc6c.
pub const LEGACY_MAGIC: &[u8] =
    &[0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/// Keys under which training frameworks store the weights, the most likely first.
const WEIGHTS: &[&str] = &["state_dict", "model_state_dict", "model", "net", "network", "weights"];

/// The most levels of dicts above the tensors.
const MAX_DEPTH: usize = 8;

/// The position of a tensor in the file.
struct Placed {
    element: Element,
    /// The range of its storage in the file.
    storage: Range<usize>,
    /// Index of the first value, sizes and strides.
    offset: u64,
    shape: Vec<usize>,
    strides: Vec<u64>,
}

struct TorchFile {
    bytes: Vec<u8>,
    tensors: HashMap<String, Placed>,
}

/// Opens a zip checkpoint.
pub fn open_zip(bytes: Vec<u8>) -> Result<Checkpoint> {
    let entries = archive::entries(&bytes)?;
    let stored = |name: &str| match entries.get(name) {
        Some((range, true)) => Ok(range.clone()),
        Some((_, false)) => {
            Err(fault(format!("entry {name} of the archive is compressed; PyTorch never writes such a file")))
        }
        None => Err(fault(format!("is a zip archive without {name}, so it is not a checkpoint of PyTorch"))),
    };
    let root = entries.keys().filter_map(|name| name.strip_suffix("data.pkl")).min_by_key(|root| root.len());
    let Some(root) = root.filter(|root| root.is_empty() || root.ends_with('/')) else {
        return Err(fault("is a zip archive without data.pkl, so it is not a checkpoint of PyTorch"));
    };
    if let Ok(range) = stored(&format!("{root}byteorder")) {
        if &bytes[range] != b"little" {
            return Err(fault("was written in big-endian byte order: save it again on a little-endian machine"));
        }
    }
    let range = stored(&format!("{root}data.pkl"))?;
    let pickle = pickle::read(&bytes[range], 0)?;
    let mut tensors = HashMap::new();
    for (name, index) in state_dict(&pickle)? {
        let tensor = &pickle.tensors[index];
        let storage = pickle.storages[tensor.storage];
        let range = stored(&format!("{root}data/{}", pickle.text(storage.key)))?;
        let expected = storage.count.checked_mul(storage.element.size() as u64);
        if expected != Some(range.len() as u64) {
            let (count, size) = (storage.count, range.len());
            return Err(fault(format!(
                "the storage of tensor {name} has {size} bytes, but its pickle says {count} values"
            )));
        }
        tensors.insert(name, place(&pickle, index, range));
    }
    finish(bytes, Container::TorchZip, tensors)
}

/// Opens a legacy checkpoint.
pub fn open_legacy(bytes: Vec<u8>) -> Result<Checkpoint> {
    let mut at = 0;
    let mut next = || -> Result<Pickle<'_>> {
        let pickle = pickle::read(&bytes, at)?;
        at = pickle.end;
        Ok(pickle)
    };
    next()?;
    match next()?.root {
        Value::Int(1001) => {}
        other => return Err(fault(format!("has protocol {other:?}, expected 1001"))),
    }
    let system = next()?;
    if let Value::Dict(index) = system.root {
        let little = system.dicts[index].iter().find(|(key, _)| system.as_text(*key) == Some("little_endian"));
        if matches!(little, Some((_, Value::Bool(false)))) {
            return Err(fault("was written in big-endian byte order: save it again on a little-endian machine"));
        }
    }
    let pickle = next()?;
    let keys = next()?;
    let Value::List(list) = keys.root else { return Err(fault("has no list of storages")) };
    if keys.sequences[list].len() > limits::TENSORS {
        return Err(fault("contains more storages than any network"));
    }
    // Types and sizes of the storages; the list of keys gives their order.
    let mut known: HashMap<&str, (Element, u64)> = HashMap::new();
    for storage in &pickle.storages {
        let text = pickle.text(storage.key);
        let whole = (storage.element, storage.count);
        if *known.entry(text).or_insert(whole) != whole {
            return Err(fault(format!("contains contradictory descriptions of storage {text}")));
        }
    }
    let mut ranges: HashMap<String, Range<usize>> = HashMap::new();
    for key in &keys.sequences[list] {
        let key = keys.as_text(*key).ok_or_else(|| fault("has a storage whose key is not text"))?;
        let (element, count) =
            *known.get(key).ok_or_else(|| fault(format!("contains storage {key}, which no tensor uses")))?;
        let head = at.checked_add(8).and_then(|end| bytes.get(at..end));
        let said = head.and_then(|head| head.try_into().ok()).map(u64::from_le_bytes);
        let said = said.ok_or_else(|| fault(format!("is truncated at offset {at}, before storage {key}")))?;
        if said != count {
            return Err(fault(format!("storage {key} at offset {at} has {said} values, but its pickle says {count}")));
        }
        let start = at + 8;
        let size = usize::try_from(count).ok().and_then(|count| count.checked_mul(element.size()));
        let end = size.and_then(|size| start.checked_add(size)).filter(|&end| end <= bytes.len());
        let end =
            end.ok_or_else(|| fault(format!("is truncated at offset {start}, in storage {key} of {count} values")))?;
        if ranges.insert(key.to_string(), start..end).is_some() {
            return Err(fault(format!("contains storage {key} twice")));
        }
        at = end;
    }
    if at != bytes.len() {
        return Err(fault(format!("has {} bytes after its last storage, at offset {at}", bytes.len() - at)));
    }
    let mut tensors = HashMap::new();
    for (name, index) in state_dict(&pickle)? {
        let key = pickle.text(pickle.storages[pickle.tensors[index].storage].key);
        let range = ranges.get(key).ok_or_else(|| fault(format!("does not contain storage {key} of tensor {name}")))?;
        tensors.insert(name, place(&pickle, index, range.clone()));
    }
    finish(bytes, Container::TorchLegacy, tensors)
}

fn finish(bytes: Vec<u8>, container: Container, tensors: HashMap<String, Placed>) -> Result<Checkpoint> {
    let shapes = tensors.iter().map(|(name, placed)| (name.clone(), placed.shape.clone())).collect();
    let length = bytes.len();
    Checkpoint::new(container, length, shapes, Box::new(TorchFile { bytes, tensors }))
}

fn place(pickle: &Pickle<'_>, index: usize, range: Range<usize>) -> Placed {
    let tensor = &pickle.tensors[index];
    let storage = pickle.storages[tensor.storage];
    Placed {
        element: storage.element,
        storage: range,
        offset: tensor.offset.saturating_add(storage.first),
        shape: tensor.shape.clone(),
        strides: tensor.strides.clone(),
    }
}

impl TensorReader for TorchFile {
    /// Reads a tensor from its storage, with its offset and strides.
    fn read(&self, name: &str) -> Result<Vec<f32>> {
        let Some(tensor) = self.tensors.get(name) else { return Err(fault(format!("tensor {name} is missing"))) };
        let size = tensor.element.size();
        let storage = &self.bytes[tensor.storage.clone()];
        let available = (storage.len() / size) as u64;
        let outside =
            || fault(format!("tensor {name} of shape {:?} is outside its storage of {available} values", tensor.shape));
        let count = tensor.shape.iter().try_fold(1usize, |count, &size| count.checked_mul(size)).ok_or_else(outside)?;
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut last = tensor.offset;
        for (&size, &stride) in tensor.shape.iter().zip(&tensor.strides) {
            let reach = (size as u64 - 1).checked_mul(stride).and_then(|reach| last.checked_add(reach));
            last = reach.ok_or_else(outside)?;
        }
        // An expanded tensor could repeat a value without limit; no layer has one.
        if last >= available || count as u64 > available {
            return Err(outside());
        }
        let mut values = Vec::with_capacity(count);
        let mut index = vec![0usize; tensor.shape.len()];
        let mut at = tensor.offset;
        for _ in 0..count {
            let start = at as usize * size;
            values.push(tensor.element.read(&storage[start..start + size]));
            for axis in (0..index.len()).rev() {
                index[axis] += 1;
                at += tensor.strides[axis];
                if index[axis] < tensor.shape[axis] {
                    break;
                }
                at -= tensor.strides[axis] * tensor.shape[axis] as u64;
                index[axis] = 0;
            }
        }
        Ok(values)
    }
}

/// The tensors of the weights, with their names and their index in the pickle.
fn state_dict(pickle: &Pickle<'_>) -> Result<Vec<(String, usize)>> {
    let Value::Dict(root) = pickle.root else {
        let what = match pickle.root {
            Value::Opaque(class) | Value::Global(class) => format!("an object of the class {}", pickle.global(class)),
            _ => "something that is not a dict".to_string(),
        };
        return Err(fault(format!("contains {what} instead of weights: save the state_dict() of the module")));
    };
    // The most likely nested dict is used; without one, all tensors are used with dotted names.
    let nested = WEIGHTS.iter().find_map(|key| {
        let found = pickle.dicts[root].iter().find(|(name, _)| pickle.as_text(*name) == Some(key));
        match found {
            Some((_, Value::Dict(index))) => Some(*index),
            _ => None,
        }
    });
    let mut tensors = Vec::new();
    let mut names = NameBudget::default();
    gather(pickle, nested.unwrap_or(root), "", 0, &mut HashSet::new(), &mut names, &mut tensors)?;
    if tensors.is_empty() && nested.is_some() {
        gather(pickle, root, "", 0, &mut HashSet::new(), &mut names, &mut tensors)?;
    }
    if tensors.is_empty() {
        return Err(fault("contains no tensors"));
    }
    let mut seen = HashSet::new();
    match tensors.iter().find(|(name, _)| !seen.insert(name.as_str())) {
        Some((name, _)) => Err(fault(format!("contains tensor {name} twice"))),
        None => Ok(tensors),
    }
}

/// Collects the tensors of a dict and of its nested dicts.
fn gather(
    pickle: &Pickle<'_>,
    dict: usize,
    prefix: &str,
    depth: usize,
    visited: &mut HashSet<usize>,
    names: &mut NameBudget,
    tensors: &mut Vec<(String, usize)>,
) -> Result<()> {
    if depth > MAX_DEPTH || !visited.insert(dict) {
        return Ok(());
    }
    for (key, value) in &pickle.dicts[dict] {
        let Some(key) = pickle.as_text(*key).filter(|key| prefix.len() + key.len() < limits::NAME) else { continue };
        match *value {
            Value::Tensor(index) => {
                let name = format!("{prefix}{key}");
                names.spend(&name)?;
                tensors.push((name, index));
            }
            Value::Dict(inner) => {
                gather(pickle, inner, &format!("{prefix}{key}."), depth + 1, visited, names, tensors)?
            }
            _ => {}
        }
    }
    Ok(())
}
