//! Models and model files.

mod calibration;
mod card;
mod chosen_tags;
mod default_output;
mod file_bytes;
mod hash;
mod metadata;
mod tensors;
mod unknown_fields;
mod weight_type;

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
pub use calibration::{log, logit, Calibration, PlattLine};
pub use card::{Card, CardOutput, CardScores, CardSource, CardTagScores, CardTeacher, CardWithheld};
pub use default_output::DefaultOutput;
use file_bytes::{can_begin_model, read_whole};
use files::{check_output, write_atomic, write_output, Kind, Permission};
use hash::{check_hash, hash_of};
use metadata::{read_metadata, Metadata, NEWEST, OLDEST};
use tensors::{check_values, read_tensors, Values};
pub use weight_type::WeightType;

/// The only metadata key.
const KEY: &str = "samplecnn";

/// An architecture with its parameters, tag names and metadata: the content of a model file.
///
/// The file is in the safetensors format: F32 or F16 tensors under their canonical names, including running statistics,
/// and the metadata key `samplecnn` with the JSON value
/// `{format, architecture, tags, task, samplingRate, licence, training, thresholds, calibration, card, hash}`. `hash`
/// is the SHA-256 of the tensors' bytes in hexadecimal digits. `thresholds`, `calibration`, `card` and `hash` may be
/// missing; fields that this version does not know are ignored. `format` is 2 for a file with F16 tensors or with an
/// output rule in its card, which versions that know only format 1 would misread; otherwise it is 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The network.
    pub architecture: Architecture,
    /// The names of the outputs, in order.
    pub tags: Vec<String>,
    /// The relation between the tags.
    pub task: Task,
    /// The licence of the weights, if known.
    pub licence: Option<String>,
    /// Information about the training run, in any form; `null` for none.
    pub training: serde_json::Value,
    /// For each tag the score above which it is assigned, chosen on the validation clips of the training; `None` for a
    /// tag without positives there. `None` for a model without thresholds.
    pub thresholds: Option<Vec<Option<f32>>>,
    /// The map from scores to probabilities, fitted on the validation clips of the training; `None` for a model without
    /// one. Scores are calibrated only where this is asked for.
    pub calibration: Option<Calibration>,
    /// Whether the file holds weights as F16, those of each tensor whose values F16 represents exactly; see
    /// [`Model::into_half`].
    pub half: bool,
    /// The card of a released model, if it has one.
    pub card: Option<Card>,
    /// The fields of the file's metadata that this version does not know, such as `card.mood`: a later version wrote
    /// the file. They are ignored, and are not written again.
    pub unknown: Vec<String>,
    /// The parameters and running statistics.
    pub parameters: Parameters,
}

impl Model {
    /// A model of F32 weights, without a licence, facts about a training, thresholds, a calibration and a card.
    pub fn new(architecture: Architecture, tags: Vec<String>, task: Task, parameters: Parameters) -> Self {
        let training = serde_json::Value::Null;
        let (licence, thresholds, calibration, half, card) = (None, None, None, false, None);
        let unknown = Vec::new();
        Self { architecture, tags, task, licence, training, thresholds, calibration, half, card, unknown, parameters }
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// [`Code::FileNotFound`]. [`Code::ModelFormat`] for a file that is not regular, not a model or incomplete, and for
    /// tensors that do not fit the architecture (with the name of the tensor) or were changed after writing.
    /// [`Code::ModelVersion`] for a file of a newer version. All errors name the file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::from_file(path, &Self::read_file(path)?)
    }

    /// Reads the content of the model file at `path`, for [`Model::from_file`]; if the file cannot be a model, only its
    /// first bytes.
    ///
    /// # Errors
    /// [`Code::FileNotFound`]; [`Code::ModelFormat`] for a file that is not regular or too large for a model. All
    /// errors name the file.
    pub fn read_file(path: impl AsRef<Path>) -> Result<Vec<u8>> {
        let path = path.as_ref();
        read_whole(path).map_err(|reason| Error::input(path, Code::ModelFormat, &reason))
    }

    /// Parses the model in `bytes`, which [`Model::read_file`] read from `path`.
    ///
    /// # Errors
    /// As for [`Model::load`].
    pub fn from_file(path: impl AsRef<Path>, bytes: &[u8]) -> Result<Self> {
        let path = path.as_ref();
        Self::from_bytes(bytes).map_err(|failure| {
            Error::new(failure.code, format!("{}: {}", shown_path(path), failure.message)).with_file(path)
        })
    }

    /// Writes the model file atomically.
    ///
    /// # Errors
    /// [`Code::Output`] if the file cannot be written; those of [`Model::to_bytes`] if the model is not valid.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomic(path, &self.to_bytes()?)
    }

    /// Writes the model file to a path given by a user. A model file is overwritten; another file is overwritten only
    /// with `force`; one of `inputs` is never overwritten.
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
    /// [`Code::InvalidOption`] for an architecture, tags or a card that are not valid; [`Code::ModelFormat`] for
    /// parameters that are not finite (because the training diverged) or do not fit, with the name of the tensor.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        validate_tags(&self.tags)?;
        self.architecture.validate_with(self.tags.len())?;
        self.check_decisions()?;
        let card = self.card.as_ref().map_or(Ok(()), |card| card.check(self));
        card.map_err(|why| Error::new(Code::InvalidOption, format!("card: {why}")).shown())?;
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
        let tensors = layout.tensors.iter().map(|spec| {
            let (shape, values) = (spec.shape.as_slice(), self.parameters.tensor(spec));
            (spec.name.as_str(), Values { shape, values, half: self.holds_half(spec) })
        });
        let tensors: Vec<(&str, Values<'_>)> = tensors.collect();
        let has_rule = self.card.as_ref().is_some_and(|card| card.output.is_some());
        let metadata = Metadata {
            format: if has_rule || tensors.iter().any(|(_, values)| values.half) { NEWEST } else { OLDEST },
            architecture: Cow::Borrowed(&self.architecture),
            tags: Cow::Borrowed(&self.tags),
            task: self.task,
            sampling_rate: self.architecture.sampling_rate,
            licence: Cow::Borrowed(&self.licence),
            training: Cow::Borrowed(&self.training),
            thresholds: Cow::Borrowed(&self.thresholds),
            calibration: Cow::Borrowed(&self.calibration),
            card: Cow::Borrowed(&self.card),
            hash: Some(hash_of(&tensors)),
        };
        let json = serde_json::to_string(&metadata)
            .map_err(|reason| damaged(format!("cannot write its metadata: {reason}")))?;
        safetensors::serialize(tensors, Some(HashMap::from([(KEY.to_string(), json)])))
            .map_err(|reason| damaged(format!("cannot be written as safetensors: {reason}")))
    }

    /// Parses the content of a model file.
    ///
    /// # Errors
    /// As for [`Model::load`], without the name of a file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        // Names of tags and tensors come from the file, so errors show them with control characters escaped.
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
                [b'v', b'e', b'r', b's', b'i', b'o', b'n', b' ', ..] => {
                    "; it looks like a pointer of Git LFS: `git lfs pull` downloads the model"
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
        let (metadata, unknown) = read_metadata(json)?;
        let architecture = metadata.architecture.into_owned();
        let tags = metadata.tags.into_owned();
        validate_tags(&tags).map_err(|why| damaged(format!("its tags are not usable: {why}")))?;
        let works = architecture.validate_with(tags.len());
        works.map_err(|why| damaged(format!("its architecture is not valid: {why}")))?;
        if metadata.sampling_rate != architecture.sampling_rate {
            return Err(damaged(format!(
                "contradicts itself: samplingRate is {}, but the architecture has {} Hz",
                metadata.sampling_rate, architecture.sampling_rate
            )));
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(container)?;
        if let Some(expected) = &metadata.hash {
            check_hash(expected, &bytes[size_of::<u64>() + header_length..])?;
        }
        let layout = Layout::new(&architecture, tags.len());
        let (parameters, half) = read_tensors(&tensors, &layout, metadata.format)?;
        let (licence, training) = (metadata.licence.into_owned(), metadata.training.into_owned());
        let (thresholds, calibration) = (metadata.thresholds.into_owned(), metadata.calibration.into_owned());
        // Version 0.1.0 stored the thresholds with the facts about the training.
        let thresholds = thresholds.or_else(|| thresholds_of(&training, tags.len()));
        let task = metadata.task;
        let card = metadata.card.into_owned();
        let model = Self {
            architecture,
            tags,
            task,
            licence,
            training,
            thresholds,
            calibration,
            half,
            card,
            unknown,
            parameters,
        };
        model.check_decisions()?;
        let card = model.card.as_ref().map_or(Ok(()), |card| card.check(&model));
        card.map_err(|why| damaged(format!("its card is not valid: {why}")))?;
        Ok(model)
    }

    /// Refuses thresholds and a calibration that do not fit the tags.
    fn check_decisions(&self) -> Result<()> {
        let (count, tags) = (self.thresholds.as_ref().map(Vec::len), self.tags.len());
        let finite = self.thresholds.iter().flatten().flatten().all(|threshold| threshold.is_finite());
        if count.is_some_and(|count| count != tags) || !finite {
            return Err(damaged(format!("its thresholds are not valid: expected a number or null for {tags} tags")));
        }
        self.calibration.as_ref().map_or(Ok(()), |calibration| calibration.check(tags, self.task))
    }
}

/// The thresholds in the facts about a training, if there is one for each tag.
fn thresholds_of(training: &serde_json::Value, tags: usize) -> Option<Vec<Option<f32>>> {
    let values = training.get("thresholds")?.as_array()?;
    let thresholds: Vec<Option<f32>> =
        values.iter().map(|v| v.as_f64().map(|v| v as f32).filter(|v| v.is_finite())).collect();
    (thresholds.len() == tags).then_some(thresholds)
}

fn damaged(why: impl Into<String>) -> Error {
    Error::new(Code::ModelFormat, why)
}

/// Describes in words what the safetensors reader found wrong.
fn container(reason: SafeTensorError) -> Error {
    damaged(match reason {
        SafeTensorError::InvalidHeaderLength | SafeTensorError::HeaderTooSmall => {
            "is cut short: it ends inside its header; copy or download it again".into()
        }
        SafeTensorError::MetadataIncompleteBuffer => {
            "is cut short or too long: its length does not match its header; copy or download it again".into()
        }
        SafeTensorError::InvalidOffset(name) => format!("is damaged: the offsets of tensor {name} are not valid"),
        other => format!("is damaged or not a safetensors file: {other}"),
    })
}
