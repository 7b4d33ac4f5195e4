//! From a foreign checkpoint to a model.

use std::path::Path;

use error::{Code, Error, Result};
use net::{Architecture, Model, Side, TagOrder};

use crate::checkpoint::Checkpoint;
use crate::detect::detect;
use crate::draft::Draft;
use crate::format::Format;
use crate::naming::{mismatch, Layers, Naming};
use crate::printable::{printable, printable_failure};
use crate::source;

/// What the file does not say, or says wrongly. Everything has a default by the source.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The source; default: recognised by the names of the tensors.
    pub format: Option<Format>,
    /// Names of the outputs; default: the source's own order, or `output 1` ... where it has none.
    pub tags: Option<Tags>,
    /// Hz; default: the source's.
    pub sampling_rate: Option<u32>,
    /// Samples of a segment, for networks that take any length.
    pub input_length: Option<usize>,
    /// Added to the variance by the norms; default: the source's.
    pub eps: Option<f64>,
    /// Whether the filters stand reversed in time; default: for Keras 1, which ran on Theano.
    pub reversed: Option<bool>,
    /// Side on which an even filter pads one more; default: left for Keras 1, else right.
    pub same: Option<Side>,
    /// Licence of the weights; default: that of the source's code, where it states one.
    pub licence: Option<String>,
    /// The network of a file with samplecnn's own names that does not say it.
    pub architecture: Option<Architecture>,
}

/// Names of outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tags {
    /// One name per output.
    List(Vec<String>),
    /// A published order.
    Order(TagOrder),
}

/// Reads the checkpoint at `path` and makes a model of it. What was assumed is in its `training` facts, under `notes`.
///
/// # Errors
/// [`Code::FileNotFound`]; [`Code::ModelFormat`] for a file that is damaged or hostile, naming the offset or tensor;
/// [`Code::CheckpointMismatch`] for one that is whole but fits no network, tensor by tensor; [`Code::InvalidOption`].
pub fn import(path: impl AsRef<Path>, options: &Options) -> Result<Model> {
    let path = path.as_ref();
    let named = |failure: Error| match failure.file {
        Some(_) => failure,
        None => {
            let path_shown = printable(&path.display().to_string());
            Error::new(failure.code, format!("{path_shown}: {}", failure.message)).with_file(path)
        }
    };
    let checkpoint = Checkpoint::open(path).map_err(named)?;
    convert(&checkpoint, path, options).map_err(named)
}

/// Makes a model of an open checkpoint; `path` tells the data set where the source keeps it in folder names.
///
/// # Errors
/// As [`import`].
pub fn convert(checkpoint: &Checkpoint, path: &Path, options: &Options) -> Result<Model> {
    model(checkpoint, path, options).map_err(printable_failure)
}

fn model(checkpoint: &Checkpoint, path: &Path, options: &Options) -> Result<Model> {
    let (format, prefix) = detect(checkpoint, options.format)?;
    let mut layers = Layers { checkpoint, naming: Naming::Torch, prefix };
    let mut draft = source::draft(format, &mut layers, options)?;
    let tags = tags(format, &mut draft, &layers, path, options)?;
    let mut parameters = draft.parameters(&layers, tags.len())?;
    if draft.outputs == 0 {
        classifier(checkpoint, &mut draft, &mut parameters, tags.len())?;
    }
    let training = serde_json::json!({
        "importedFrom": {
            "format": format.name(),
            "container": checkpoint.container.name(),
            "file": path.file_name().map(|name| name.to_string_lossy()),
            "notes": draft.notes,
        }
    });
    let licence = options.licence.clone().or(draft.licence.map(String::from));
    let model = Model { architecture: draft.architecture, tags, task: draft.task, licence, training, parameters };
    // Whatever a checkpoint says, only a model that can be read again leaves here. The options have been checked: what is not valid
    // now comes from the file.
    match model.to_bytes() {
        Err(failure) if failure.code == Code::InvalidOption => {
            Err(mismatch(format!("makes a model that cannot work: {failure}")))
        }
        written => written.map(|_| model),
    }
}

/// Names for the outputs.
fn tags(format: Format, draft: &mut Draft, layers: &Layers<'_>, path: &Path, options: &Options) -> Result<Vec<String>> {
    let outputs = if draft.outputs == 0 { separate_outputs(layers.checkpoint) } else { Some(draft.outputs) };
    if let Some(tags) = &options.tags {
        let tags = match tags {
            Tags::List(list) => list.clone(),
            Tags::Order(order) => order.tags(),
        };
        return match outputs {
            Some(outputs) if outputs != tags.len() => {
                Err(Error::new(Code::InvalidOption, format!("{} tags were given for {outputs} outputs", tags.len())))
            }
            _ => net::validate_tags(&tags).map(|()| tags),
        };
    }
    let Some(outputs) = outputs else { return Ok(vec!["untrained".into()]) };
    if let Some(tags) = stored_tags(format, layers, outputs) {
        return Ok(tags);
    }
    let order = match (draft.order, format) {
        (Some(order), _) => Some(order),
        (None, Format::Minzwon | Format::MinzwonSe) if outputs == 50 => {
            let order = by_folder(path);
            draft.notes.push(format!(
                "the file does not say on which data set it was trained: tags of {}; --tag-order mtat, msd or jamendo sets another",
                order.name()
            ));
            Some(order)
        }
        _ => None,
    };
    match order {
        Some(order) if outputs == 50 => {
            draft.notes.push(format!("tags in the order {}", order.name()));
            Ok(order.tags())
        }
        _ => {
            draft.notes.push("the outputs have no known names: give them with --tags A,B,...".into());
            Ok((1..=outputs).map(|output| format!("output {output}")).collect())
        }
    }
}

/// The tags that an own export carries.
fn stored_tags(format: Format, layers: &Layers<'_>, outputs: usize) -> Option<Vec<String>> {
    if format != Format::Samplecnn {
        return None;
    }
    let facts: serde_json::Value = serde_json::from_str(layers.checkpoint.attributes.get("samplecnn")?).ok()?;
    let tags: Vec<String> = serde_json::from_value(facts.get("tags")?.clone()).ok()?;
    (tags.len() == outputs).then_some(tags)
}

/// minzwon keeps its weights in `models/{mtat,msd,jamendo}/...`.
fn by_folder(path: &Path) -> TagOrder {
    let folder = |name: &str| path.components().any(|part| part.as_os_str().eq_ignore_ascii_case(name));
    if folder("msd") {
        TagOrder::Msd
    } else if folder("jamendo") {
        TagOrder::Jamendo
    } else {
        TagOrder::Mtat
    }
}

/// The layers of the classifier that CLMR's fine-tuning keeps beside the encoder, as (ours, theirs): one, or a hidden one and one;
/// none where there is no classifier.
pub fn separate_head(checkpoint: &Checkpoint) -> &'static [(&'static str, &'static str)] {
    match (checkpoint.has("model.0.weight"), checkpoint.has("model.2.weight")) {
        (true, true) => &[("head.hidden", "model.0"), ("head.out", "model.2")],
        (true, false) => &[("head.out", "model.0")],
        (false, _) => &[],
    }
}

/// Outputs of the classifier beside the encoder.
fn separate_outputs(checkpoint: &Checkpoint) -> Option<usize> {
    let (_, last) = separate_head(checkpoint).last()?;
    checkpoint.shape(&format!("{last}.weight"))?.first().copied()
}

/// Fills the output layers of an encoder: from a classifier beside it, or with zeros.
fn classifier(checkpoint: &Checkpoint, draft: &mut Draft, parameters: &mut net::Parameters, tags: usize) -> Result<()> {
    let head = separate_head(checkpoint);
    if head.is_empty() {
        draft.notes.push("the checkpoint has no classifier: its scores mean nothing, its embeddings do".into());
    }
    let layout = net::Layout::new(&draft.architecture, tags);
    for (ours, theirs) in head {
        for part in ["weight", "bias"] {
            let Some(spec) = layout.find(&format!("{ours}.{part}")) else { continue };
            let name = format!("{theirs}.{part}");
            if checkpoint.shape(&name) != Some(&spec.shape[..]) {
                let shape = checkpoint.shape(&name);
                return Err(mismatch(format!("tensor {name} has shape {shape:?}, expected {:?}", spec.shape)));
            }
            parameters.tensor_mut(spec).copy_from_slice(&checkpoint.values(&name)?);
        }
    }
    Ok(())
}
