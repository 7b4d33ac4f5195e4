//! Streams: what runs beside the main work is done as late as it may be.

use error::Result;

use super::noted::Noted;
use super::Emulated;
use crate::gpu::transfer::{Event, Pinned, Queue};
use crate::gpu::{Address, Streams};

/// Copies beside the work. None is made before somebody waits for it: who does not wait computes with what was there before.
#[derive(Default)]
pub(super) struct Copies {
    queue: Vec<Copy>,
    made: usize,
    /// How many copies are behind each event.
    events: Vec<usize>,
}

struct Copy {
    to: Address,
    from: *const u8,
    bytes: usize,
}

impl Copy {
    fn make(&self) {
        // SAFETY: both ends were checked to lie inside our memory.
        unsafe { std::ptr::copy_nonoverlapping(self.from, self.to.0 as *mut u8, self.bytes) };
    }
}

impl Streams for Emulated {
    fn event(&mut self) -> Result<Event> {
        let mut copies = self.copies.borrow_mut();
        copies.events.push(0);
        Ok(Event(copies.events.len() - 1))
    }

    fn copy(&self, queue: Queue, to: Address, from: &Pinned, bytes: usize) -> Result<()> {
        assert!(bytes <= from.len() && self.holds(to, bytes), "copy outside of all memory");
        let copy = Copy { to, from: from.start(), bytes };
        match queue {
            Queue::Work => copy.make(),
            Queue::Copy => self.copies.borrow_mut().queue.push(copy),
        }
        Ok(())
    }

    fn record(&self, event: Event, queue: Queue) -> Result<()> {
        let mut copies = self.copies.borrow_mut();
        // Work is done when it is asked for, so that it has been reached.
        copies.events[event.0] = if queue == Queue::Copy { copies.queue.len() } else { 0 };
        Ok(())
    }

    fn wait(&self, _: Queue, event: Event) -> Result<()> {
        self.reached(event)
    }

    fn reached(&self, event: Event) -> Result<()> {
        let copies = &mut *self.copies.borrow_mut();
        for copy in &copies.queue[copies.made.min(copies.events[event.0])..copies.events[event.0]] {
            copy.make();
        }
        copies.made = copies.made.max(copies.events[event.0]);
        Ok(())
    }

    fn fork(&self) -> Result<()> {
        if !self.is_noted(|| Noted::Fork) {
            self.is_beside.set(true);
        }
        Ok(())
    }

    fn back(&self) -> Result<()> {
        match self.recording.borrow_mut().as_mut() {
            Some(recording) => recording.push(Noted::Back),
            None => self.is_beside.set(false),
        }
        Ok(())
    }

    fn join(&self) -> Result<()> {
        if self.is_noted(|| Noted::Join) {
            return Ok(());
        }
        let beside = self.beside.take();
        self.run(&beside)
    }
}
