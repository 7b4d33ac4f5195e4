//! Recordings, which run what was noted.

use error::Result;

use super::Emulated;
use crate::gpu::{Recorder, Recording};

impl Recorder for Emulated {
    fn begin_recording(&self) -> Result<()> {
        let before = self.recording.replace(Some(Vec::new()));
        assert!(before.is_none(), "a recording in a recording");
        assert!(self.beside.borrow().is_empty(), "work beside the main work that was never joined");
        Ok(())
    }

    fn end_recording(&self) -> Result<Recording> {
        let noted = self.recording.take().expect("no recording was begun");
        self.recordings.borrow_mut().push(noted);
        Ok(Recording(self.recordings.borrow().len() - 1))
    }

    fn replay(&self, recording: Recording) -> Result<()> {
        let noted = self.recordings.borrow()[recording.0].clone();
        self.run(&noted)
    }
}
