//! The job: decoding threads, one analysis, and the records in input order.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{sync_channel, Receiver, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use engine::{ClipScore, ClipScorer, Device, Inference, Options, Precision};
use error::{Code, Error, Result};
use net::Model;
use sha2::{Digest, Sha256};

use crate::analysis::{analyse, Analysis, Message};
use crate::cancel::Cancel;
use crate::decode::{decode, Heard};
use crate::listing::Listing;
use crate::options::{Selection, TagOptions};
use crate::output::{Known, Output};
use crate::record::{
    hexadecimal, Done, Event, Failed, FileFacts, Progress, Record, Skipped, Start, Status, TagScore, Tagged, SCHEMA,
};
use crate::walk::{Found, Walk};
use crate::window::Window;

/// Files between taken up and handed out: enough that one long file does not stop the others.
const FILES_AHEAD: usize = 256;
/// Segments of one batch, where the options do not say.
const BATCH: usize = 16;
/// At most one progress event in this time.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// Takes the events of a job. It is called from several threads, one at a time or not, and must not block for long.
pub type OnEvent = Arc<dyn Fn(Event) + Send + Sync>;

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

/// What all threads of a job see.
struct Shared {
    walk: Mutex<Walk>,
    window: Window<Outcome>,
    cancel: Cancel,
    /// The clips that the analysis has all segments of.
    heard: Mutex<HashMap<u64, (FileFacts, Heard)>>,
    /// Memory of segments, to be used again.
    spare: Mutex<Vec<Vec<f32>>>,
    /// Files there are; 0 while unknown.
    total: AtomicU64,
    output: Option<Mutex<Output>>,
    on_event: OnEvent,
}

/// What became of a file.
enum Outcome {
    Tagged(FileFacts, Heard, ClipScore),
    Failed(FileFacts, Error),
    Skipped(FileFacts, String),
}

/// The side of the one who fetches records.
struct Delivery {
    tags: Vec<String>,
    selection: Selection,
    counts: Progress,
    began: Instant,
    reported: Instant,
    done: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
        let device = Device::parse(options.device.as_deref().unwrap_or("auto"))?;
        let batch = if options.batch_size == 0 { BATCH } else { options.batch_size };
        let plan = Options { device, threads: options.threads, precision: Precision::F32 };
        let inference = Inference::new(&model.architecture, model.tags.len(), &model.parameters, batch, &plan)?;
        let scorer = ClipScorer::new(inference, model.task);
        let (top, threshold) = match selection {
            Selection::Best { top, threshold } => {
                ((top < usize::MAX).then_some(top), Some(threshold).filter(|&t| t > 0.0))
            }
            Selection::All => (None, None),
        };
        let start = Start {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_string(),
            model: FileFacts::of(&options.model).file,
            model_hash: hash(&options.model)?,
            device: device.to_string(),
            sampling_rate: model.architecture.sampling_rate,
            tags: model.tags.len(),
            segments: options.segments,
            all: options.all,
            top,
            threshold,
        };
        let input_length = model.architecture.input_length;
        let model = ReadyModel { start, tags: model.tags, input_length, batch, analysis: Box::new(scorer) };
        Self::start_with(options, model, on_event)
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
        let output = match &options.out {
            Some(path) => Some(Mutex::new(Output::open(path, &start, &tags, options.retry_failed)?)),
            None => None,
        };
        let shared = Arc::new(Shared {
            walk: Mutex::new(Walk::new(options.paths.clone(), listing)),
            window: Window::new(FILES_AHEAD, cancel.clone()),
            cancel,
            heard: Mutex::default(),
            spare: Mutex::default(),
            total: AtomicU64::new(0),
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
        let Some(outcome) = self.shared.window.next()? else {
            delivery.done = true;
            if let Some(output) = &self.shared.output {
                lock(output).finish()?;
            }
            (self.shared.on_event)(Event::Progress(delivery.progress(&self.shared)));
            (self.shared.on_event)(Event::Done(delivery.counts()));
            return Ok(None);
        };
        let (record, scores) = delivery.record(outcome);
        if let Some(output) = &self.shared.output {
            if let Err(error) = lock(output).write(&record, &scores) {
                self.cancel();
                return Err(error);
            }
        }
        delivery.count(&record);
        if delivery.reported.elapsed() >= PROGRESS_INTERVAL {
            delivery.reported = Instant::now();
            (self.shared.on_event)(Event::Progress(delivery.progress(&self.shared)));
        }
        Ok(Some(record))
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

impl Shared {
    /// The next file and its number.
    fn take_up(&self) -> Option<(u64, Found)> {
        let mut walk = lock(&self.walk);
        loop {
            if !self.window.wait_for_room() {
                return None;
            }
            match walk.next() {
                Some(Found::Warning(warning)) => (self.on_event)(Event::Warning(warning)),
                Some(found) => return Some((self.window.take_up(), found)),
                None => {
                    self.window.complete();
                    return None;
                }
            }
        }
    }

    /// The work of a decoding thread.
    fn decode_files(&self, sender: &SyncSender<Message>, rate: u32, length: usize, segments: crate::options::Segments) {
        while let Some((number, found)) = self.take_up() {
            let path = match &found {
                Found::File(path) | Found::Missing(path) | Found::Odd(path) => path,
                Found::Warning(_) => continue,
            };
            let facts = FileFacts::of(path);
            if let Some(outcome) = self.without_decoding(&found, &facts) {
                self.window.finish(number, outcome);
                continue;
            }
            let failed = |error: Error| self.window.finish(number, Outcome::Failed(facts.clone(), error));
            if sender.send(Message::Begin(number)).is_err() {
                return;
            }
            let push = &mut |segment: &[f32]| self.send(sender, number, segment);
            let result =
                catch_unwind(AssertUnwindSafe(|| decode(&facts.path, rate, length, segments, &self.cancel, push)));
            let sent = match result.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))) {
                Ok(heard) => {
                    lock(&self.heard).insert(number, (facts, heard));
                    sender.send(Message::End(number))
                }
                // The analysis has ended, and has said why, or will.
                Err(error) if error.code == Code::Aborted => return,
                Err(error) => {
                    let sent = sender.send(Message::Cancel(number));
                    failed(error);
                    sent
                }
            };
            if sent.is_err() {
                return;
            }
        }
    }

    /// The outcome of a file that need not be opened.
    fn without_decoding(&self, found: &Found, facts: &FileFacts) -> Option<Outcome> {
        let failed = |code, what: &str| {
            let error = Error::new(code, format!("{what}: {}", facts.file)).with_file(&facts.path);
            Some(Outcome::Failed(facts.clone(), error))
        };
        match found {
            Found::Missing(_) => return failed(Code::FileNotFound, "no such file or folder"),
            Found::Odd(_) => return failed(Code::UnsupportedFormat, "neither a file nor a folder"),
            Found::File(_) | Found::Warning(_) => {}
        }
        match lock(self.output.as_ref()?).known(facts) {
            Known::Skip(reason) => Some(Outcome::Skipped(facts.clone(), reason)),
            Known::No => None,
        }
    }

    fn send(&self, sender: &SyncSender<Message>, number: u64, segment: &[f32]) -> Result<()> {
        let mut memory = lock(&self.spare).pop().unwrap_or_default();
        memory.clear();
        memory.extend_from_slice(segment);
        sender.send(Message::Segment(number, memory)).map_err(|_| Error::aborted())
    }

    /// The work of the analysis thread.
    fn analyse(&self, mut analysis: Box<dyn Analysis>, receiver: Receiver<Message>) -> Result<()> {
        let used = |memory| lock(&self.spare).push(memory);
        let done = |score: ClipScore| {
            let heard = lock(&self.heard).remove(&score.clip);
            if let Some((facts, heard)) = heard {
                self.window.finish(score.clip, Outcome::Tagged(facts, heard, score));
            }
        };
        analyse(&mut *analysis, &receiver, &self.cancel, used, done)
    }

    /// Counts the files, for the progress; names only. Standard input cannot be read twice.
    fn count(&self, options: TagOptions) {
        if options.files_from.as_deref() == Some(Path::new("-")) {
            return;
        }
        let open = |path: &std::path::PathBuf| Listing::open(path, options.null_separated, &self.cancel).ok();
        let walk = Walk::new(options.paths.clone(), options.files_from.as_ref().and_then(open));
        let mut files = 0;
        for found in walk {
            if self.cancel.is_cancelled() {
                return;
            }
            files += u64::from(!matches!(found, Found::Warning(_)));
        }
        self.total.store(files, Ordering::Relaxed);
    }
}

impl Delivery {
    /// The record of `outcome`, and a result's score of every tag.
    fn record(&self, outcome: Outcome) -> (Record, Vec<f32>) {
        match outcome {
            Outcome::Failed(file, error) => (Record::Failed(Failed { file, error: (&error).into() }), Vec::new()),
            Outcome::Skipped(file, reason) => (Record::Skipped(Skipped { file, reason }), Vec::new()),
            Outcome::Tagged(file, heard, score) => {
                let chosen = self.selection.indices(&score.scores).into_iter();
                let tags = chosen.map(|index| TagScore { tag: self.tags[index].clone(), score: score.scores[index] });
                let tagged = Tagged {
                    file,
                    status: if heard.damaged_packets > 0 { Status::Partial } else { Status::Ok },
                    duration: heard.duration,
                    segments: score.segments,
                    short: heard.short,
                    damaged_packets: heard.damaged_packets,
                    decoder: heard.decoder,
                    tags: tags.collect(),
                };
                (Record::Result(tagged), score.scores)
            }
        }
    }

    fn count(&mut self, record: &Record) {
        self.counts.files += 1;
        match record {
            Record::Result(result) => {
                self.counts.ok += 1;
                self.counts.audio_seconds += result.duration;
            }
            Record::Failed(_) => self.counts.failed += 1,
            Record::Skipped(_) => self.counts.skipped += 1,
        }
    }

    fn progress(&self, shared: &Shared) -> Progress {
        let total = Some(shared.total.load(Ordering::Relaxed)).filter(|&total| total >= self.counts.files.max(1));
        Progress { total, seconds: self.began.elapsed().as_secs_f64(), ..self.counts }
    }

    fn counts(&self) -> Done {
        let Progress { files, ok, failed, skipped, audio_seconds, .. } = self.counts;
        Done { files, ok, failed, skipped, audio_seconds, seconds: self.began.elapsed().as_secs_f64() }
    }
}

/// SHA-256 of a file, hexadecimal.
fn hash(path: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    let read = File::open(path).and_then(|mut file| io::copy(&mut file, &mut hasher));
    read.map_err(|reason| Error::input(path, Code::ModelFormat, &reason))?;
    Ok(hexadecimal(&hasher.finalize()))
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_string());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    Error::new(Code::Internal, format!("a fault of samplecnn, please report it: {text}"))
}
