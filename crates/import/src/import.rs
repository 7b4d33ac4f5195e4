//! Converts a checkpoint of another program to a model.

use std::path::Path;

use error::{shown_path, Code, Error, Result};
use net::{Model, TagOrder};

use crate::checkpoint::Checkpoint;
use crate::classifier::{fill_classifier, separate_outputs};
use crate::detect::detect;
use crate::draft::Draft;
use crate::format::Format;
use crate::naming::{mismatch, Layers, Naming};
use crate::options::{ImportOptions, Tags};
use crate::source;

/// Reads the checkpoint at `path` and converts it to a model. Assumptions are listed in the `training` facts of the
/// model, under `notes`.
///
/// # Errors
/// [`Code::FileNotFound`]; [`Code::ModelFormat`] with the offset or tensor, for a damaged or hostile file;
/// [`Code::CheckpointMismatch`] with a list of the first 20 tensors, for a complete file that does not fit any network;
/// [`Code::InvalidOption`].
pub fn import(path: impl AsRef<Path>, options: &ImportOptions) -> Result<Model> {
    options.validate()?;
    let path = path.as_ref();
    let named = |failure: Error| match failure.file {
        Some(_) => failure,
        None => Error::new(failure.code, format!("{}: {}", shown_path(path), failure.message)).with_file(path),
    };
    let checkpoint = Checkpoint::open(path).map_err(named)?;
    convert(&checkpoint, path, options).map_err(named)
}

/// Converts an open checkpoint to a model. If the source puts the name of the dataset into folder names, `path` tells
/// the dataset.
///
/// # Errors
/// As [`import`].
pub fn convert(checkpoint: &Checkpoint, path: &Path, options: &ImportOptions) -> Result<Model> {
    model(checkpoint, path, options).map_err(Error::shown)
}

fn model(checkpoint: &Checkpoint, path: &Path, options: &ImportOptions) -> Result<Model> {
    let (format, prefix) = detect(checkpoint, options.format)?;
    let mut layers = Layers { checkpoint, naming: Naming::Torch, prefix };
    let mut draft = source::draft(format, &mut layers, options)?;
    let tags = tags(format, &mut draft, &layers, path, options)?;
    let mut parameters = draft.parameters(&layers, tags.len())?;
    if draft.outputs == 0 {
        fill_classifier(checkpoint, &mut draft, &mut parameters, tags.len())?;
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
    let model = Model { licence, training, ..Model::new(draft.architecture, tags, draft.task, parameters) };
    // Checks that the model can be read again, whatever the checkpoint contains. The options are valid: what is not
    // valid here comes from the file.
    match model.to_bytes() {
        Err(failure) if failure.code == Code::InvalidOption => {
            Err(mismatch(format!("describes a model that cannot work: {failure}")))
        }
        written => written.map(|_| model),
    }
}

/// Names for the outputs.
fn tags(
    format: Format,
    draft: &mut Draft,
    layers: &Layers<'_>,
    path: &Path,
    options: &ImportOptions,
) -> Result<Vec<String>> {
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
                "the file does not say on which dataset it was trained: the tags of {} are used; --tag-order mtat, msd \
                 or jamendo selects others",
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
            draft.notes.push("the names of the outputs are unknown: set them with --tags A,B,...".into());
            Ok((1..=outputs).map(|output| format!("output {output}")).collect())
        }
    }
}

/// The tags in an export of samplecnn.
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
