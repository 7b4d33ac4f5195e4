//! A model in memory, with a thread of its own for its scores.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{channel, Receiver, SendError, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use engine::{initialise, Initialisation, Options, Precision};
use error::{Code, Error, Result};
use napi::bindgen_prelude::{Float32Array, Object};
use napi::Env;
use napi_derive::napi;
use net::{Architecture, Model, Task};
use serde::Deserialize;
use serde_json::json;
use train::ArchitectureOption;

use crate::failure::guarded;
use crate::foreign::{self, Replacing};
use crate::scores::Scorer;
use crate::settle::{promise, Open};
use crate::start::parse;

/// How a model computes.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    device: String,
    #[serde(default)]
    threads: usize,
    #[serde(default)]
    precision: Precision,
}

impl Settings {
    fn options(&self) -> Result<Options> {
        Options::new(&self.device, self.threads, self.precision)
    }
}

/// What an untrained model is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plan {
    architecture: ArchitectureOption,
    tags: Vec<String>,
    task: Task,
    initialisation: Initialisation,
    seed: u64,
}

/// What is asked of the model's thread.
enum Request {
    /// The scores of audio.
    Scores { samples: Vec<f32>, rate: u32, answer: Open<String> },
    /// To give back all that it has, and to end.
    End { answer: Open<()> },
}

/// Where a model comes from.
#[derive(Clone)]
enum Source {
    /// It was made here.
    None,
    /// This model file: saving over it changes nothing.
    Model(PathBuf),
    /// This checkpoint of another program: nothing is ever written over it.
    Checkpoint(PathBuf),
}

/// A model: architecture, parameters, tags. It computes on its own thread, one call after the other.
#[napi]
pub struct NativeModel {
    model: Arc<Model>,
    source: Source,
    settings: Settings,
    /// None before the first call and after `dispose`.
    requests: Mutex<Option<Sender<Request>>>,
    disposed: bool,
}

#[napi]
impl NativeModel {
    /// Reads a model file.
    #[napi(ts_return_type = "Promise<NativeModel>")]
    pub fn load(env: &Env, path: String, options: String) -> napi::Result<Object<'_>> {
        promise(env, move || Ok(Self::new(Model::load(&path)?, Source::Model(path.into()), parse(&options)?)))
    }

    /// Makes an untrained model.
    #[napi(ts_return_type = "Promise<NativeModel>")]
    pub fn create(env: &Env, options: String) -> napi::Result<Object<'_>> {
        promise(env, move || {
            let Plan { architecture, tags, task, initialisation, seed } = parse(&options)?;
            let architecture: Architecture = architecture.resolve()?;
            net::validate_tags(&tags)?;
            let parameters = initialise(&architecture, tags.len(), initialisation, seed)?;
            let training = serde_json::Value::Null;
            let model = Model { architecture, tags, task, licence: None, training, parameters };
            Ok(Self::new(model, Source::None, parse(&options)?))
        })
    }

    /// Reads a checkpoint that another program wrote.
    #[napi(ts_return_type = "Promise<NativeModel>")]
    pub fn import(env: &Env, path: String, options: String) -> napi::Result<Object<'_>> {
        promise(env, move || {
            let model = foreign::read(&path, &options)?;
            Ok(Self::new(model, Source::Checkpoint(path.into()), parse(&options)?))
        })
    }

    /// Writes the model for another program: `onnx` into the file `path`, `pytorch` into the folder `path`. Gives the files. `force`
    /// replaces files of others.
    #[napi(ts_return_type = "Promise<Array<string>>")]
    pub fn export<'env>(&self, env: &'env Env, path: String, to: String, force: bool) -> napi::Result<Object<'env>> {
        let (model, source) = (self.model.clone(), self.source.clone());
        promise(env, move || {
            let source = match source {
                Source::None => None,
                Source::Model(path) | Source::Checkpoint(path) => Some(path),
            };
            foreign::write(&model, Path::new(&path), &to, &Replacing { source, force })
        })
    }

    /// Writes the model file, atomically. `force` replaces a file of others.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn save<'env>(&self, env: &'env Env, path: String, force: bool) -> napi::Result<Object<'env>> {
        let (model, source) = (self.model.clone(), self.source.clone());
        promise(env, move || {
            let source = match source {
                Source::None | Source::Model(_) => None,
                Source::Checkpoint(path) => Some(path),
            };
            foreign::save(&model, Path::new(&path), &Replacing { source, force })
        })
    }

    /// Everything about the model but its numbers, as JSON.
    #[napi]
    pub fn facts(&self) -> String {
        json!({
            "architecture": self.model.architecture,
            "tags": self.model.tags,
            "task": self.model.task,
            "samplingRate": self.model.architecture.sampling_rate,
            "licence": self.model.licence,
            "training": self.model.training,
        })
        .to_string()
    }

    /// The scores of mono `samples` at `samplingRate` Hz, as JSON. The samples are copied before the call returns.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn tag<'env>(&self, env: &'env Env, samples: Float32Array, sampling_rate: u32) -> napi::Result<Object<'env>> {
        let (answer, promise) = Open::new(env)?;
        match self.queue() {
            Ok(queue) => {
                let request = Request::Scores { samples: samples.to_vec(), rate: sampling_rate, answer };
                if let Err(SendError(Request::Scores { answer, .. })) = queue.send(request) {
                    answer.settle(Err(Error::new(Code::Internal, "the model's thread has ended")));
                }
            }
            Err(failure) => answer.settle(Err(failure)),
        }
        Ok(promise)
    }

    /// Ends the model's thread, after the calls that were made; the promise is fulfilled when all that it had is given back. Further
    /// calls are `ERR_DISPOSED`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn dispose<'env>(&mut self, env: &'env Env) -> napi::Result<Object<'env>> {
        self.disposed = true;
        let (answer, promise) = Open::new(env)?;
        match self.requests.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(queue) => {
                if let Err(SendError(Request::End { answer })) = queue.send(Request::End { answer }) {
                    answer.settle(Ok(()));
                }
            }
            None => answer.settle(Ok(())),
        }
        Ok(promise)
    }
}

impl NativeModel {
    fn new(model: Model, source: Source, settings: Settings) -> Self {
        Self { model: Arc::new(model), source, settings, requests: Mutex::default(), disposed: false }
    }

    /// The way to the model's thread, which starts with the first call.
    fn queue(&self) -> Result<Sender<Request>> {
        if self.disposed {
            return Err(Error::new(Code::Disposed, "the model was disposed of: load it again"));
        }
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = &*requests {
            return Ok(queue.clone());
        }
        let (sender, receiver) = channel();
        let (model, settings) = (self.model.clone(), self.settings.clone());
        std::thread::Builder::new()
            .name("samplecnn-model".into())
            .spawn(move || answer(&model, &settings, &receiver))
            .map_err(|reason| Error::new(Code::Internal, format!("no thread could be started: {reason}")))?;
        *requests = Some(sender.clone());
        Ok(sender)
    }
}

/// Answers requests until nobody can make one any more. The plan is compiled with the first.
fn answer(model: &Model, settings: &Settings, requests: &Receiver<Request>) {
    let mut ready: Option<Scorer<'_>> = None;
    while let Ok(request) = requests.recv() {
        let (samples, rate, answer) = match request {
            Request::Scores { samples, rate, answer } => (samples, rate, answer),
            Request::End { answer } => {
                drop(ready);
                return answer.settle(Ok(()));
            }
        };
        let outcome = guarded(|| {
            let scorer = match &mut ready {
                Some(scorer) => scorer,
                None => ready.insert(Scorer::new(model, &settings.options()?)?),
            };
            scorer.record(&samples, rate)
        });
        if outcome.as_ref().is_err_and(|failure| failure.code == Code::Internal) {
            // What a panic left behind is not to be trusted.
            ready = None;
        }
        answer.settle(outcome);
    }
}
