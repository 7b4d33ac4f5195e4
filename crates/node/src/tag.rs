//! The tagging job: records in input order, with the events between them. While it runs it has no thread of its own:
//! whenever there may be a record or room for one, a delivery thread passes on the available records.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use error::{Code, Error, Result};
use napi::Env;
use tagger::{Event, Next, TagOptions, Tagger};

use crate::calls::{calls, deliveries};
use crate::failure::guarded;
use crate::job::Job;
use crate::live;
use crate::model::HeldModel;
use crate::shared::Shared;

/// Tags or embeds files with `options`, and with `model` if there is one, otherwise with the model file in the options.
pub fn tag(env: &Env, options: TagOptions, model: Option<Arc<HeldModel>>) -> napi::Result<Job> {
    let has_list = options.files_from.is_some();
    let shared = Arc::new(Shared::default());
    live::register(env, &shared)?;
    let delivery = Arc::new(RecordFeed {
        shared: shared.clone(),
        asked: AtomicUsize::new(1),
        phase: Mutex::new(FeedPhase::New(Box::new(options), model)),
    });
    // The job keeps itself alive until its end: it continues while JavaScript does other work.
    let woken = delivery.clone();
    shared.on_room(move || woken.wake());
    // Starting takes longer for larger models: run it on another thread, so that the records of other jobs do not wait.
    let begin = move || delivery.look();
    let begun = if has_list {
        // A list may be a pipe to which nothing is ever written.
        let thread = std::thread::Builder::new().name("samplecnn-tag".into()).spawn(begin).map(drop);
        thread.map_err(|reason| Error::new(Code::Internal, format!("no thread could be started: {reason}")))
    } else {
        calls().run(begin)
    };
    if let Err(error) = begun {
        shared.end(Err(error));
    }
    Ok(Job::of(shared))
}

/// Passes the records of a job to JavaScript.
struct RecordFeed {
    shared: Arc<Shared>,
    /// Number of requests for a delivery since the last delivery without new requests. The request that raises it from
    /// 0 starts the delivery, so that only one delivery runs at a time and no thread waits for another.
    asked: AtomicUsize,
    phase: Mutex<FeedPhase>,
}

enum FeedPhase {
    New(Box<TagOptions>, Option<Arc<HeldModel>>),
    /// The job holds a reference to its model: a model that is disposed in the meantime is used until the job ends.
    Running(Box<Tagger>),
    Ended,
}

impl RecordFeed {
    /// Requests a delivery; returns whether the caller must start it.
    fn ask(&self) -> bool {
        self.asked.fetch_add(1, Ordering::SeqCst) == 0
    }

    /// Requests a delivery on a delivery thread.
    fn wake(self: &Arc<Self>) {
        if self.ask() {
            self.send();
        }
    }

    fn send(self: &Arc<Self>) {
        let this = self.clone();
        if let Err(error) = deliveries().run(move || this.look()) {
            self.shared.end(Err(error));
        }
    }

    /// Delivers once, and starts another delivery if one was requested in the meantime.
    fn look(self: &Arc<Self>) {
        let asked = self.asked.load(Ordering::SeqCst);
        if self.hand_over() {
            return;
        }
        if self.asked.compare_exchange(asked, 0, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            self.send();
        }
    }

    /// Passes on the available records as far as there is room; returns whether the job has ended.
    fn hand_over(self: &Arc<Self>) -> bool {
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = guarded(|| self.advance(&mut phase));
        if let Ok(false) = outcome {
            return false;
        }
        // Release everything before reporting the end.
        let ended = std::mem::replace(&mut *phase, FeedPhase::Ended);
        if matches!(ended, FeedPhase::Ended) {
            return true;
        }
        drop(ended);
        self.shared.end(outcome.map(drop));
        true
    }

    /// Returns whether the job has ended.
    fn advance(self: &Arc<Self>, phase: &mut FeedPhase) -> Result<bool> {
        if let FeedPhase::New(options, model) = phase {
            if self.shared.cancelled().load(Ordering::SeqCst) {
                return Err(Error::aborted());
            }
            let model = model.take();
            let tagger = self.start(std::mem::take(&mut **options), model.as_deref())?;
            *phase = FeedPhase::Running(Box::new(tagger));
        }
        let FeedPhase::Running(tagger) = phase else { return Ok(true) };
        while self.shared.has_room() {
            match tagger.try_next()? {
                Next::Item(record) => self.shared.event(&record, false)?,
                Next::End => return Ok(true),
                Next::NotYet => return Ok(false),
            }
        }
        if self.shared.cancelled().load(Ordering::SeqCst) {
            return Err(Error::aborted());
        }
        Ok(false)
    }

    fn start(self: &Arc<Self>, options: TagOptions, model: Option<&HeldModel>) -> Result<Tagger> {
        let events = self.shared.clone();
        let on_event = Arc::new(move |event: Event| drop(events.event(&event, matches!(event, Event::Progress(_)))));
        let tagger = match model {
            Some(held) => Tagger::start_loaded(options, held.loaded()?, on_event)?,
            None => Tagger::start(options, on_event)?,
        };
        // The callback may run on a thread for which the job waits: it must not keep the job alive.
        let this = Arc::downgrade(self);
        let told = Arc::new(AtomicBool::new(false));
        tagger.on_change(move || {
            if told.swap(true, Ordering::SeqCst) {
                return;
            }
            let (this, told) = (this.clone(), told.clone());
            let look = move || {
                told.store(false, Ordering::SeqCst);
                if let Some(this) = this.upgrade().filter(|this| this.ask()) {
                    this.look();
                }
            };
            // If no thread can be started, the next call of JavaScript delivers.
            drop(deliveries().run(look));
        });
        let stop = tagger.canceller();
        self.shared.on_cancel(stop);
        // Deliver the records that were ready before the callback was set.
        self.wake();
        Ok(tagger)
    }
}
