//! The options that all trainings of an experiment share, so that its rows can be compared.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::{shown_path, Code, Error, Result};
use limits::{FAST_NORM_MOMENTUM, PRESET_NORM_MOMENTUM, SETTLING_UPDATES};
use net::with_suggestion;
use serde_json::{Map, Value};
use train::dataset::{Dataset, Part};
use train::run::Config;
use train::{prepare, Event, PrepareOptions, Protocol, TrainOptions};

use super::run::Run;
use super::spec::{Axis, Spec};
use super::training::Training;

/// Options that differ between the trainings or do not affect their results. The norm momentum is compared by its final
/// value, and the seeds by the lists of both.
const OWN: [&str; 13] = [
    "architecture",
    "task",
    "out",
    "resume",
    "force",
    "cache",
    "device",
    "threads",
    "normMomentum",
    "checkpointSeconds",
    "strict",
    "bootstrap",
    "seed",
];

/// The option that names a protocol.
const PROTOCOL: &str = "protocol";

/// The common options: those of the user, else those of the spec or its scale, else those of `train`. A user's option
/// counts as given if it differs from the default.
///
/// # Errors
/// [`Code::InvalidOption`] for an option that the trainings do not have, and for a user's option that an axis sets.
pub(super) fn common(spec: &Spec, user: &TrainOptions, scale: Option<&Map<String, Value>>) -> Result<TrainOptions> {
    let defaults = object(&TrainOptions::new(user.dataset.clone(), user.out.clone()))?;
    let given = object(user)?;
    let mut fields = given.clone();
    // A spec may name a protocol of `train` and change parts of it.
    let mut named = Map::new();
    if let Some(Value::String(name)) = spec.protocol.get(PROTOCOL) {
        let protocol = Protocol::load(name)?;
        named = protocol.options;
        named.insert(PROTOCOL.to_owned(), protocol.name.into());
    }
    let own = spec.protocol.iter().filter(|(name, _)| *name != PROTOCOL);
    for (name, value) in named.iter().chain(own).chain(scale.into_iter().flatten()) {
        if given.get(name) == defaults.get(name) {
            fields.insert(name.clone(), value.clone());
        }
    }
    for axis in &spec.axes {
        if let Some(name) = axis.option().filter(|name| given.get(*name) != defaults.get(*name)) {
            let message = format!(
                "{name} varies in the experiment {}: leave it out, or restrict it with only: \"{}=...\"",
                spec.name, axis.name
            );
            return Err(Error::new(Code::InvalidOption, message));
        }
    }
    options(spec, fields)
}

/// The options of one training: the common ones with those that its axes set.
///
/// # Errors
/// [`Code::InvalidOption`] for a value that the option does not have.
pub(super) fn of_training(spec: &Spec, common: &TrainOptions, training: &Training) -> Result<TrainOptions> {
    let mut fields = object(common)?;
    fields.extend(training.options.clone());
    options(spec, fields)
        .map(|options| TrainOptions { architecture: Some(training.architecture.clone()), ..options })
        .map_err(|failure| Error::new(failure.code, format!("{} ({})", failure.message, training.words(spec))))
}

fn options(spec: &Spec, fields: Map<String, Value>) -> Result<TrainOptions> {
    serde_json::from_value(Value::Object(fields)).map_err(|reason| {
        let message = format!("experiment {}: {}", spec.name, with_suggestion(&reason.to_string()));
        Error::new(Code::InvalidOption, message)
    })
}

/// The norm momentum of all trainings. In a folder with runs it is theirs. Otherwise it follows the rule of `train` for
/// the one of `trainings` with the fewest updates in an epoch, `first` being the network whose momentum is the usual
/// one: the number depends on the experiment and the dataset only, so that all shards find the same one.
///
/// # Errors
/// Those of [`train::prepare`]; [`Code::Io`] if a configuration cannot be read this time.
pub(super) fn norm_momentum(
    trainings: &[Training],
    first: &Training,
    runs: &[Config],
    options: &TrainOptions,
    on_event: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<f64> {
    if let Some(momentum) = options.norm_momentum.or_else(|| runs.first().map(|run| run.architecture.norm.momentum)) {
        return Ok(momentum);
    }
    let network = first.network()?;
    let usual = network.norm.momentum;
    if usual != PRESET_NORM_MOMENTUM {
        return Ok(usual);
    }
    let clips = Dataset::load(&options.dataset, options.task, options.seed)?.part(Part::Train).count();
    let preparation = PrepareOptions {
        dataset: options.dataset.clone(),
        architecture: first.architecture.clone(),
        sampling_rate: Some(network.sampling_rate),
        clip_seconds: options.clip_seconds,
        segments: options.segments,
        seed: options.seed,
        retry_failed: false,
        strict: options.strict,
        threads: options.threads,
        cache: options.cache.clone(),
    };
    let prepared = prepare(&preparation, on_event, cancel)?;
    let seconds = prepared.duration / prepared.usable.max(1) as f64;
    let mut fewest = usize::MAX;
    for training in trainings {
        let network = training.network()?;
        let whole =
            (seconds * f64::from(network.sampling_rate) / network.input_length as f64).floor().max(1.0) as usize;
        let segments = options.segments.count().map_or(whole, |count| whole.min(count));
        fewest = fewest.min((clips * segments).div_ceil(options.batch_size));
    }
    Ok(if fewest < SETTLING_UPDATES { FAST_NORM_MOMENTUM } else { usual })
}

/// Refuses runs in the folder that were trained with other options than `expected`, which are those of the same
/// training now.
///
/// # Errors
/// [`Code::CheckpointMismatch`], which names the row and the option; [`Code::Io`].
pub(super) fn check(expected: &TrainOptions, id: &str, run: &Run, asked: Option<f64>) -> Result<()> {
    let Some(before) = config(&run.folder)? else { return Ok(()) };
    let now = TrainOptions { dataset: expected.dataset.absolute(), ..expected.clone() };
    let (now, then) = (object(&now)?, object(&before.options)?);
    for name in then.keys().chain(now.keys()).filter(|name| !OWN.contains(&name.as_str())) {
        let null = &Value::Null;
        refuse_other(id, &run.folder, name, then.get(name).unwrap_or(null), now.get(name).unwrap_or(null))?;
    }
    if let Some(asked) = asked {
        refuse_other(id, &run.folder, "normMomentum", &before.architecture.norm.momentum.into(), &asked.into())?;
    }
    Ok(())
}

/// Refuses seeds of a row that are neither among the seeds `now` nor contain all of them.
///
/// # Errors
/// [`Code::CheckpointMismatch`], which names the row.
pub(super) fn check_seeds(id: &str, runs: &[Run], now: &[u64]) -> Result<()> {
    let then: Vec<u64> = runs.iter().map(|run| run.seed).collect();
    if then.iter().all(|seed| now.contains(seed)) || now.iter().all(|seed| then.contains(seed)) {
        return Ok(());
    }
    let folder = runs.first().map(|run| run.folder.clone()).unwrap_or_default();
    refuse_other(id, &folder, "seed", &then.into(), &now.into())
}

fn refuse_other(id: &str, folder: &Path, name: &str, then: &Value, now: &Value) -> Result<()> {
    if then == now {
        return Ok(());
    }
    let message = format!(
        "{name}: the row {id} of the table ({}) was trained with {then}, received {now}; the rows of a table share \
         their options: use the same options, or another folder",
        shown_path(folder)
    );
    Err(Error::new(Code::CheckpointMismatch, message))
}

/// The options that all rows share, for the table and for joining tables; paths are left out. `momentum` is unknown if
/// nothing is trained.
///
/// # Errors
/// [`Code::Internal`].
pub(super) fn shared(spec: &Spec, common: &TrainOptions, momentum: Option<f64>) -> Result<Map<String, Value>> {
    let mut fields = object(common)?;
    fields.retain(|name, _| !OWN.contains(&name.as_str()) && name != "dataset");
    for name in spec.axes.iter().filter_map(Axis::option) {
        fields.remove(name);
    }
    fields.extend(momentum.map(|momentum| ("normMomentum".to_owned(), momentum.into())));
    Ok(fields)
}

/// The configuration of the run in `folder`, if it has been started.
///
/// # Errors
/// [`Code::Io`] if it cannot be read this time.
pub(super) fn config(folder: &Path) -> Result<Option<Config>> {
    match Config::load(&folder.join("config.json")) {
        Err(failure) if failure.code == Code::Io => Err(failure),
        read => Ok(read.ok()),
    }
}

fn object(options: &TrainOptions) -> Result<Map<String, Value>> {
    match serde_json::to_value(options) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Error::new(Code::Internal, "the options of a training are no object")),
        Err(reason) => Err(Error::new(Code::Internal, reason.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use train::dataset::DatasetOptions;

    #[test]
    fn a_spec_may_name_a_protocol_of_train_and_change_parts_of_it() {
        let mut spec = Spec::named("ablations").unwrap();
        spec.axes.retain(|axis| axis.name != "initialisation");
        let set = [("protocol", Value::from("resemul")), ("patience", Value::from(9))];
        spec.protocol = set.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
        let user = TrainOptions {
            batch_size: 7,
            ..TrainOptions::new(DatasetOptions::Folders { root: "music".into() }, "out")
        };
        let common = common(&spec, &user, None).unwrap();
        assert_eq!((common.protocol.as_str(), common.clip_seconds), ("resemul", Some(29.0)));
        assert_eq!((common.patience, common.batch_size), (9, 7));
        spec.protocol.insert("protocol".to_owned(), "resemull".into());
        assert_eq!(super::common(&spec, &user, None).unwrap_err().code, Code::InvalidOption);
    }
}
