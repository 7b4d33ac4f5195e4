//! Times of launches on a stream, by an event behind each.

use std::cell::RefCell;

use engine_core::LaunchTime;
use error::Result;

use crate::driver::functions::{Driver, Handle};

/// Events on a stream: the first at the start, then one behind every launch.
pub(crate) struct Trace {
    driver: &'static Driver,
    events: RefCell<Vec<(LaunchTime, Handle)>>,
}

impl Trace {
    /// Begins on `stream`.
    pub(crate) fn new(driver: &'static Driver, stream: Handle) -> Result<Self> {
        let trace = Self { driver, events: RefCell::new(Vec::new()) };
        let start = LaunchTime { name: String::new(), seconds: 0.0, bytes: 0, operations: 0 };
        trace.mark(start, stream)?;
        Ok(trace)
    }

    /// Notes the end of what was launched last.
    pub(crate) fn mark(&self, launch: LaunchTime, stream: Handle) -> Result<()> {
        let mut event = std::ptr::null_mut();
        // SAFETY: a place for the event, which lives as long as this.
        unsafe {
            self.driver.check("make an event", (self.driver.cuEventCreate)(&mut event, 0))?;
            self.events.borrow_mut().push((launch, event));
            self.driver.check("record an event", (self.driver.cuEventRecord)(event, stream))
        }
    }

    /// What was launched, with its seconds, after the stream has finished.
    pub(crate) fn seconds(&self) -> Result<Vec<LaunchTime>> {
        let events = self.events.borrow();
        let between = events.iter().zip(events.iter().skip(1)).map(|((_, before), (launch, after))| {
            let mut milliseconds = 0.0f32;
            // SAFETY: recorded events of ours.
            let status = unsafe { (self.driver.cuEventElapsedTime)(&mut milliseconds, *before, *after) };
            self.driver.check("tell a time", status)?;
            Ok(LaunchTime { seconds: f64::from(milliseconds) / 1e3, ..launch.clone() })
        });
        between.collect()
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        for (_, event) in self.events.borrow().iter() {
            // SAFETY: ours, given back once.
            unsafe { (self.driver.cuEventDestroy_v2)(*event) };
        }
    }
}
