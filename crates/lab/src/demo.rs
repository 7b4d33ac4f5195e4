//! The demo: generated music, a network that is trained on it, and an unseen file that is tagged.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Instant;

use engine::{Options, Precision};
use error::{Code, Error, Result};
use files::{Kind, Lock};

use net::{Architecture, ArchitectureOption, Block, Head, InputNormalisation, Norm, Side, Stem};
use options::demo;
use serde::{Deserialize, Serialize};
use tagger::{Record, TagOptions, Tagger};
use train::dataset::DatasetOptions;
use train::{Best, Phase, Progress, Scores, TrainOptions};
use ts_rs::TS;

use crate::synth::{write_set, SetSize};

/// Number of clips of the full demo: seven tenths are in the training part, the rest is divided equally between
/// validation and test.
const CLIPS: usize = 700;
/// Sampling rate in Hz.
const SAMPLING_RATE: u32 = 8000;
/// Samples per clip: five segments.
const CLIP_LENGTH: usize = 5 * 6561;
/// A single stage whose learning rate falls smoothly to a fifth: the training is too short to wait for plateaus.
const LEARNING_RATE: f64 = 0.03;
/// Decay: the learning rate is divided by `1 + DECAY * updates`.
const DECAY: f64 = 0.003;
/// Number of epochs of the full demo.
const EPOCHS: usize = 12;

/// The manifest of the clips, in their folder.
const MANIFEST: &str = "music/manifest.csv";

/// The options of the demo. The JSON form uses the same names in camelCase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DemoOptions {
    /// The folder for everything: `music`, `cache` and `run` inside it are replaced.
    pub out: PathBuf,
    /// Number of clips to generate. Default: 700.
    #[serde(default)]
    pub clips: Option<usize>,
    /// Maximum number of epochs. Default: 12.
    #[serde(default)]
    pub epochs: Option<usize>,
    /// Seed of the music and of the training. Default: 0.
    #[serde(default)]
    pub seed: u64,
    /// `auto`, `cpu`, `cuda` or `cuda:N`. Default: auto.
    #[serde(default = "default_device")]
    pub device: String,
    /// Arithmetic precision: `f32`; `bf16` on a GPU or on a CPU with AVX-512 BF16; `tf32` on a GPU. Default: f32.
    #[serde(default)]
    pub precision: Precision,
    /// Threads of the network; 0: one per physical core. Default: 0.
    #[serde(default)]
    pub threads: usize,
}

fn default_device() -> String {
    demo::DEVICE.to_owned()
}

impl DemoOptions {
    /// Refuses invalid options; [`demo()`] calls it first.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], naming the option and the value received.
    pub fn validate(&self) -> Result<()> {
        demo::CLIPS.check(self.clips)?;
        demo::EPOCHS.check(self.epochs)?;
        demo::THREADS.check_or_zero(self.threads)?;
        self.precision.check_training()
    }
}

/// The events of the demo.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum DemoEvent {
    /// The progress of generating clips, then the events of the training without its last one.
    Training(train::Event),
    /// The tags of the unseen file.
    Unseen(Record),
}

/// The result of the demo.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "type", rename = "done", rename_all = "camelCase")]
pub struct DemoDone {
    /// The folder that contains everything, absolute.
    pub out: PathBuf,
    /// The manifest: the list of the clips with their tags.
    pub manifest: PathBuf,
    /// The run folder.
    pub run: PathBuf,
    /// The model file.
    pub model: PathBuf,
    /// The file that is in no part of the dataset.
    pub unseen: PathBuf,
    /// The true tags of that file.
    pub unseen_tags: Vec<&'static str>,
    /// Metrics of the model on the test clips, on which it was not trained.
    pub test: Scores,
    /// Seconds from the first clip to the last record.
    pub seconds: f64,
}

/// The network of the demo: the structure of `3^7@8000` with at most a quarter of its channels; a segment is 0.82
/// seconds long.
pub fn architecture() -> Architecture {
    Architecture {
        sampling_rate: SAMPLING_RATE,
        input_length: 6561,
        input_normalisation: InputNormalisation::None,
        stem: Some(Stem::conv(3, 3, 32)),
        same: Side::Right,
        norm: Norm::default(),
        blocks: [32, 32, 48, 48, 64, 64, 128].map(|channels| Block::module(3, channels)).to_vec(),
        head: Head { dropout: 0.2, ..Head::conv(1, 128) },
    }
}

/// Generates the music, trains a network on it, evaluates the model on the test clips and tags the unseen file. The
/// same options give the same music and, on the same device with the same precision and number of threads, the same
/// model.
///
/// # Errors
/// [`Code::InvalidOption`] for invalid options; [`Code::RunExists`] if `out` holds music or a run that no demo wrote,
/// or if another demo runs in it; [`Code::Output`] if it cannot be written; [`Code::Aborted`] after `cancel`; those of
/// the training and of the tagger.
pub fn demo(options: &DemoOptions, on_event: &mut dyn FnMut(DemoEvent), cancel: &AtomicBool) -> Result<DemoDone> {
    let began = Instant::now();
    // Check the training options before any music is generated.
    options.validate()?;
    let DemoOptions { device, .. } = options;
    let engine = Options::for_training(device, options.threads, options.precision)?;
    let clips = options.clips.unwrap_or(CLIPS);
    let out = std::path::absolute(&options.out).map_err(|reason| Error::output(&options.out, &reason))?;
    let _lock = own(&out)?;
    let held_out = (clips * 3).div_ceil(20);
    let size = SetSize {
        train: clips - 2 * held_out,
        valid: held_out,
        test: held_out,
        length: CLIP_LENGTH,
        sampling_rate: SAMPLING_RATE,
    };
    let set = write_set(&out.join("music"), &size, options.seed, &mut |done, total| {
        if cancel.load(Ordering::Relaxed) {
            return Err(Error::aborted());
        }
        let seconds = began.elapsed().as_secs_f64();
        on_event(DemoEvent::Training(train::Event::Progress(Progress::of(Phase::Synthesise, done, total, seconds))));
        Ok(())
    })?;
    let training = TrainOptions {
        architecture: Some(ArchitectureOption::Value(Box::new(architecture()))),
        seed: options.seed,
        learning_rates: vec![LEARNING_RATE],
        decay: DECAY,
        epochs: Some(options.epochs.unwrap_or(EPOCHS)),
        best: Best::AllStages,
        device: device.clone(),
        precision: options.precision,
        threads: options.threads,
        cache: Some(out.join("cache")),
        force: true,
        ..TrainOptions::new(DatasetOptions::manifest(set.manifest.clone()), out.join("run"))
    };
    let told = &mut |event| {
        if !matches!(event, train::Event::Done(_)) {
            on_event(DemoEvent::Training(event));
        }
    };
    let trained = train::train_within(&training, "then run the demo again", told, cancel)?;
    let tagging = TagOptions {
        paths: vec![set.unseen.clone()],
        model: trained.best.clone(),
        device: device.clone(),
        precision: engine.for_inference().precision,
        threads: options.threads,
        ..TagOptions::default()
    };
    let tagger = Tagger::start(tagging, Arc::new(|_| {}))?;
    while let Some(record) = tagger.next()? {
        on_event(DemoEvent::Unseen(record));
    }
    Ok(DemoDone {
        out,
        manifest: set.manifest,
        run: trained.run,
        model: trained.best,
        unseen: set.unseen,
        unseen_tags: set.unseen_tags,
        test: trained.test,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// Claims `out` as the folder of the demo until the lock is dropped. Files of an earlier demo are replaced, other files
/// are not.
fn own(out: &Path) -> Result<Lock> {
    let mark = out.join("demo.json");
    files::make_folder(out)?;
    refuse_others(out, &mark)?;
    let Some(lock) = Lock::take(out.join(".lock"))? else {
        let message = format!(
            "another demo runs in {}: wait for it, or choose another folder with out (--out DIR)",
            out.display()
        );
        return Err(Error::new(Code::RunExists, message).with_file(out));
    };
    refuse_others(out, &mark)?;
    files::write_atomic(&mark, b"{ \"format\": 1, \"what\": \"samplecnn demo\" }\n")?;
    for folder in [out.to_path_buf(), out.join("music"), out.join("music/clips")] {
        files::sweep(&folder);
    }
    Ok(lock)
}

/// Refuses a folder that holds files with the names of the demo that no demo wrote.
fn refuse_others(out: &Path, mark: &Path) -> Result<()> {
    let others = match Kind::DEMO.is(mark) {
        false => files::present(out, &["demo.json", "run", "music", "cache"])?,
        // A user may have trained a network on other data in the folder `run`.
        true => match train::saved_options(&out.join("run")) {
            Ok(TrainOptions { dataset: DatasetOptions::Manifest { path, .. }, .. }) if path.ends_with(MANIFEST) => {
                Vec::new()
            }
            Ok(_) => vec![out.join("run")],
            Err(_) => Vec::new(),
        },
    };
    match others.first() {
        None => Ok(()),
        Some(there) => {
            let message = format!(
                "{} exists and was not written by a demo: choose another folder with out (--out DIR)",
                there.display()
            );
            Err(Error::new(Code::RunExists, message).with_file(there))
        }
    }
}
