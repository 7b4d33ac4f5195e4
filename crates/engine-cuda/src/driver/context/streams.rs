//! The streams: the main work, what runs beside it, and copies.

use std::cell::Cell;

use error::Result;

use super::{Context, NO_TIMING};
use crate::driver::functions::Handle;
use crate::gpu::transfer::{Event, Pinned, Queue};
use crate::gpu::{Address, Streams};

/// What runs beside the main work: a stream, a handle of cuBLAS on it, and events where it begins and ends.
pub(super) struct Branch {
    pub(super) stream: Handle,
    pub(super) blas: Handle,
    pub(super) begins: Handle,
    pub(super) ends: Handle,
    /// Whether something runs there that nobody has waited for.
    is_open: Cell<bool>,
}

impl Default for Branch {
    fn default() -> Self {
        let null = std::ptr::null_mut();
        Self { stream: null, blas: null, begins: null, ends: null, is_open: Cell::new(false) }
    }
}

impl Context {
    /// Where launches and products go now.
    pub(super) fn now(&self) -> (Handle, Handle) {
        if self.is_beside.get() {
            (self.branch.stream, self.branch.blas)
        } else {
            (self.stream, self.blas)
        }
    }

    fn stream_of(&self, queue: Queue) -> Handle {
        match queue {
            Queue::Work => self.stream,
            Queue::Copy => self.copies,
        }
    }
}

impl Streams for Context {
    fn event(&mut self) -> Result<Event> {
        let mut event = std::ptr::null_mut();
        // SAFETY: a place for the result.
        self.driver.check("make an event", unsafe { (self.driver.cuEventCreate)(&mut event, NO_TIMING) })?;
        self.events.push(event);
        Ok(Event(self.events.len() - 1))
    }

    fn copy(&self, queue: Queue, to: Address, from: &Pinned, bytes: usize) -> Result<()> {
        if bytes == 0 {
            return Ok(());
        }
        let (from, bytes) = (from.start(), bytes.min(from.len()));
        // SAFETY: the caller's place has room, and what is copied stays until the copy has ended.
        let status = unsafe { (self.driver.cuMemcpyHtoDAsync_v2)(to.0, from.cast(), bytes, self.stream_of(queue)) };
        self.driver.check("take data", status)
    }

    fn record(&self, event: Event, queue: Queue) -> Result<()> {
        // SAFETY: an event and a stream of ours.
        let status = unsafe { (self.driver.cuEventRecord)(self.events[event.0], self.stream_of(queue)) };
        self.driver.check("record an event", status)
    }

    fn wait(&self, queue: Queue, event: Event) -> Result<()> {
        // SAFETY: as above.
        let status = unsafe { (self.driver.cuStreamWaitEvent)(self.stream_of(queue), self.events[event.0], 0) };
        self.driver.check("wait for an event", status)
    }

    fn reached(&self, event: Event) -> Result<()> {
        // SAFETY: an event of ours.
        self.driver.check("reach an event", unsafe { (self.driver.cuEventSynchronize)(self.events[event.0]) })
    }

    fn fork(&self) -> Result<()> {
        // What is measured runs alone.
        if self.trace.is_some() {
            return Ok(());
        }
        let branch = &self.branch;
        // SAFETY: events and streams of ours.
        unsafe {
            self.driver.check("record an event", (self.driver.cuEventRecord)(branch.begins, self.stream))?;
            self.driver.check("wait for an event", (self.driver.cuStreamWaitEvent)(branch.stream, branch.begins, 0))?;
        }
        branch.is_open.set(true);
        self.is_beside.set(true);
        Ok(())
    }

    fn back(&self) -> Result<()> {
        self.is_beside.set(false);
        Ok(())
    }

    fn join(&self) -> Result<()> {
        let branch = &self.branch;
        if !branch.is_open.replace(false) {
            return Ok(());
        }
        // SAFETY: events and streams of ours.
        unsafe {
            self.driver.check("record an event", (self.driver.cuEventRecord)(branch.ends, branch.stream))?;
            self.driver.check("wait for an event", (self.driver.cuStreamWaitEvent)(self.stream, branch.ends, 0))
        }
    }
}
