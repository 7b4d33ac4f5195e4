//! The model that a training starts from: its network, and the first parameters that it gives.

use std::collections::BTreeSet;

use engine::initialise;
use error::{shown_path, Code, Error, Result, WarningCode};
use net::{Architecture, ArchitectureOption, Layout, Model, Parameters, Task};
use options::prepare;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::event::Warning;
use crate::options::TrainOptions;
use crate::run::{Config, SourceHead, SourceModel};
use crate::some::some;

/// The model file of the option `from`.
pub(super) struct Source {
    path: String,
    sha256: String,
    /// `None` if a resumed run no longer needs it, and the file is gone.
    model: Option<Model>,
    architecture: Architecture,
}

impl Source {
    /// Reads the model of the option `from`, if it is set. A run with a checkpoint, whose configuration is `before`,
    /// does not need the file any more.
    ///
    /// # Errors
    /// Those of [`Model::load`].
    pub(super) fn open(options: &TrainOptions, before: Option<&Config>, has_checkpoint: bool) -> Result<Option<Self>> {
        let Some(path) = &options.from else { return Ok(None) };
        let shown = shown_path(path).to_string();
        let bytes = match (Model::read_file(path), before.and_then(|before| Some((before, before.source.as_ref()?)))) {
            (Err(failure), Some((before, source))) if has_checkpoint && failure.code == Code::FileNotFound => {
                let (sha256, architecture) = (source.sha256.clone(), before.architecture.clone());
                return Ok(Some(Self { path: shown, sha256, model: None, architecture }));
            }
            (read, _) => read?,
        };
        let model = Model::from_file(path, &bytes)?;
        let sha256 = hex::encode(Sha256::digest(&bytes));
        Ok(Some(Self { path: shown, sha256, architecture: model.architecture.clone(), model: Some(model) }))
    }

    /// What the configuration of the run records, for a dataset with these tags.
    pub(super) fn record(&self, before: Option<&Config>, tags: &[String], task: Task) -> SourceModel {
        let recorded =
            || before.and_then(|before| before.source.as_ref()).map_or(SourceHead::Kept, |source| source.head);
        let head = self.model.as_ref().map_or_else(recorded, |model| match fits(model, tags, task) {
            true => SourceHead::Kept,
            false => SourceHead::New,
        });
        SourceModel { sha256: self.sha256.clone(), head }
    }

    /// A warning if the head of the model is replaced.
    pub(super) fn warning(&self, tags: &[String], task: Task) -> Option<Warning> {
        let model = self.model.as_ref().filter(|model| !fits(model, tags, task))?;
        let why = if model.task == task {
            format!("has other tags ({}) than the dataset ({})", some(&model.tags), some(tags))
        } else {
            "was trained for another task".to_owned()
        };
        let message = format!(
            "{} {why}: its head is replaced by a new one, whose weights are drawn; the rest keeps its weights",
            self.path
        );
        Some(Warning::new(WarningCode::NewHead, message))
    }

    /// The first parameters of a training on these tags: those of the model, with a new head if its tags are others.
    /// `None` if the model file is gone.
    ///
    /// # Errors
    /// Those of [`initialise`].
    pub(super) fn parameters(&self, config: &Config) -> Result<Option<Parameters>> {
        let Config { options, tags, task, .. } = config;
        let Some(model) = &self.model else { return Ok(None) };
        let keeps = fits(model, tags, *task);
        let (from, to) =
            (Layout::new(&self.architecture, model.tags.len()), Layout::new(&self.architecture, tags.len()));
        let mut parameters = match keeps {
            true => model.parameters.clone(),
            false => initialise(&self.architecture, tags.len(), options.initialisation, options.seed)?,
        };
        for spec in &to.tensors {
            let Some(theirs) = from.find(&spec.name) else { continue };
            let values = model.parameters.tensor(theirs);
            let own = parameters.tensor_mut(spec);
            if !spec.name.starts_with("head.") {
                own.copy_from_slice(values);
            } else if keeps && spec.name.starts_with("head.out.") {
                // The outputs in the order of the dataset's tags.
                let width = values.len() / model.tags.len().max(1);
                for (row, tag) in own.chunks_exact_mut(width.max(1)).zip(tags) {
                    let place = model.tags.iter().position(|theirs| theirs == tag).unwrap_or(0);
                    row.copy_from_slice(&values[place * width..(place + 1) * width]);
                }
            }
        }
        Ok(Some(parameters))
    }
}

/// Whether the head of `model` can be kept: the tags are the same, in any order, and so is the task.
fn fits(model: &Model, tags: &[String], task: Task) -> bool {
    let set = |tags: &[String]| tags.iter().cloned().collect::<BTreeSet<_>>();
    model.task == task && set(&model.tags) == set(tags)
}

/// The network of a training: the one asked for, or else that of the source, or else the default.
///
/// # Errors
/// [`Code::InvalidOption`] for an invalid network, and for one that is not that of the source, naming what differs.
pub(super) fn network(options: &TrainOptions, source: Option<&Source>) -> Result<Architecture> {
    let asked = options.architecture.as_ref().map(ArchitectureOption::resolve).transpose()?;
    let architecture = match (asked, source) {
        (Some(asked), Some(source)) => {
            refuse_another(&asked, source)?;
            asked
        }
        (None, Some(source)) => source.architecture.clone(),
        (Some(asked), None) => asked,
        // The default network of `prepare` is the default of `train`.
        (None, None) => Architecture::parse(prepare::ARCHITECTURE)?,
    };
    options.fine_tuning().check(&architecture)?;
    Ok(architecture)
}

fn refuse_another(asked: &Architecture, source: &Source) -> Result<()> {
    let mut theirs = source.architecture.clone();
    // It is an option of its own and no property of the weights.
    theirs.norm.momentum = asked.norm.momentum;
    if *asked == theirs {
        return Ok(());
    }
    let json = |architecture: &Architecture| serde_json::to_value(architecture).unwrap_or(Value::Null);
    let what = difference("architecture", &json(&theirs), &json(asked));
    let message = format!(
        "architecture must be that of the model in from, {}: {what}; leave out architecture to use the model's \
         network, or start from a model of this network",
        source.path
    );
    Err(Error::new(Code::InvalidOption, message))
}

/// The first property in which two values differ, with both values.
fn difference(name: &str, theirs: &Value, asked: &Value) -> String {
    match (theirs, asked) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).filter(|key| theirs[*key] != asked[*key]).collect();
            // The sampling rate first: with another one the sizes usually differ too.
            let other = keys.iter().find(|key| **key == "samplingRate").or(keys.first());
            other.map_or_else(String::new, |key| difference(&format!("{name}.{key}"), &theirs[*key], &asked[*key]))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let at = a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(0);
            difference(&format!("{name}.{at}"), &a[at], &b[at])
        }
        (Value::Array(a), Value::Array(b)) => format!("{name} has {} entries, received {}", a.len(), b.len()),
        _ => format!("{name} is {theirs}, received {asked}"),
    }
}
