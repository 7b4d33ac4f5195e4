//! Models that are ready to run, one for all jobs and calls of the process that use it in the same way.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};
use std::time::SystemTime;

use engine::{physical_cores, ClipScorer, Device, Inference, Options, Precision};
use error::{Code, Error, Result};
use net::Model;
use sha2::{Digest, Sha256};

use crate::guard::lock;
use crate::scoring::Scoring;

/// How often a model file is read that is replaced at the same time.
const ATTEMPTS: usize = 3;

/// A model in memory, and the file that it is or would be.
#[derive(Debug)]
pub struct Loaded {
    /// The model.
    pub model: Model,
    /// SHA-256 of its file, hexadecimal.
    pub hash: String,
    /// The file it was read from; none for a model that was made here.
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

    /// The model in `bytes`, which are those of the file `path` and have this hash.
    fn of_bytes(path: &Path, hash: String, bytes: &[u8]) -> Result<Self> {
        let model = Model::from_file(path, bytes)?;
        let file = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        Ok(Self { model, hash, file: Some(file) })
    }

    /// A model that was made here, known by the file that it would be.
    ///
    /// # Errors
    /// Those of [`Model::to_bytes`].
    pub fn made(model: Model) -> Result<Self> {
        let hash = hash_of(&model.to_bytes()?);
        Ok(Self { model, hash, file: None })
    }
}

/// How a model is to run.
#[derive(Clone, Debug)]
pub struct Way {
    /// `auto`, `cpu`, `cuda` or `cuda:N`.
    pub device: String,
    /// Threads of the network; 0: all physical cores.
    pub threads: usize,
    /// In which numbers it multiplies.
    pub precision: Precision,
    /// Segments of one batch.
    pub batch: usize,
}

/// A model with its plan and its threads. All who ask for the same model in the same way get the same one; what it has is given
/// back with the last of them.
pub struct Ready {
    /// The model.
    pub loaded: Arc<Loaded>,
    /// Where it runs.
    pub device: Device,
    /// What takes its segments.
    pub scoring: Scoring,
}

/// What makes two requests the same.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    hash: String,
    device: String,
    threads: usize,
    precision: String,
    batch: usize,
}

/// One place for each key. Its lock is held while the model is made ready, so that others wait for it instead of doing the same.
type Places = HashMap<Key, Arc<Mutex<Weak<Ready>>>>;

static PLACES: Mutex<Option<Places>> = Mutex::new(None);

impl Ready {
    /// The model in the file `path`, ready to run in this `way`.
    ///
    /// # Errors
    /// Those of [`Model::load`], of [`Options::new`] and of [`Inference::new`].
    pub fn of_file(path: &Path, way: &Way) -> Result<Arc<Self>> {
        let options = Options::new(&way.device, way.threads, way.precision)?;
        let bytes = read(path)?;
        let hash = hash_of(&bytes);
        Self::at(&hash, &options, way.batch, || Ok(Arc::new(Loaded::of_bytes(path, hash.clone(), &bytes)?)))
    }

    /// The model `loaded`, ready to run in this `way`.
    ///
    /// # Errors
    /// Those of [`Options::new`] and of [`Inference::new`].
    pub fn of(loaded: &Arc<Loaded>, way: &Way) -> Result<Arc<Self>> {
        let options = Options::new(&way.device, way.threads, way.precision)?;
        Self::at(&loaded.hash, &options, way.batch, || Ok(loaded.clone()))
    }

    /// The model with this hash, made of what `load` gives where nobody has it yet.
    fn at(
        hash: &str,
        options: &Options,
        batch: usize,
        load: impl FnOnce() -> Result<Arc<Loaded>>,
    ) -> Result<Arc<Self>> {
        let threads = if options.threads == 0 { physical_cores() } else { options.threads };
        let (device, precision) = (options.device.to_string(), options.precision.to_string());
        let place = place_of(Key { hash: hash.to_owned(), device, threads, precision, batch });
        let mut place = lock(&place);
        if let Some(ready) = place.upgrade().filter(|ready| !ready.scoring.is_broken()) {
            return Ok(ready);
        }
        let ready = Arc::new(Self::make(load()?, options, batch)?);
        *place = Arc::downgrade(&ready);
        Ok(ready)
    }

    fn make(loaded: Arc<Loaded>, options: &Options, batch: usize) -> Result<Self> {
        let model = &loaded.model;
        let inference = Inference::new(&model.architecture, model.tags.len(), &model.parameters, batch, options)?;
        let scoring = Scoring::start(Box::new(ClipScorer::new(inference, model.task)), batch)?;
        Ok(Self { loaded, device: options.device, scoring })
    }
}

/// The place of `key`; those that nobody uses any more are left out.
fn place_of(key: Key) -> Arc<Mutex<Weak<Ready>>> {
    let mut places = lock(&PLACES);
    let places = places.get_or_insert_default();
    places.retain(|known, place| {
        // Who holds a place is about to fill it.
        *known == key || Arc::strong_count(place) > 1 || lock(place).strong_count() > 0
    });
    places.entry(key).or_default().clone()
}

/// The bytes of the model file `path`, read once, and once more where it was replaced meanwhile.
fn read(path: &Path) -> Result<Vec<u8>> {
    for _ in 0..ATTEMPTS {
        let before = stamp(path);
        let bytes = Model::read_file(path)?;
        if stamp(path) == before {
            return Ok(bytes);
        }
    }
    let message = format!("{} changes while it is read: try again once it is complete", path.display());
    Err(Error::new(Code::ModelFormat, message).with_file(path))
}

/// What changes where a file is written or replaced.
fn stamp(path: &Path) -> Option<(u64, Option<SystemTime>)> {
    std::fs::metadata(path).ok().map(|facts| (facts.len(), facts.modified().ok()))
}

/// SHA-256, hexadecimal.
fn hash_of(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}
