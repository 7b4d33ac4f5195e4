//! Models and their files.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use error::{Code, Error, Result};
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, View};
use serde::{Deserialize, Serialize};

use crate::architecture::Architecture;
use crate::atomic::write_atomic;
use crate::layout::{Layout, Parameters, Role, TensorSpec};
use crate::validate::validate_tags;
use crate::Task;

/// The format this version writes, and the newest it reads.
const FORMAT: u64 = 1;
/// The one metadata key.
const KEY: &str = "samplecnn";
/// Longest header: far above any network's, far below what could hurt.
const MAX_HEADER: u64 = 16 << 20;
/// Longest file: the largest valid network.
const MAX_FILE: u64 = (4 << 30) + MAX_HEADER;

/// An architecture with its parameters, tag names and facts: what one model file holds.
///
/// The file is safetensors: F32 tensors under their canonical names, running statistics included, and the metadata key
/// `samplecnn` with JSON `{format: 1, architecture, tags, task, samplingRate, licence, training}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The network.
    pub architecture: Architecture,
    /// Names of the outputs, in their order.
    pub tags: Vec<String>,
    /// How the tags relate to each other.
    pub task: Task,
    /// Licence of the weights, where known.
    pub licence: Option<String>,
    /// Facts about the training, free-form; `null` for none.
    pub training: serde_json::Value,
    /// The numbers.
    pub parameters: Parameters,
}

/// The JSON behind the metadata key.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Facts<'a> {
    format: u64,
    architecture: Cow<'a, Architecture>,
    tags: Cow<'a, [String]>,
    task: Task,
    sampling_rate: u32,
    #[serde(default)]
    licence: Cow<'a, Option<String>>,
    #[serde(default)]
    training: Cow<'a, serde_json::Value>,
}

impl Model {
    /// Reads a model file.
    ///
    /// # Errors
    /// [`Code::FileNotFound`]; [`Code::ModelFormat`] for a file that is no model, is cut short, or whose tensors do not fit its
    /// architecture (naming the tensor); [`Code::ModelVersion`] for one written by a newer version. All name the file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(path)?;
            if file.metadata()?.is_dir() {
                return Err(std::io::Error::new(std::io::ErrorKind::IsADirectory, "it is a folder"));
            }
            // The header is read first: a huge file that is no model is refused before it is in memory.
            let mut bytes = Vec::new();
            (&mut file).take(9).read_to_end(&mut bytes)?;
            if plausible_start(&bytes) {
                (&mut file).take(MAX_FILE).read_to_end(&mut bytes)?;
            }
            Ok(bytes)
        };
        let bytes = read().map_err(|reason| Error::input(path, Code::ModelFormat, &reason))?;
        Self::from_bytes(&bytes).map_err(|failure| {
            Error::new(failure.code, format!("{}: {}", path.display(), failure.message)).with_file(path)
        })
    }

    /// Writes the model file, atomically.
    ///
    /// # Errors
    /// [`Code::Output`] where it cannot be written; as [`Model::to_bytes`] where the model is not whole.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomic(path, &self.to_bytes()?)
    }

    /// The content of a model file.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for an architecture or tags that are not valid; [`Code::ModelFormat`] for parameters that are
    /// not finite (a training that diverged) or do not fit, naming the tensor.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        self.architecture.validate()?;
        validate_tags(&self.tags)?;
        let layout = Layout::new(&self.architecture, self.tags.len());
        if [layout.trainable, layout.statistics] != [self.parameters.trainable.len(), self.parameters.statistics.len()]
        {
            return Err(damaged(format!(
                "the parameters are {} values and {} statistics, the architecture has {} and {}",
                self.parameters.trainable.len(),
                self.parameters.statistics.len(),
                layout.trainable,
                layout.statistics
            )));
        }
        for spec in &layout.tensors {
            check_values(spec, self.parameters.tensor(spec))?;
        }
        let facts = Facts {
            format: FORMAT,
            architecture: Cow::Borrowed(&self.architecture),
            tags: Cow::Borrowed(&self.tags),
            task: self.task,
            sampling_rate: self.architecture.sampling_rate,
            licence: Cow::Borrowed(&self.licence),
            training: Cow::Borrowed(&self.training),
        };
        let facts =
            serde_json::to_string(&facts).map_err(|reason| damaged(format!("cannot write its facts: {reason}")))?;
        let views = layout
            .tensors
            .iter()
            .map(|spec| (spec.name.as_str(), Values { shape: &spec.shape, values: self.parameters.tensor(spec) }));
        safetensors::serialize(views, Some(HashMap::from([(KEY.to_string(), facts)])))
            .map_err(|reason| damaged(format!("cannot be written as safetensors: {reason}")))
    }

    /// Reads the content of a model file.
    ///
    /// # Errors
    /// As [`Model::load`], without a file to name.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        if !plausible_start(bytes) {
            let advice = match bytes {
                [b'P', b'K', ..] | [0x80, 0x02, ..] => {
                    "; it looks like a PyTorch checkpoint: `samplecnn import` makes a model of it"
                }
                [0x89, b'H', b'D', b'F', ..] => {
                    "; it looks like a Keras checkpoint: `samplecnn import` makes a model of it"
                }
                _ => "",
            };
            return Err(damaged(format!(
                "is not a model: a safetensors file written by samplecnn was expected{advice}"
            )));
        }
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(container)?;
        let facts = metadata.metadata().as_ref().and_then(|facts| facts.get(KEY)).ok_or_else(|| {
            damaged(
                "is a safetensors file, but not a samplecnn model: it has no metadata \"samplecnn\"; \
                 weights made elsewhere are read by `samplecnn import`",
            )
        })?;
        let facts = read_facts(facts)?;
        let architecture = facts.architecture.into_owned();
        architecture.validate().map_err(|why| damaged(format!("its architecture cannot work: {why}")))?;
        let tags = facts.tags.into_owned();
        validate_tags(&tags).map_err(|why| damaged(format!("its tags are not usable: {why}")))?;
        if facts.sampling_rate != architecture.sampling_rate {
            return Err(damaged(format!(
                "contradicts itself: samplingRate {} beside an architecture at {} Hz",
                facts.sampling_rate, architecture.sampling_rate
            )));
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(container)?;
        let layout = Layout::new(&architecture, tags.len());
        let parameters = read_tensors(&tensors, &layout)?;
        let (licence, training) = (facts.licence.into_owned(), facts.training.into_owned());
        Ok(Self { architecture, tags, task: facts.task, licence, training, parameters })
    }
}

/// Whether the first nine bytes can begin a safetensors file: a bounded header length and the brace of its JSON.
fn plausible_start(bytes: &[u8]) -> bool {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else { return false };
    (2..=MAX_HEADER).contains(&u64::from_le_bytes(*length)) && rest.first() == Some(&b'{')
}

/// Reads the metadata, its format number before anything that a newer version may have changed.
fn read_facts(text: &str) -> Result<Facts<'static>> {
    let facts: serde_json::Value =
        serde_json::from_str(text).map_err(|why| damaged(format!("its metadata is not JSON: {why}")))?;
    match facts.get("format").and_then(serde_json::Value::as_u64) {
        Some(FORMAT) => {}
        Some(newer) if newer > FORMAT => {
            return Err(Error::new(
                Code::ModelVersion,
                format!(
                    "was written by a newer samplecnn (format {newer}, this version reads {FORMAT}): update samplecnn"
                ),
            ));
        }
        _ => return Err(damaged("its metadata has no valid \"format\"")),
    }
    serde_json::from_value(facts).map_err(|why| damaged(format!("its metadata is not valid: {why}")))
}

/// Copies every tensor of `layout` out of the file, and accepts no other.
fn read_tensors(tensors: &SafeTensors<'_>, layout: &Layout) -> Result<Parameters> {
    let expected: HashMap<&str, &TensorSpec> = layout.tensors.iter().map(|spec| (spec.name.as_str(), spec)).collect();
    let mut surplus: Vec<&str> =
        tensors.iter().map(|(name, _)| name).filter(|name| !expected.contains_key(name)).collect();
    surplus.sort_unstable();
    if let Some(first) = surplus.first() {
        return Err(damaged(format!(
            "has {} tensor(s) that its architecture has not, the first: {first}",
            surplus.len()
        )));
    }
    // Presence and sizes first: after that the file is known to hold as much as is allocated.
    for spec in &layout.tensors {
        let name = &spec.name;
        let view = tensors.tensor(name).map_err(|_| damaged(format!("lacks the tensor {name}")))?;
        if view.dtype() != Dtype::F32 {
            return Err(damaged(format!("tensor {name} is {:?}, expected F32", view.dtype())));
        }
        if view.shape() != spec.shape {
            return Err(damaged(format!("tensor {name} has shape {:?}, expected {:?}", view.shape(), spec.shape)));
        }
    }
    let mut parameters = Parameters::zeros(layout);
    for spec in &layout.tensors {
        let view = tensors.tensor(&spec.name).map_err(container)?;
        let values = parameters.tensor_mut(spec);
        for (value, bytes) in values.iter_mut().zip(view.data().chunks_exact(4)) {
            *value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        check_values(spec, values)?;
    }
    Ok(parameters)
}

/// Refuses values that can only give nonsense.
fn check_values(spec: &TensorSpec, values: &[f32]) -> Result<()> {
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        return Err(damaged(format!(
            "tensor {} holds {} at index {index}: every value must be finite; a training that diverged needs a lower learning rate",
            spec.name, values[index]
        )));
    }
    let lowest = match spec.role {
        Role::RunningVar => 0.0,
        Role::MelDeviation => f32::MIN_POSITIVE,
        _ => return Ok(()),
    };
    match values.iter().position(|&value| value < lowest) {
        Some(index) => Err(damaged(format!(
            "tensor {} holds {} at index {index}: it must not be negative or a deviation of 0",
            spec.name, values[index]
        ))),
        None => Ok(()),
    }
}

/// One tensor as the safetensors writer wants it.
struct Values<'a> {
    shape: &'a [usize],
    values: &'a [f32],
}

impl View for Values<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        if cfg!(target_endian = "little") {
            Cow::Borrowed(bytemuck::cast_slice(self.values))
        } else {
            Cow::Owned(self.values.iter().flat_map(|value| value.to_le_bytes()).collect())
        }
    }

    fn data_len(&self) -> usize {
        size_of_val(self.values)
    }
}

fn damaged(why: impl Into<String>) -> Error {
    Error::new(Code::ModelFormat, why)
}

/// What the safetensors reader found wrong, for people.
fn container(reason: SafeTensorError) -> Error {
    damaged(match reason {
        SafeTensorError::InvalidHeaderLength | SafeTensorError::HeaderTooSmall => {
            "is cut short: it ends inside its header; copy or download it again".into()
        }
        SafeTensorError::MetadataIncompleteBuffer => {
            "is cut short or has bytes to spare: its length is not what its header says; copy or download it again"
                .into()
        }
        SafeTensorError::InvalidOffset(name) => format!("is damaged: the offsets of tensor {name} are not valid"),
        other => format!("is damaged or not a safetensors file: {other}"),
    })
}
