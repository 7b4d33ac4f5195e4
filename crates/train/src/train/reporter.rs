//! What events pass through.

use error::{Result, WarningCode};

use crate::event::{Event, Warning};
use crate::run::EventLog;

/// The log keeps them, the caller hears them.
pub(super) struct Reporter<'a> {
    pub(super) log: EventLog,
    pub(super) on_event: &'a mut dyn FnMut(Event),
}

impl<'a> Reporter<'a> {
    /// Goes on with `log`; `early` was told before there was one.
    pub(super) fn begin(mut log: EventLog, early: &[Event], on_event: &'a mut dyn FnMut(Event)) -> Result<Self> {
        early.iter().try_for_each(|event| log.append(event))?;
        Ok(Self { log, on_event })
    }

    /// Keeps and tells one event; progress is told only.
    pub(super) fn emit(&mut self, event: Event) -> Result<()> {
        let kept = if matches!(event, Event::Progress(_)) { Ok(()) } else { self.log.append(&event) };
        (self.on_event)(event);
        kept
    }

    pub(super) fn warn(&mut self, code: WarningCode, message: impl Into<String>) -> Result<()> {
        self.emit(Event::Warning(Warning::new(code, message)))
    }
}
