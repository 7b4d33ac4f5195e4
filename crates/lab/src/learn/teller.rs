//! Tells events: progress at a limited rate.

use train::Pace;

use super::event::{LearnEvent, LearnPhase, LearnProgress};

/// Passes events on.
pub(super) struct Teller<'a> {
    on_event: &'a mut dyn FnMut(LearnEvent),
    phase: LearnPhase,
    pace: Pace,
}

impl<'a> Teller<'a> {
    pub(super) fn new(on_event: &'a mut dyn FnMut(LearnEvent)) -> Self {
        Self { on_event, phase: LearnPhase::Library, pace: Pace::new() }
    }

    /// Passes an event on.
    pub(super) fn tell(&mut self, event: LearnEvent) {
        (self.on_event)(event);
    }

    /// A new phase begins.
    pub(super) fn begin(&mut self, phase: LearnPhase) {
        (self.phase, self.pace) = (phase, Pace::new());
    }

    /// Tells the progress of the phase if it is time, and always at its end.
    pub(super) fn progress(&mut self, done: usize, total: Option<usize>, failed: usize) {
        if self.pace.is_due() || total == Some(done) {
            let seconds = self.pace.seconds();
            self.tell(LearnEvent::Progress(LearnProgress { phase: self.phase, done, total, failed, seconds }));
        }
    }
}
