//! Starts the long jobs by name.

use std::path::PathBuf;
use std::sync::Arc;

use error::{Code, Error, Result};
use lab::analyses::{visualize_model, VisualizeEvent};
use lab::reproduce::{parts, reproduce, REPRODUCE};
use lab::{CrossValidationEvent, DemoEvent, ExperimentEvent, ExperimentOptions, LearnEvent, ProbeEvent};
use napi::Env;
use napi_derive::napi;
use tagger::{EmbedOptions, TagOptions};
use train::cache::PruneEvent;
use train::{CheckEvent, CompareEvent, Event, TrainOptions};

use crate::failure::to_js;
use crate::job::Job;
use crate::model::{HeldModel, NativeModel};
use crate::parse::parse;
use crate::shared::Shared;
use crate::tag::tag;

/// A job that is to be started.
#[napi]
pub struct JobRequest {
    kind: String,
    options: String,
    paths: Vec<PathBuf>,
    model: Option<Arc<HeldModel>>,
}

#[napi]
impl JobRequest {
    /// `kind` is the verb, `options` is its options object as JSON, validated by TypeScript.
    #[napi(constructor)]
    pub fn new(kind: String, options: String) -> Self {
        Self { kind, options, paths: Vec::new(), model: None }
    }

    /// Adds paths: each is its length (32 bits, little endian) followed by its bytes.
    #[napi]
    pub fn add_paths(&mut self, paths: &[u8]) {
        self.paths.extend(crate::path::paths(paths));
    }

    /// Uses a model in memory instead of the model file in the options.
    #[napi]
    pub fn use_model(&mut self, model: &NativeModel) -> napi::Result<()> {
        self.model = Some(model.held().map_err(to_js)?);
        Ok(())
    }

    /// Starts the job.
    #[napi]
    pub fn start(&mut self, env: &Env) -> napi::Result<Job> {
        let (kind, options) = (std::mem::take(&mut self.kind), std::mem::take(&mut self.options));
        let model = self.model.take();
        let run: fn(&str, &Arc<Shared>) -> Result<()> = match kind.as_str() {
            "crossValidate" => cross_validate,
            "dataset" => check_dataset,
            "prepare" => prepare,
            "listCache" => list_cache,
            "pruneCache" => prune_cache,
            "train" => train,
            "compare" => compare,
            "evaluate" => return Job::spawn(env, &kind, move |job| evaluate(&options, model.as_deref(), job)),
            "tag" | "embed" => {
                let read = || match kind.as_str() {
                    "tag" => TagOptions::from_json(&options),
                    _ => EmbedOptions::from_json(&options).map(|options| options.0),
                };
                let paths = std::mem::take(&mut self.paths);
                return tag(env, TagOptions { paths, ..read().map_err(to_js)? }, model);
            }
            "probe" => return Job::spawn(env, &kind, move |job| probe(&options, model.as_deref(), job)),
            "experiment" => experiment,
            "visualize" => return Job::spawn(env, &kind, move |job| visualize(&options, model.as_deref(), job)),
            "distill" => distill,
            "learn" => learn,
            "demo" => demo,
            _ => return Err(to_js(Error::new(Code::Internal, format!("this build has no job \"{kind}\"")))),
        };
        Job::spawn(env, &kind, move |job| run(&options, job))
    }
}

fn cross_validate(options: &str, job: &Arc<Shared>) -> Result<()> {
    let mut on_event = |event: CrossValidationEvent| {
        let progress = matches!(&event, CrossValidationEvent::Training(training)
            if matches!(training.event, Event::Progress(_)));
        drop(job.event(&event, progress));
    };
    let options = TrainOptions::resolve(parse(options)?)?;
    // The cross-validation sends the done event itself, as the last record.
    lab::cross_validate(&options, &mut on_event, job.cancelled()).map(drop)
}

fn check_dataset(options: &str, job: &Arc<Shared>) -> Result<()> {
    let mut on_event = |event: CheckEvent| {
        let progress = matches!(event, CheckEvent::Progress(_));
        drop(job.event(&event, progress));
    };
    let done = lab::audit::check_dataset(&parse(options)?, &mut on_event, job.cancelled())?;
    job.record(&CheckEvent::Done(done))
}

fn prepare(options: &str, job: &Arc<Shared>) -> Result<()> {
    let done = train::prepare(&parse(options)?, &mut events(job), job.cancelled())?;
    job.record(&done)
}

fn list_cache(options: &str, job: &Arc<Shared>) -> Result<()> {
    job.record(&train::cache::list(&parse(options)?)?)
}

fn prune_cache(options: &str, job: &Arc<Shared>) -> Result<()> {
    let mut on_event = |event: PruneEvent| drop(job.event(&event, matches!(event, PruneEvent::Progress(_))));
    let done = train::cache::prune(&parse(options)?, &mut on_event, job.cancelled())?;
    job.record(&PruneEvent::Done(done))
}

fn distill(options: &str, job: &Arc<Shared>) -> Result<()> {
    job.record(&train::distill(&parse(options)?)?)
}

fn learn(options: &str, job: &Arc<Shared>) -> Result<()> {
    let mut on_event = |event: LearnEvent| {
        let progress = matches!(event, LearnEvent::Progress(_));
        drop(job.event(&event, progress));
    };
    // `learn` sends the done event itself, as the last record.
    lab::learn(&parse(options)?, &mut on_event, job.cancelled()).map(drop)
}

fn train(options: &str, job: &Arc<Shared>) -> Result<()> {
    // `train` sends the done event itself, as the last record.
    let options = TrainOptions::resolve(parse(options)?)?;
    train::train(&options, &mut events(job), job.cancelled()).map(drop)
}

fn evaluate(options: &str, model: Option<&HeldModel>, job: &Arc<Shared>) -> Result<()> {
    let options = parse(options)?;
    let evaluation = match model {
        Some(held) => train::evaluate_model(&held.loaded()?.model, &options, &mut events(job), job.cancelled())?,
        None => train::evaluate(&options, &mut events(job), job.cancelled())?,
    };
    job.record(&evaluation)
}

fn compare(options: &str, job: &Arc<Shared>) -> Result<()> {
    let mut on_event = |event: CompareEvent| drop(job.event(&event, false));
    // `compare` sends the done event itself, as the last record.
    train::compare(&parse(options)?, &mut on_event, job.cancelled()).map(drop)
}

fn demo(options: &str, job: &Arc<Shared>) -> Result<()> {
    let mut events = |event: DemoEvent| {
        let progress = matches!(event, DemoEvent::Training(Event::Progress(_)));
        drop(job.event(&event, progress));
    };
    let done = lab::demo(&parse(options)?, &mut events, job.cancelled())?;
    job.record(&done)
}

fn probe(options: &str, model: Option<&HeldModel>, job: &Arc<Shared>) -> Result<()> {
    let mut on_event = |event: ProbeEvent| {
        let progress = matches!(event, ProbeEvent::Progress(_));
        drop(job.event(&event, progress));
    };
    let options = parse(options)?;
    // The probe sends the done event itself, as the last record.
    let done = match model {
        Some(held) => lab::probe_model(held.loaded()?, &options, &mut on_event, job.cancelled()),
        None => lab::probe(&options, &mut on_event, job.cancelled()),
    };
    done.map(drop)
}

fn experiment(options: &str, job: &Arc<Shared>) -> Result<()> {
    let mut on_event = |event: ExperimentEvent| {
        let progress =
            matches!(&event, ExperimentEvent::Training(training) if matches!(training.event, Event::Progress(_)));
        drop(job.event(&event, progress));
    };
    // The experiment sends the done event itself, as the last record.
    let options: ExperimentOptions = parse(options)?;
    if options.name == REPRODUCE {
        return reproduce(&parts()?, &options, &mut on_event, job.cancelled()).map(drop);
    }
    lab::experiment(&options, &mut on_event, job.cancelled()).map(drop)
}

fn visualize(options: &str, model: Option<&HeldModel>, job: &Arc<Shared>) -> Result<()> {
    let mut on_event = |event: VisualizeEvent| {
        let progress = matches!(event, VisualizeEvent::Training(Event::Progress(_)));
        drop(job.event(&event, progress));
    };
    let options = parse(options)?;
    // The analysis sends the done event itself, as the last record.
    match model {
        Some(held) => visualize_model(held.loaded()?, &options, &mut on_event, job.cancelled()).map(drop),
        None => lab::analyses::visualize(&options, &mut on_event, job.cancelled()).map(drop),
    }
}

/// Passes the events of a training to JavaScript.
fn events(job: &Arc<Shared>) -> impl FnMut(Event) + '_ {
    // Ignore an event that cannot be written as JSON: it must not end the job.
    |event| drop(job.event(&event, matches!(event, Event::Progress(_))))
}
