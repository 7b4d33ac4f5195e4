//! Models and their files.

mod facts;
mod tensors;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use error::{Code, Error, Result};
use safetensors::tensor::{SafeTensorError, SafeTensors};

use crate::architecture::Architecture;
use crate::layout::{Layout, Parameters};
use crate::validate::validate_tags;
use crate::Task;
use facts::{read_facts, Facts, FORMAT};
use files::write_atomic;
use tensors::{check_values, read_tensors, Values};

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
