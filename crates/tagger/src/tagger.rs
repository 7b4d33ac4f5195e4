//! The job: decoding threads, one analysis, and the records in input order.

use std::fs::File;
use std::io;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use engine::{ClipScorer, Inference, Options};
use error::{Code, Error, Result};
use net::Model;
use sha2::{Digest, Sha256};

use crate::analysis::Analysis;
use crate::cancel::Cancel;
use crate::delivery::Delivery;
use crate::listing::Listing;
use crate::options::{Selection, TagOptions};
use crate::output::Output;
use crate::pipeline::{lock, panicked, OnEvent, Shared};
use crate::record::{hexadecimal, Event, FileFacts, Progress, Record, Start, Warning, SCHEMA};
use crate::walk::Walk;
use crate::window::{Next, Window};

/// Files between taken up and handed out: enough that one long file does not stop the others.
const FILES_AHEAD: usize = 256;
/// Segments of one batch, where the options do not say.
const BATCH: usize = 16;
/// At most one progress event in this time.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// A running tagging job. Files are decoded ahead of [`Tagger::next`], but only so far; dropping it stops all threads.
pub struct Tagger {
    shared: Arc<Shared>,
    delivery: Mutex<Delivery>,
    threads: Vec<JoinHandle<()>>,
    start: Start,
}

/// A model that is ready to run, as a job sees it.
pub struct ReadyModel {
    /// The facts on which all records rest.
    pub start: Start,
    /// Names of the scores.
    pub tags: Vec<String>,
    /// Samples of one segment.
    pub input_length: usize,
    /// Segments that the analysis takes at once; twice as many are decoded ahead.
    pub batch: usize,
    /// What is computed from the segments.
    pub analysis: Box<dyn Analysis>,
}

impl Tagger {
    /// Loads the model, opens the output and starts the threads. Blocks for as long as loading takes.
    ///
    /// # Errors
    /// Everything that concerns the whole job: [`Code::InvalidOption`], [`Code::FileNotFound`] (model or list),
    /// [`Code::ModelFormat`], [`Code::ModelVersion`], [`Code::CudaUnavailable`], [`Code::Output`].
    pub fn start(options: TagOptions, on_event: OnEvent) -> Result<Self> {
        let selection = options.selection()?;
        let model = Model::load(&options.model)?;
        let batch = if options.batch_size == 0 { BATCH } else { options.batch_size };
        let device = options.device.as_deref().unwrap_or("auto");
        let plan = Options::new(device, options.threads, options.precision)?;
        let inference = Inference::new(&model.architecture, model.tags.len(), &model.parameters, batch, &plan)?;
        let scorer = ClipScorer::new(inference, model.task);
        let top = match selection {
            Selection::Best { top, .. } => Some(top).filter(|&top| top < usize::MAX),
            Selection::All => None,
        };
        let start = Start {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_string(),
            model: FileFacts::of(&options.model).file,
            model_hash: hash(&options.model)?,
            device: plan.device.to_string(),
            precision: options.precision,
            sampling_rate: model.architecture.sampling_rate,
            tags: model.tags.len(),
            segments: options.segments,
            all: options.all,
            top,
            threshold: options.threshold.filter(|&threshold| threshold > 0.0),
        };
        let input_length = model.architecture.input_length;
        let model = ReadyModel { start, tags: model.tags, input_length, batch, analysis: Box::new(scorer) };
        let notice = Options::notice(device, options.precision);
        let tagger = Self::start_with(options, model, on_event.clone())?;
        if let Some(notice) = notice {
            on_event(Event::Warning(Warning::new(notice.code, notice.message)));
        }
        Ok(tagger)
    }

    /// Does the same with any analysis; the model and how it is run are those of `model`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], [`Code::FileNotFound`] (list), [`Code::Output`].
    pub fn start_with(options: TagOptions, model: ReadyModel, on_event: OnEvent) -> Result<Self> {
        let selection = options.selection()?;
        let ReadyModel { start, tags, input_length, batch, analysis } = model;
        let cancel = Cancel::new();
        let open_list = |path: &std::path::PathBuf| Listing::open(path, options.null_separated, &cancel);
        let listing = options.files_from.as_ref().map(open_list).transpose()?;
        let inputs: Vec<_> = options.files_from.iter().chain([&options.model]).cloned().collect();
        let output = match &options.out {
            Some(path) => Some(Mutex::new(Output::open(path, &start, &tags, options.retry_failed, &inputs)?)),
            None => None,
        };
        let shared = Arc::new(Shared {
            walk: Mutex::new(Walk::new(options.paths.clone(), listing)),
            window: Window::new(FILES_AHEAD, cancel.clone()),
            cancel,
            heard: Mutex::default(),
            spare: Mutex::default(),
            total: AtomicU64::new(0),
            decoded: AtomicU64::new(0),
            sampling_rate: start.sampling_rate,
            output,
            on_event,
        });
        let now = Instant::now();
        let counts = Progress::default();
        let delivery = Delivery { tags, selection, counts, began: now, reported: now, done: false };
        (shared.on_event)(Event::Start(start.clone()));
        let mut tagger = Self { shared, delivery: Mutex::new(delivery), threads: Vec::new(), start };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = if options.jobs == 0 { cores } else { options.jobs };
        let (sender, receiver) = sync_channel(2 * batch);
        for _ in 0..jobs {
            let (sender, rate, segments) = (sender.clone(), tagger.start.sampling_rate, options.segments);
            tagger.spawn("decode", move |shared| {
                shared.decode_files(&sender, rate, input_length, segments);
                Ok(())
            })?;
        }
        drop(sender);
        tagger.spawn("analyse", move |shared| shared.analyse(analysis, receiver))?;
        tagger.spawn("count", move |shared| {
            shared.count(options);
            Ok(())
        })?;
        Ok(tagger)
    }

    /// Starts a thread of the job; its error or panic ends the job. When a start fails, dropping `self` ends the others.
    fn spawn(&mut self, name: &str, work: impl FnOnce(&Shared) -> Result<()> + Send + 'static) -> Result<()> {
        let shared = self.shared.clone();
        let run = move || {
            let result = catch_unwind(AssertUnwindSafe(|| work(&shared)));
            if let Err(error) = result.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))) {
                shared.window.fail(error);
            }
        };
        let thread = std::thread::Builder::new().name(format!("samplecnn-{name}")).spawn(run);
        self.threads
            .push(thread.map_err(|reason| Error::new(Code::Internal, format!("cannot start a thread: {reason}")))?);
        Ok(())
    }

    /// The facts on which all records rest; also the first event.
    pub fn start_facts(&self) -> &Start {
        &self.start
    }

    /// Waits for the next record, in input order; None after the last one. A record is in the output when it appears here.
    ///
    /// # Errors
    /// What ends the whole job, once: [`Code::Output`] (the rows before it are safe), failures of the device; afterwards, and
    /// after [`Tagger::cancel`], [`Code::Aborted`].
    pub fn next(&self) -> Result<Option<Record>> {
        let mut delivery = lock(&self.delivery);
        if delivery.done {
            return Ok(None);
        }
        let outcome = loop {
            match self.shared.window.next_within(Some(PROGRESS_INTERVAL))? {
                Next::Item(outcome) => break outcome,
                // One long file is decoded: there is something to tell all the same.
                Next::NotYet => self.report(&mut delivery),
                Next::End => {
                    delivery.done = true;
                    if let Some(output) = &self.shared.output {
                        lock(output).finish()?;
                    }
                    let left_out = lock(&self.shared.walk).left_out();
                    (self.shared.on_event)(Event::Progress(delivery.progress(&self.shared)));
                    (self.shared.on_event)(Event::Done(delivery.counts(left_out)));
                    return Ok(None);
                }
            }
        };
        let (record, scores) = delivery.record(outcome);
        if let Some(output) = &self.shared.output {
            if let Err(error) = lock(output).write(&record, &scores) {
                self.cancel();
                return Err(error);
            }
        }
        delivery.count(&record);
        self.report(&mut delivery);
        Ok(Some(record))
    }

    /// Tells how far the job is, now and then.
    fn report(&self, delivery: &mut Delivery) {
        if delivery.reported.elapsed() >= PROGRESS_INTERVAL {
            delivery.reported = Instant::now();
            (self.shared.on_event)(Event::Progress(delivery.progress(&self.shared)));
        }
    }

    /// Stops the job: threads end after the packet or batch at hand, and who waits in [`Tagger::next`] gets [`Code::Aborted`].
    pub fn cancel(&self) {
        self.shared.window.cancel();
    }
}

impl Drop for Tagger {
    fn drop(&mut self) {
        self.cancel();
        for thread in self.threads.drain(..) {
            // Its panic, if any, was caught inside.
            let _ = thread.join();
        }
    }
}

/// SHA-256 of a file, hexadecimal.
fn hash(path: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    let read = File::open(path).and_then(|mut file| io::copy(&mut file, &mut hasher));
    read.map_err(|reason| Error::input(path, Code::ModelFormat, &reason))?;
    Ok(hexadecimal(&hasher.finalize()))
}
