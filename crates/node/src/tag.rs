//! The tagging job: records in input order, with the events between them.

use std::sync::Arc;

use error::Result;
use tagger::{Event, TagOptions, Tagger};

use crate::job::Shared;

/// Tags what `options` names.
pub fn tag(options: &str, job: &Arc<Shared>) -> Result<()> {
    let options = TagOptions::from_json(options)?;
    let events = job.clone();
    let on_event = move |event: Event| drop(events.event(&event, matches!(event, Event::Progress(_))));
    let tagger = Arc::new(Tagger::start(options, Arc::new(on_event))?);
    let running = Arc::downgrade(&tagger);
    job.on_cancel(move || {
        if let Some(tagger) = running.upgrade() {
            tagger.cancel();
        }
    });
    while let Some(record) = tagger.next()? {
        job.record(&record)?;
    }
    Ok(())
}
