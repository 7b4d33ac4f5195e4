//! A model in memory.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use engine::{Embedding, Initialisation, Precision};
use error::{Code, Error, Result};
use import::{ExportOptions, ImportOptions};
use napi::bindgen_prelude::{Object, ObjectFinalize};
use napi::Env;
use napi_derive::napi;
use net::{ArchitectureOption, Task};
use serde::Deserialize;
use serde_json::json;
use tagger::{Loaded, Ready, TagOptions, Way};

use crate::calls::{calls, give_back};
use crate::cancel::NativeCancel;
use crate::failure::to_js;
use crate::live;
use crate::memory::{NativeBytes, NativeSamples};
use crate::parse::parse;
use crate::path::path;
use crate::settle::{promise, Open};

/// The settings with which a model computes.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    device: String,
    #[serde(default)]
    threads: usize,
    #[serde(default)]
    precision: Precision,
}

/// The description of an untrained model.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Untrained {
    architecture: ArchitectureOption,
    tags: Vec<String>,
    task: Task,
    initialisation: Initialisation,
    seed: u64,
}

/// A model that is ready to run.
struct Prepared {
    /// The embedding that it computes along with the scores.
    embedding: Option<Embedding>,
    ready: Arc<Ready>,
}

/// The resources of a model. The model object and every call of it hold a reference; the last one releases the
/// resources.
pub struct HeldModel {
    /// `None` while it is dropped.
    loaded: Option<Arc<Loaded>>,
    /// The checkpoint of another program from which the model was imported: it is never overwritten.
    checkpoint: Option<PathBuf>,
    settings: Settings,
    /// The plan that tags and its threads, shared by all users in the process; created by the first call that computes.
    tagging: Mutex<Option<Prepared>>,
    /// The same for the embedding of the last call that computed one.
    embedding: Mutex<Option<Prepared>>,
    /// The promise of `dispose`, resolved when the resources have been released.
    end: Mutex<Option<Open<()>>>,
}

impl HeldModel {
    fn new(loaded: Loaded, checkpoint: Option<PathBuf>, options: &str) -> Result<Self> {
        let (loaded, settings) = (Some(Arc::new(loaded)), parse(options)?);
        let (tagging, embedding, end) = (Mutex::default(), Mutex::default(), Mutex::default());
        Ok(Self { loaded, checkpoint, settings, tagging, embedding, end })
    }

    /// The model and its hash.
    pub fn loaded(&self) -> Result<&Arc<Loaded>> {
        self.loaded.as_ref().ok_or_else(disposed)
    }

    /// The model, ready to tag or to compute the embedding `asked`.
    fn ready(&self, asked: Option<&Embedding>) -> Result<Arc<Ready>> {
        let place = if asked.is_none() { &self.tagging } else { &self.embedding };
        let mut kept = place.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |kept: &&Prepared| kept.embedding.as_ref() == asked && !kept.ready.scoring.is_broken();
        if let Some(kept) = kept.as_ref().filter(fits) {
            return Ok(kept.ready.clone());
        }
        let embedding = asked.cloned();
        let ready = Ready::of(self.loaded()?, &self.way(embedding.clone()))?;
        *kept = Some(Prepared { embedding, ready: ready.clone() });
        Ok(ready)
    }

    fn way(&self, embedding: Option<Embedding>) -> Way {
        let Settings { device, threads, precision } = self.settings.clone();
        // The batch size of tag(), so that its jobs share the plan.
        Way { device, threads, precision, batch: options::tag::BATCH_SIZE.default, embedding, calibrated: false }
    }
}

impl Drop for HeldModel {
    fn drop(&mut self) {
        for place in [&mut self.tagging, &mut self.embedding] {
            drop(place.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        }
        drop(self.loaded.take());
        if let Some(end) = self.end.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            end.settle(Ok(()));
        }
    }
}

fn disposed() -> Error {
    Error::new(Code::Disposed, "the model has been disposed: load it again")
}

/// A model: architecture, parameters, tags. The threads of the process run its calls, and the thread that all users of
/// the model share computes them.
#[napi(custom_finalize)]
pub struct NativeModel {
    /// `None` after `dispose`.
    held: Option<Arc<HeldModel>>,
    /// Number of bytes reported to V8.
    told: i64,
}

#[napi]
impl NativeModel {
    /// Reads a model file.
    #[napi(ts_return_type = "Promise<NativeModel>")]
    pub fn load<'env>(env: &'env Env, file: &[u8], options: String) -> napi::Result<Object<'env>> {
        let file = path(file);
        promise(env, move || Ok(Self::new(HeldModel::new(Loaded::read(&file)?, None, &options)?)))
    }

    /// Creates an untrained model.
    #[napi(ts_return_type = "Promise<NativeModel>")]
    pub fn create(env: &Env, options: String) -> napi::Result<Object<'_>> {
        promise(env, move || {
            let Untrained { architecture, tags, task, initialisation, seed } = parse(&options)?;
            let model = engine::untrained(architecture.resolve()?, tags, task, initialisation, seed)?;
            Ok(Self::new(HeldModel::new(Loaded::made(model)?, None, &options)?))
        })
    }

    /// Reads a checkpoint that another program wrote.
    #[napi(ts_return_type = "Promise<NativeModel>")]
    pub fn import<'env>(env: &'env Env, file: &[u8], options: String) -> napi::Result<Object<'env>> {
        let file = path(file);
        promise(env, move || {
            let model = import::import(&file, &ImportOptions::from_json(&options)?)?;
            Ok(Self::new(HeldModel::new(Loaded::made(model)?, Some(file), &options)?))
        })
    }

    /// Reports the memory of this object to V8, so that the object is collected in time. Call it once.
    #[napi]
    pub fn tell(&mut self, env: &Env) -> napi::Result<()> {
        let held = self.held().map_err(to_js)?;
        let parameters = &held.loaded().map_err(to_js)?.model.parameters;
        self.told = 4 * (parameters.trainable.len() + parameters.statistics.len()) as i64;
        env.adjust_external_memory(self.told).map(drop)
    }

    /// Writes the model for another program to the file or folder `out`, or as another model file. Returns the files.
    #[napi(ts_return_type = "Promise<Array<string>>")]
    pub fn export<'env>(&self, env: &'env Env, out: &[u8], options: String) -> napi::Result<Object<'env>> {
        let (held, out) = (self.held().map_err(to_js)?, path(out));
        promise(env, move || {
            let (loaded, options) = (held.loaded()?, ExportOptions::from_json(&options)?);
            let source = loaded.file.as_ref().or(held.checkpoint.as_ref());
            let files = import::export(&loaded.model, &out, &options, source)?;
            Ok(files.iter().map(|file| file.to_string_lossy().into_owned()).collect::<Vec<_>>())
        })
    }

    /// Writes the model file, atomically. `force` replaces a file that samplecnn did not write. Saving to the model
    /// file that was read changes nothing.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn save<'env>(&self, env: &'env Env, out: &[u8], force: bool) -> napi::Result<Object<'env>> {
        let (held, out) = (self.held().map_err(to_js)?, path(out));
        promise(env, move || held.loaded()?.model.save_over(&out, held.checkpoint.as_slice(), force))
    }

    /// The properties of the model without its parameters, as JSON.
    #[napi]
    pub fn facts(&self) -> napi::Result<String> {
        let held = self.held().map_err(to_js)?;
        let Loaded { model, file, .. } = &**held.loaded().map_err(to_js)?;
        Ok(json!({
            "architecture": model.architecture,
            "tags": model.tags,
            "task": model.task,
            "samplingRate": model.architecture.sampling_rate,
            "licence": model.licence,
            "training": model.training,
            "card": model.card,
            "file": file.as_ref().map(|file| file.to_string_lossy()),
            "device": held.settings.device,
            "threads": held.settings.threads,
            "precision": held.settings.precision,
        })
        .to_string())
    }

    /// The scores of mono `samples` at `samplingRate` Hz, as JSON. `options` are the tagging options that select tags.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn tag<'env>(
        &self,
        env: &'env Env,
        samples: &NativeSamples,
        sampling_rate: u32,
        options: String,
        cancel: &NativeCancel,
    ) -> napi::Result<Object<'env>> {
        let (held, samples, cancel) = (self.held().map_err(to_js)?, samples.take(), cancel.0.clone());
        let options = TagOptions::from_json(&options).map_err(to_js)?;
        options.validate().map_err(to_js)?;
        let call = live::register_call(env, &cancel)?;
        self.computed(env, held, None, move |ready, told| {
            let _call = call;
            let selection = options.selection(ready.loaded.model.default_output(options.calibrated));
            tagger::tag_samples(&samples, sampling_rate, ready, selection, &cancel, |scores| {
                told(scores.and_then(|scores| json(&scores)));
            });
        })
    }

    /// The embedding of mono `samples` at `samplingRate` Hz, as JSON. `embedding` has its levels and reductions.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn embed<'env>(
        &self,
        env: &'env Env,
        samples: &NativeSamples,
        sampling_rate: u32,
        embedding: String,
        cancel: &NativeCancel,
    ) -> napi::Result<Object<'env>> {
        let (held, samples, cancel) = (self.held().map_err(to_js)?, samples.take(), cancel.0.clone());
        let embedding: Embedding = parse(&embedding).map_err(to_js)?;
        let levels = embedding.levels.clone();
        let call = live::register_call(env, &cancel)?;
        self.computed(env, held, Some(embedding), move |ready, told| {
            let _call = call;
            tagger::embed_samples(&samples, sampling_rate, ready, levels, &cancel, |embedding| {
                told(embedding.and_then(|embedding| json(&embedding)));
            });
        })
    }

    /// The result of the audio file `file`, as JSON.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn tag_file<'env>(
        &self,
        env: &'env Env,
        file: &[u8],
        options: String,
        cancel: &NativeCancel,
    ) -> napi::Result<Object<'env>> {
        self.tag_input(env, audio::Input::File(path(file)), &options, cancel)
    }

    /// The result for the content of an audio file, as JSON. `name` is its name; the suffix helps to detect the format.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn tag_bytes<'env>(
        &self,
        env: &'env Env,
        name: String,
        bytes: &NativeBytes,
        options: String,
        cancel: &NativeCancel,
    ) -> napi::Result<Object<'env>> {
        self.tag_input(env, audio::Input::Memory(PathBuf::from(name), bytes.take()), &options, cancel)
    }

    /// Releases the resources of the model after the calls in progress; the promise resolves when they have been
    /// released. Later calls fail with `ERR_DISPOSED`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn dispose<'env>(&mut self, env: &'env Env) -> napi::Result<Object<'env>> {
        let (answer, promise) = Open::new(env)?;
        match self.held.take() {
            Some(held) => {
                *held.end.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
                give_back(held);
                env.adjust_external_memory(-std::mem::take(&mut self.told))?;
            }
            None => answer.settle(Ok(())),
        }
        Ok(promise)
    }
}

impl NativeModel {
    fn new(held: HeldModel) -> Self {
        Self { held: Some(Arc::new(held)), told: 0 }
    }

    /// The resources; an error after `dispose`.
    pub fn held(&self) -> Result<Arc<HeldModel>> {
        self.held.clone().ok_or_else(disposed)
    }

    fn tag_input<'env>(
        &self,
        env: &'env Env,
        input: audio::Input,
        options: &str,
        cancel: &NativeCancel,
    ) -> napi::Result<Object<'env>> {
        let (held, cancel) = (self.held().map_err(to_js)?, cancel.0.clone());
        let options = TagOptions::from_json(options).map_err(to_js)?;
        options.validate().map_err(to_js)?;
        let call = live::register_call(env, &cancel)?;
        self.computed(env, held, None, move |ready, told| {
            let _call = call;
            let selection = options.selection(ready.loaded.model.default_output(options.calibrated));
            tagger::tag_input(&input, ready, options.segments, selection, &cancel, |tagged| {
                told(tagged.and_then(|tagged| json(&tagged)));
            });
        })
    }

    /// A promise for the result of `work`, which runs on a thread for calls with the model ready to tag, or to compute
    /// `embedding`.
    fn computed<'env>(
        &self,
        env: &'env Env,
        held: Arc<HeldModel>,
        embedding: Option<Embedding>,
        work: impl FnOnce(&Ready, Box<dyn FnOnce(Result<String>) + Send>) + Send + 'static,
    ) -> napi::Result<Object<'env>> {
        let (open, promise) = Open::new(env)?;
        let run = move || {
            let ready = match crate::failure::guarded(|| held.ready(embedding.as_ref())) {
                Ok(ready) => ready,
                Err(error) => return open.settle(Err(error)),
            };
            // The callback may run on the thread for which dropping the model would wait: drop it elsewhere.
            let told = move |outcome| {
                open.settle(outcome);
                give_back(held);
            };
            work(&ready, Box::new(told));
        };
        calls().run(run).map_err(to_js)?;
        Ok(promise)
    }
}

impl ObjectFinalize for NativeModel {
    /// Releases a model that was not disposed.
    fn finalize(mut self, env: Env) -> napi::Result<()> {
        if let Some(held) = self.held.take() {
            give_back(held);
            env.adjust_external_memory(-self.told)?;
        }
        Ok(())
    }
}

/// A record as text.
fn json(record: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(record)
        .map_err(|reason| Error::new(Code::Internal, format!("a record cannot be written as JSON: {reason}")))
}
