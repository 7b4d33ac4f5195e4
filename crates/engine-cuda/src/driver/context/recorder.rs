//! CUDA graphs.

use error::Result;

use super::Context;
use crate::gpu::{Recorder, Recording};

/// `CU_STREAM_CAPTURE_MODE_THREAD_LOCAL`: what other threads do does not disturb a recording.
const CAPTURE_OF_THREAD: u32 = 1;

impl Recorder for Context {
    fn begin_recording(&self) -> Result<()> {
        // SAFETY: our stream.
        let status = unsafe { (self.driver.cuStreamBeginCapture_v2)(self.stream, CAPTURE_OF_THREAD) };
        self.driver.check("begin a graph", status)
    }

    fn end_recording(&self) -> Result<Recording> {
        let (mut graph, mut whole) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: our stream, and places for the results; what was noted is no longer needed once it is instantiated.
        unsafe {
            self.driver.check("end a graph", (self.driver.cuStreamEndCapture)(self.stream, &mut graph))?;
            let status = (self.driver.cuGraphInstantiateWithFlags)(&mut whole, graph, 0);
            (self.driver.cuGraphDestroy)(graph);
            self.driver.check("make a graph", status)?;
        }
        let mut graphs = self.graphs.borrow_mut();
        graphs.push(whole);
        Ok(Recording(graphs.len() - 1))
    }

    fn replay(&self, recording: Recording) -> Result<()> {
        // SAFETY: a graph and a stream of ours; all memory that the graph uses lives as long as this.
        let status = unsafe { (self.driver.cuGraphLaunch)(self.graphs.borrow()[recording.0], self.stream) };
        self.driver.check("start a graph", status)
    }
}
