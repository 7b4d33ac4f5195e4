//! The tagging job: decoding threads, one analysis, and the records in input order.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use engine::{Embedding, Options};
use error::{Code, Error, Result, WarningCode};
use net::Model;

use crate::analysis::Analysis;
use crate::cancel::Cancel;
use crate::delivery::Delivery;
use crate::guard::{lock, panicked};
use crate::listing::Listing;
use crate::options::{EmbeddingChoice, Selection, TagOptions};
use crate::output::Output;
use crate::pipeline::{FileOutcome, Hearing, OnEvent, Scorer, Shared, Slots, PROGRESS_INTERVAL};
use crate::ready::{Loaded, Ready, Way};
use crate::record::{Event, Progress, Record, Start, StartEmbedding, Warning, SCHEMA};
use crate::scoring::Scoring;
use crate::walk::Walk;
use crate::window::{Next, Window};
use crate::workers::{cores, Workers};

/// Files between the walk and the consumer: enough that one long file does not stop the others.
const FILES_AHEAD: usize = 256;
/// Up to this number of named files they are counted immediately.
const FEW: usize = 64;

/// A running tagging job. A limited number of files is decoded ahead of [`Tagger::next`]; dropping the tagger stops all
/// threads.
pub struct Tagger {
    shared: Arc<Shared>,
    delivery: Mutex<Delivery>,
    /// The thread that counts the files, if counting takes time.
    counting: Option<JoinHandle<()>>,
}

/// A model that is ready to run, as needed by a job.
pub struct ReadyModel {
    /// The settings on which all records depend.
    pub start: Start,
    /// The tag names, in the order of the scores.
    pub tags: Vec<String>,
    /// Samples per segment.
    pub input_length: usize,
    /// Segments that the analysis takes at a time; twice as many are decoded ahead.
    pub batch: usize,
    /// The computation on the segments.
    pub analysis: Box<dyn Analysis>,
}

impl Tagger {
    /// Loads the model, unless another job of the process uses it already, opens the output and starts the job. Blocks
    /// while the model is loaded.
    ///
    /// # Errors
    /// Errors about the whole job: [`Code::InvalidOption`], [`Code::FileNotFound`] (model or list),
    /// [`Code::ModelFormat`], [`Code::ModelVersion`], [`Code::CudaUnavailable`], [`Code::Output`].
    pub fn start(options: TagOptions, on_event: OnEvent) -> Result<Self> {
        options.validate()?;
        let ready = Ready::of_file(&options.model, &way(&options))?;
        let file = std::path::absolute(&options.model).unwrap_or_else(|_| options.model.clone());
        Self::start_ready(options, ready, Some(file), on_event)
    }

    /// Like [`Tagger::start`], with a model in memory; the model in the options is not used.
    ///
    /// # Errors
    /// Those of [`Tagger::start`], except those of reading the model.
    pub fn start_loaded(options: TagOptions, model: &Arc<Loaded>, on_event: OnEvent) -> Result<Self> {
        options.validate()?;
        let ready = Ready::of(model, &way(&options))?;
        Self::start_ready(options, ready, model.file.clone(), on_event)
    }

    fn start_ready(options: TagOptions, ready: Arc<Ready>, file: Option<PathBuf>, on_event: OnEvent) -> Result<Self> {
        let Loaded { model, hash, .. } = &*ready.loaded;
        let selection = options.selection(model.default_output(options.calibrated));
        let top = match selection {
            Selection::Best { top, .. } | Selection::AboveThresholds { top, .. } => {
                Some(top).filter(|&top| top < usize::MAX)
            }
            Selection::All => None,
        };
        let start = Start {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_string(),
            model: file.map(|file| file.to_string_lossy().into_owned()),
            model_hash: hash.clone(),
            device: ready.device.to_string(),
            precision: options.precision,
            sampling_rate: model.architecture.sampling_rate,
            tags: model.tags.len(),
            segments: options.segments,
            all: options.all,
            top,
            threshold: options.threshold.filter(|&threshold| threshold > 0.0),
            thresholds: matches!(selection, Selection::AboveThresholds { .. }),
            timeline: options.timeline,
            calibrated: options.calibrated,
            embedding: options.embedding.as_ref().map(|choice| start_embedding(choice, model)).transpose()?,
        };
        let (tags, input_length) = (model.tags.clone(), model.architecture.input_length);
        let notice = Options::notice(&options.device, options.precision);
        let tagger = Self::begin(options, start, selection, tags, input_length, Scorer::Shared(ready), on_event.clone())?;
        if let Some(notice) = notice {
            on_event(Event::Warning(Warning::new(WarningCode::CudaUnavailable, notice)));
        }
        Ok(tagger)
    }

    /// Like [`Tagger::start`], with any analysis; `model` has the model and its settings.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], [`Code::FileNotFound`] (list), [`Code::Output`].
    pub fn start_with(options: TagOptions, model: ReadyModel, on_event: OnEvent) -> Result<Self> {
        options.validate()?;
        let ReadyModel { start, tags, input_length, batch, analysis } = model;
        let (network, selection) = (Scorer::Own(Scoring::start(analysis, batch)?), options.selection(None));
        Self::begin(options, start, selection, tags, input_length, network, on_event)
    }

    fn begin(
        options: TagOptions,
        start: Start,
        selection: Selection,
        tags: Vec<String>,
        input_length: usize,
        network: Scorer,
        on_event: OnEvent,
    ) -> Result<Self> {
        let cancel = Cancel::new();
        let open_list = |path: &PathBuf| Listing::open(path, options.null_separated, &cancel);
        let listing = options.files_from.as_ref().map(open_list).transpose()?;
        let inputs: Vec<_> = options.files_from.iter().chain([&options.model]).cloned().collect();
        let output = match &options.out {
            Some(path) => Some(Output::open(path, &start, &tags, options.retry_failed, &inputs)?),
            None => None,
        };
        let limit = if options.jobs == 0 { cores() } else { options.jobs };
        // Use separate threads if a list may make its readers wait forever, or if more files at once than cores are
        // requested: other jobs must not be slowed down by that.
        let workers = match options.files_from.is_some() || limit > cores() {
            true => Workers::new("decode", limit),
            false => Workers::decoding(),
        };
        let shared = Arc::new(Shared {
            walk: Mutex::new(Walk::new(options.paths.clone(), listing)),
            hearing: Arc::new(Hearing::new(Window::new(FILES_AHEAD, cancel.clone()))),
            cancel,
            total: AtomicU64::new(0),
            decoded: AtomicU64::new(0),
            told: Mutex::new(Instant::now()),
            output: Mutex::new(output),
            on_event,
            network,
            workers,
            slots: Mutex::new(Slots { limit, taken: 0, running: 0, closed: false }),
            changed: Condvar::new(),
            rate: start.sampling_rate,
            input_length,
            segments: options.segments,
        });
        let now = Instant::now();
        let counts = Progress::default();
        let embedding = options.embedding.clone();
        let segment_seconds = options.timeline.then(|| input_length as f64 / f64::from(start.sampling_rate));
        let delivery =
            Delivery { tags, selection, embedding, segment_seconds, counts, began: now, reported: now, done: false };
        (shared.on_event)(Event::Start(start));
        let mut tagger = Self { shared, delivery: Mutex::new(delivery), counting: None };
        tagger.count(options)?;
        tagger.shared.schedule()?;
        Ok(tagger)
    }

    /// Counts the files: a few named files immediately, otherwise on a separate thread.
    fn count(&mut self, options: TagOptions) -> Result<()> {
        let paths = &options.paths;
        let has_more = |path: &PathBuf| path.is_dir() || Listing::is_playlist(path);
        if options.files_from.is_none() && paths.len() <= FEW && !paths.iter().any(has_more) {
            self.shared.total.store(paths.len() as u64, Ordering::Relaxed);
            return Ok(());
        }
        let shared = self.shared.clone();
        let run = move || {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| shared.count(options))) {
                shared.hearing.window.fail(panicked(panic.as_ref()));
            }
        };
        let thread = std::thread::Builder::new().name("samplecnn-count".into()).spawn(run);
        let failed = |reason| Error::new(Code::Internal, format!("cannot start a thread: {reason}"));
        self.counting = Some(thread.map_err(failed)?);
        Ok(())
    }

    /// Waits for the next record, in input order; `None` after the last one. When a record is returned, it is already
    /// in the output.
    ///
    /// # Errors
    /// The error that ends the whole job, once: [`Code::Output`] (earlier rows are safe), or a failure of the device;
    /// afterwards, and after [`Tagger::cancel`], [`Code::Aborted`].
    pub fn next(&self) -> Result<Option<Record>> {
        let mut delivery = lock(&self.delivery);
        while !delivery.done {
            let next = self.shared.hearing.window.next_within(Some(PROGRESS_INTERVAL))?;
            match self.deliver(&mut delivery, next)? {
                Next::Item(record) => return Ok(Some(record)),
                Next::NotYet => {}
                Next::End => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Like [`Tagger::next`] without waiting. [`Tagger::on_change`] reports when to call it again.
    ///
    /// # Errors
    /// Those of [`Tagger::next`].
    pub fn try_next(&self) -> Result<Next<Record>> {
        let mut delivery = lock(&self.delivery);
        if delivery.done {
            return Ok(Next::End);
        }
        let next = self.shared.hearing.window.next_within(Some(Duration::ZERO))?;
        self.deliver(&mut delivery, next)
    }

    /// Sets a callback that is called whenever there may be a new record. It is called from the threads of the job and
    /// must not block.
    pub fn on_change(&self, told: impl Fn() + Send + Sync + 'static) {
        self.shared.hearing.window.on_change(told);
    }

    fn deliver(&self, delivery: &mut Delivery, next: Next<FileOutcome>) -> Result<Next<Record>> {
        let outcome = match next {
            Next::Item(outcome) => outcome,
            // A long file is being decoded: report the progress nevertheless.
            Next::NotYet => {
                self.report(delivery);
                return Ok(Next::NotYet);
            }
            Next::End => {
                delivery.done = true;
                // Take the output, so that the next job can open it as soon as this one ends.
                if let Some(mut output) = lock(&self.shared.output).take() {
                    output.finish()?;
                }
                let left_out = lock(&self.shared.walk).left_out();
                (self.shared.on_event)(Event::Progress(delivery.progress(&self.shared)));
                (self.shared.on_event)(Event::Done(delivery.counts(left_out)));
                return Ok(Next::End);
            }
        };
        // There is room for another file now.
        self.shared.schedule()?;
        let (record, scores) = delivery.record(outcome);
        if let Some(output) = lock(&self.shared.output).as_mut() {
            if let Err(error) = output.write(&record, &scores) {
                self.cancel();
                return Err(error);
            }
        }
        delivery.count(&record);
        self.report(delivery);
        Ok(Next::Item(record))
    }

    /// Reports the progress if the interval has passed.
    fn report(&self, delivery: &mut Delivery) {
        if delivery.reported.elapsed() >= PROGRESS_INTERVAL {
            delivery.reported = Instant::now();
            (self.shared.on_event)(Event::Progress(delivery.progress(&self.shared)));
        }
    }

    /// Stops the job: threads end after the current packet or batch, and a waiting [`Tagger::next`] returns
    /// [`Code::Aborted`].
    pub fn cancel(&self) {
        self.shared.hearing.window.cancel();
    }

    /// A function that does the same as [`Tagger::cancel`] and does not keep the job alive.
    pub fn canceller(&self) -> impl Fn() + Send + Sync + 'static {
        let hearing = self.shared.hearing.clone();
        move || hearing.window.cancel()
    }
}

impl Drop for Tagger {
    fn drop(&mut self) {
        self.cancel();
        self.shared.close();
        drop(lock(&self.shared.output).take());
        if let Some(thread) = self.counting.take() {
            // A panic of the thread was caught inside it.
            let _ = thread.join();
        }
    }
}

/// The settings of the model in the options.
fn way(options: &TagOptions) -> Way {
    Way {
        device: options.device.clone(),
        threads: options.threads,
        precision: options.precision,
        batch: options.batch_size,
        embedding: options.embedding.as_ref().map(|choice| choice.embedding.clone()),
        calibrated: options.calibrated,
    }
}

/// What the first record says about the embedding.
fn start_embedding(choice: &EmbeddingChoice, model: &Model) -> Result<StartEmbedding> {
    let Embedding { levels, within_segment, across_segments } = choice.embedding.clone();
    let width = choice.embedding.widths(&model.architecture, model.tags.len())?.iter().sum();
    Ok(StartEmbedding { levels, width, within_segment, across_segments, tags: choice.tags })
}
