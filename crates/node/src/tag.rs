//! The tagging job: records in input order, with the events between them. Once it runs it has no thread of its own: whenever a
//! record may be there, or room for one, what there is is handed over by one of the threads for that.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use error::{Code, Error, Result};
use napi::Env;
use tagger::{Event, Next, TagOptions, Tagger};

use crate::calls::{calls, deliveries};
use crate::failure::{guarded, to_js};
use crate::job::Job;
use crate::live;
use crate::model::HeldModel;
use crate::shared::Shared;

/// Tags `paths` as `options` say, with `model` or else the model file that they name.
pub fn tag(env: &Env, options: &str, paths: Vec<PathBuf>, model: Option<Arc<HeldModel>>) -> napi::Result<Job> {
    let mut options = TagOptions::from_json(options).map_err(to_js)?;
    options.paths = paths;
    let has_list = options.files_from.is_some();
    let shared = Arc::new(Shared::default());
    live::register(env, &shared)?;
    let delivery = Arc::new(RecordFeed {
        shared: shared.clone(),
        asked: AtomicUsize::new(1),
        phase: Mutex::new(FeedPhase::New(Box::new(options), model)),
    });
    // Until its end the job holds itself: it works on while JavaScript looks elsewhere.
    let woken = delivery.clone();
    shared.on_room(move || woken.wake());
    // To begin takes as long as the model is large: the records of other jobs do not wait for that.
    let begin = move || delivery.look();
    let begun = if has_list {
        // A list may be a pipe that nobody writes to.
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

/// Who brings the records of a job to JavaScript.
struct RecordFeed {
    shared: Arc<Shared>,
    /// How often somebody was asked to look, since the last look that nobody asked for another in. Who raises it from 0 has
    /// somebody look: one at a time does, so that none of the threads waits for another.
    asked: AtomicUsize,
    phase: Mutex<FeedPhase>,
}

enum FeedPhase {
    New(Box<TagOptions>, Option<Arc<HeldModel>>),
    /// It holds what it computes with: a model that is disposed of meanwhile serves the job to its end, and nobody waits for that.
    Running(Box<Tagger>),
    Ended,
}

impl RecordFeed {
    /// Asks for a look; whether the caller has to see to it.
    fn ask(&self) -> bool {
        self.asked.fetch_add(1, Ordering::SeqCst) == 0
    }

    /// Has somebody look, soon and elsewhere.
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

    /// Looks once, and has somebody look again where that was asked for meanwhile.
    fn look(self: &Arc<Self>) {
        let asked = self.asked.load(Ordering::SeqCst);
        if self.hand_over() {
            return;
        }
        if self.asked.compare_exchange(asked, 0, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            self.send();
        }
    }

    /// Hands over what there is and what there is room for; whether the job has ended.
    fn hand_over(self: &Arc<Self>) -> bool {
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = guarded(|| self.advance(&mut phase));
        if let Ok(false) = outcome {
            return false;
        }
        // First all is given back, then the end is told.
        let ended = std::mem::replace(&mut *phase, FeedPhase::Ended);
        if matches!(ended, FeedPhase::Ended) {
            return true;
        }
        drop(ended);
        self.shared.end(outcome.map(drop));
        true
    }

    /// Whether the job has ended.
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
        // Whoever tells of a change may be a thread that the job waits for: it holds nothing of the job.
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
            // Without a thread the next call of JavaScript looks.
            drop(deliveries().run(look));
        });
        let stop = tagger.canceller();
        self.shared.on_cancel(stop);
        // What came before somebody was told.
        self.wake();
        Ok(tagger)
    }
}
