//! Passes events on to the log and the caller.

use error::{Result, WarningCode};

use crate::event::{Epoch, Event, Warning};
use crate::run::{write_epochs, EventFile, EventLog, RunFolder};

/// Writes events to the log, the table of epochs and the file for TensorBoard, and passes them to the callback.
pub(super) struct Reporter<'a> {
    folder: &'a RunFolder,
    pub(super) log: EventLog,
    tensorboard: EventFile,
    /// The finished epochs, also those of earlier processes.
    pub(super) epochs: Vec<Epoch>,
    pub(super) on_event: &'a mut dyn FnMut(Event),
}

impl<'a> Reporter<'a> {
    /// Continues the log of the run in `folder` after `length` bytes; `early` are the events that were passed to the
    /// callback before the log was opened.
    pub(super) fn begin(
        folder: &'a RunFolder,
        length: u64,
        early: &[Event],
        on_event: &'a mut dyn FnMut(Event),
    ) -> Result<Self> {
        let mut log = EventLog::open(&folder.events(), length)?;
        let epochs = log.epochs()?;
        let tensorboard = EventFile::open(&folder.tensorboard(), &epochs)?;
        early.iter().try_for_each(|event| log.append(event))?;
        Ok(Self { folder, log, tensorboard, epochs, on_event })
    }

    /// Logs an event and passes it to the callback; progress is not logged.
    pub(super) fn emit(&mut self, event: Event) -> Result<()> {
        let kept = if matches!(event, Event::Progress(_)) { Ok(()) } else { self.keep(&event) };
        (self.on_event)(event);
        kept
    }

    fn keep(&mut self, event: &Event) -> Result<()> {
        self.log.append(event)?;
        match event {
            Event::Epoch(epoch) => {
                self.epochs.push(epoch.clone());
                self.tensorboard.epoch(epoch)?;
                write_epochs(&self.folder.epochs(), &self.epochs)
            }
            Event::Done(done) => self.tensorboard.done(done),
            _ => Ok(()),
        }
    }

    pub(super) fn warn(&mut self, code: WarningCode, message: impl AsRef<str>) -> Result<()> {
        self.emit(Event::Warning(Warning::new(code, message)))
    }
}
