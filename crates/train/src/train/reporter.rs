//! Passes events on to the log and the caller.

use error::{Result, WarningCode};

use crate::event::{Event, Warning};
use crate::run::EventLog;

/// Writes events to the log and passes them to the callback.
pub(super) struct Reporter<'a> {
    pub(super) log: EventLog,
    pub(super) on_event: &'a mut dyn FnMut(Event),
}

impl<'a> Reporter<'a> {
    /// Continues `log`; `early` are the events that were passed to the callback before the log was opened.
    pub(super) fn begin(mut log: EventLog, early: &[Event], on_event: &'a mut dyn FnMut(Event)) -> Result<Self> {
        early.iter().try_for_each(|event| log.append(event))?;
        Ok(Self { log, on_event })
    }

    /// Logs an event and passes it to the callback; progress is not logged.
    pub(super) fn emit(&mut self, event: Event) -> Result<()> {
        let kept = if matches!(event, Event::Progress(_)) { Ok(()) } else { self.log.append(&event) };
        (self.on_event)(event);
        kept
    }

    pub(super) fn warn(&mut self, code: WarningCode, message: impl AsRef<str>) -> Result<()> {
        self.emit(Event::Warning(Warning::new(code, message)))
    }
}
