//! Models and their files.

mod file_bytes;
mod hash;
mod metadata;
mod tensors;

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use error::{shown_path, Code, Error, Result};
use safetensors::tensor::{SafeTensorError, SafeTensors};

use crate::architecture::Architecture;
use crate::layout::{Layout, Parameters};
use crate::validate::validate_tags;
use crate::Task;
use file_bytes::{can_begin_model, read_whole};
use files::{check_output, write_atomic, write_output, Kind, Permission};
use hash::{check_hash, hash_of};
use metadata::{read_metadata, Metadata, FORMAT};
use tensors::{check_values, read_tensors, Values};

/// The one metadata key.
const KEY: &str = "samplecnn";

/// An architecture with its parameters, tag names and metadata: what one model file holds.
///
/// The file is safetensors: F32 tensors under their canonical names, running statistics included, and the metadata key
/// `samplecnn` with JSON `{format: 1, architecture, tags, task, samplingRate, licence, training, hash}`; `hash` is the SHA-256 of the
/// tensors' bytes, as hexadecimal digits, and may be missing.
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
    /// [`Code::FileNotFound`]; [`Code::ModelFormat`] for what is no regular file, no model or cut short, whose tensors do not fit its
    /// architecture (naming the tensor) or are not those that were written; [`Code::ModelVersion`] for one written by a newer version.
    /// All name the file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::from_file(path, &Self::read_file(path)?)
    }

    /// The content of the model file at `path`, for [`Model::from_file`]; of a file that cannot be a model only its first bytes.
    ///
    /// # Errors
    /// [`Code::FileNotFound`]; [`Code::ModelFormat`] for what is no regular file or too large for a model. All name the file.
    pub fn read_file(path: impl AsRef<Path>) -> Result<Vec<u8>> {
        let path = path.as_ref();
        read_whole(path).map_err(|reason| Error::input(path, Code::ModelFormat, &reason))
    }

    /// The model in `bytes`, which [`Model::read_file`] read from `path`.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn from_file(path: impl AsRef<Path>, bytes: &[u8]) -> Result<Self> {
        let path = path.as_ref();
        Self::from_bytes(bytes).map_err(|failure| {
            Error::new(failure.code, format!("{}: {}", shown_path(path), failure.message)).with_file(path)
        })
    }

    /// Writes the model file, atomically.
    ///
    /// # Errors
    /// [`Code::Output`] where it cannot be written; as [`Model::to_bytes`] where the model is not whole.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomic(path, &self.to_bytes()?)
    }

    /// Writes the model file where a user said: over a model file, over a file of others only with `force`, over one of `inputs` never.
    ///
    /// # Errors
    /// Those of [`files::write_output`] and of [`Model::to_bytes`].
    pub fn save_over<P: AsRef<Path>>(&self, path: impl AsRef<Path>, inputs: &[P], force: bool) -> Result<()> {
        let permission = Permission { kind: Kind::MODEL, inputs, force };
        check_output(&path, &permission)?;
        let bytes = self.to_bytes()?;
        write_output(path, &permission, |file| file.write_all(&bytes))
    }

    /// The content of a model file.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for an architecture or tags that are not valid; [`Code::ModelFormat`] for parameters that are
    /// not finite (a training that diverged) or do not fit, naming the tensor.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        validate_tags(&self.tags)?;
        self.architecture.validate_with(self.tags.len())?;
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
        let metadata = Metadata {
            format: FORMAT,
            architecture: Cow::Borrowed(&self.architecture),
            tags: Cow::Borrowed(&self.tags),
            task: self.task,
            sampling_rate: self.architecture.sampling_rate,
            licence: Cow::Borrowed(&self.licence),
            training: Cow::Borrowed(&self.training),
            hash: Some(hash_of(&layout, &self.parameters)),
        };
        let json = serde_json::to_string(&metadata)
            .map_err(|reason| damaged(format!("cannot write its metadata: {reason}")))?;
        let views = layout
            .tensors
            .iter()
            .map(|spec| (spec.name.as_str(), Values { shape: &spec.shape, values: self.parameters.tensor(spec) }));
        safetensors::serialize(views, Some(HashMap::from([(KEY.to_string(), json)])))
            .map_err(|reason| damaged(format!("cannot be written as safetensors: {reason}")))
    }

    /// Reads the content of a model file.
    ///
    /// # Errors
    /// As [`Model::load`], without a file to name.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        // What the file calls its tags and tensors is shown, not obeyed.
        Self::read(bytes).map_err(Error::shown)
    }

    fn read(bytes: &[u8]) -> Result<Self> {
        if !can_begin_model(bytes) {
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
        let (header_length, header) = SafeTensors::read_metadata(bytes).map_err(container)?;
        let json = header.metadata().as_ref().and_then(|entries| entries.get(KEY)).ok_or_else(|| {
            damaged(
                "is a safetensors file, but not a samplecnn model: it has no metadata \"samplecnn\"; \
                 weights made elsewhere are read by `samplecnn import`",
            )
        })?;
        let metadata = read_metadata(json)?;
        let architecture = metadata.architecture.into_owned();
        let tags = metadata.tags.into_owned();
        validate_tags(&tags).map_err(|why| damaged(format!("its tags are not usable: {why}")))?;
        let works = architecture.validate_with(tags.len());
        works.map_err(|why| damaged(format!("its architecture cannot work: {why}")))?;
        if metadata.sampling_rate != architecture.sampling_rate {
            return Err(damaged(format!(
                "contradicts itself: samplingRate {} beside an architecture at {} Hz",
                metadata.sampling_rate, architecture.sampling_rate
            )));
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(container)?;
        if let Some(expected) = &metadata.hash {
            check_hash(expected, &bytes[size_of::<u64>() + header_length..])?;
        }
        let layout = Layout::new(&architecture, tags.len());
        let parameters = read_tensors(&tensors, &layout)?;
        let (licence, training) = (metadata.licence.into_owned(), metadata.training.into_owned());
        Ok(Self { architecture, tags, task: metadata.task, licence, training, parameters })
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
