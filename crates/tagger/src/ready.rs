//! Models that are ready to run. All jobs and calls of the process that use a model with the same settings share it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};
use std::time::SystemTime;

use engine::{physical_cores, ClipScorer, Device, Embedding, Inference, Options, Precision, Reduction};
use error::{Code, Error, Result};
use net::Model;
use sha2::{Digest, Sha256};

use crate::guard::lock;
use crate::scoring::Scoring;

/// How often to read a model file that is replaced while it is read.
const ATTEMPTS: usize = 3;

/// A model in memory, and the hash of its file.
#[derive(Debug)]
pub struct Loaded {
    /// The model.
    pub model: Model,
    /// SHA-256 of the file that it has or would have, hexadecimal.
    pub hash: String,
    /// The file from which it was read; `None` for a model made in memory.
    pub file: Option<PathBuf>,
}

impl Loaded {
    /// Reads the model file `path`.
    ///
    /// # Errors
    /// Those of [`Model::load`].
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = read(path)?;
        Self::of_bytes(path, hash_of(&bytes), &bytes)
    }

    /// Reads the model from `bytes`, the content of the file `path`, which have this hash.
    fn of_bytes(path: &Path, hash: String, bytes: &[u8]) -> Result<Self> {
        let model = Model::from_file(path, bytes)?;
        let file = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        Ok(Self { model, hash, file: Some(file) })
    }

    /// A model made in memory, identified by the file that it would have.
    ///
    /// # Errors
    /// Those of [`Model::to_bytes`].
    pub fn made(model: Model) -> Result<Self> {
        let hash = hash_of(&model.to_bytes()?);
        Ok(Self { model, hash, file: None })
    }
}

/// The settings with which a model runs.
#[derive(Clone, Debug)]
pub struct Way {
    /// `auto`, `cpu`, `cuda` or `cuda:N`.
    pub device: String,
    /// Threads of the network; 0: all physical cores.
    pub threads: usize,
    /// Arithmetic precision.
    pub precision: Precision,
    /// Segments per batch.
    pub batch: usize,
    /// The embedding that is computed along with the scores.
    pub embedding: Option<Embedding>,
    /// Whether the scores are mapped to probabilities by the calibration of the model.
    pub calibrated: bool,
}

/// A model with its plan and its threads. Requests for the same model with the same settings share it; its memory is
/// freed when the last user drops it.
pub struct Ready {
    /// The model.
    pub loaded: Arc<Loaded>,
    /// The device on which it runs.
    pub device: Device,
    /// The thread that scores segments.
    pub scoring: Scoring,
}

/// Requests with equal keys share a model.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    hash: String,
    device: String,
    threads: usize,
    precision: String,
    batch: usize,
    embedding: Option<Embedding>,
    calibrated: bool,
}

/// One entry per key. Its lock is held while the model is prepared, so that others wait for it instead of preparing it
/// again.
type Places = HashMap<Key, Arc<Mutex<Weak<Ready>>>>;

static PLACES: Mutex<Option<Places>> = Mutex::new(None);

impl Ready {
    /// The model in the file `path`, ready to run with the settings `way`.
    ///
    /// # Errors
    /// Those of [`Model::load`], of [`Options::new`], of [`Embedding::taps`] and of [`Inference::new`];
    /// [`Code::InvalidOption`] if the model has no calibration and `way` asks for it.
    pub fn of_file(path: &Path, way: &Way) -> Result<Arc<Self>> {
        let options = Options::new(&way.device, way.threads, way.precision)?;
        let bytes = read(path)?;
        let hash = hash_of(&bytes);
        Self::at(&hash, &options, way, || Ok(Arc::new(Loaded::of_bytes(path, hash.clone(), &bytes)?)))
    }

    /// The model `loaded`, ready to run with the settings `way`.
    ///
    /// # Errors
    /// Those of [`Options::new`] and of [`Inference::new`].
    pub fn of(loaded: &Arc<Loaded>, way: &Way) -> Result<Arc<Self>> {
        let options = Options::new(&way.device, way.threads, way.precision)?;
        Self::at(&loaded.hash, &options, way, || Ok(loaded.clone()))
    }

    /// The model with this hash; `load` is called if nobody uses the model yet.
    fn at(hash: &str, options: &Options, way: &Way, load: impl FnOnce() -> Result<Arc<Loaded>>) -> Result<Arc<Self>> {
        let threads = if options.threads == 0 { physical_cores() } else { options.threads };
        let (device, precision) = (options.device.to_string(), options.precision.to_string());
        let (batch, embedding, calibrated) = (way.batch, way.embedding.clone(), way.calibrated);
        let place = place_of(Key { hash: hash.to_owned(), device, threads, precision, batch, embedding, calibrated });
        let mut place = lock(&place);
        if let Some(ready) = place.upgrade().filter(|ready| !ready.scoring.is_broken()) {
            return Ok(ready);
        }
        let ready = Arc::new(Self::make(load()?, options, way)?);
        *place = Arc::downgrade(&ready);
        Ok(ready)
    }

    fn make(loaded: Arc<Loaded>, options: &Options, way: &Way) -> Result<Self> {
        let (model, batch) = (&loaded.model, way.batch);
        let (architecture, tags) = (&model.architecture, model.tags.len());
        let taps = way.embedding.as_ref().map(|embedding| embedding.taps(architecture, tags)).transpose()?;
        let taps = taps.unwrap_or_default();
        let inference = Inference::with_taps(architecture, tags, &model.parameters, batch, &taps, options)?;
        let across = way.embedding.as_ref().map_or(Reduction::Mean, |embedding| embedding.across_segments);
        if way.calibrated && model.calibration.is_none() {
            let file = loaded.file.as_deref().map_or_else(String::new, |file| format!("{} has ", file.display()));
            let message = format!(
                "calibrated: {file}no calibration: train the model with this version and with at least ten validation \
                 clips with and without each tag, or leave out calibrated (--calibrated)"
            );
            return Err(Error::new(Code::InvalidOption, message));
        }
        let calibration = model.calibration.clone().filter(|_| way.calibrated);
        let scorer = ClipScorer::new(inference, model.task).across(across).calibrated(calibration);
        let scoring = Scoring::start(Box::new(scorer), batch)?;
        Ok(Self { loaded, device: options.device, scoring })
    }
}

/// The entry of `key`; entries that nobody uses are removed.
fn place_of(key: Key) -> Arc<Mutex<Weak<Ready>>> {
    let mut places = lock(&PLACES);
    let places = places.get_or_insert_default();
    places.retain(|known, place| {
        // An entry that is held elsewhere is about to be filled.
        *known == key || Arc::strong_count(place) > 1 || lock(place).strong_count() > 0
    });
    places.entry(key).or_default().clone()
}

/// Reads the bytes of the model file `path`; reads them again if the file was replaced meanwhile.
fn read(path: &Path) -> Result<Vec<u8>> {
    for _ in 0..ATTEMPTS {
        let before = stamp(path);
        let bytes = Model::read_file(path)?;
        if stamp(path) == before {
            return Ok(bytes);
        }
    }
    let message = format!("{} changed while it was read: try again once it is complete", path.display());
    Err(Error::new(Code::ModelFormat, message).with_file(path))
}

/// Properties that change when a file is written or replaced.
fn stamp(path: &Path) -> Option<(u64, Option<SystemTime>)> {
    std::fs::metadata(path).ok().map(|facts| (facts.len(), facts.modified().ok()))
}

/// SHA-256, hexadecimal.
fn hash_of(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}
