//! The mel stem: converts the waveform to its standardised log-mel spectrogram.

use std::sync::{Mutex, PoisonError};

use engine_core::{Mel, MelScratch};
use error::Result;

use crate::infer::map::{MapId, Maps};
use crate::infer::work::Work;

/// The number of frames in one work item.
const FRAMES: usize = 16;

/// A mel stem with the statistics of its training set.
pub(crate) struct Spectrogram {
    pub(crate) mel: Mel,
    pub(crate) input: MapId,
    pub(crate) output: MapId,
    pub(crate) mean: f32,
    pub(crate) deviation: f32,
    /// One scratch memory for each worker, which is the only one to lock it; allocated by [`Spectrogram::prepare`].
    pub(crate) scratch: Vec<Mutex<MelScratch>>,
}

impl Spectrogram {
    /// Allocates the scratch memory of `workers` workers.
    pub(crate) fn prepare(&mut self, workers: usize) {
        self.scratch = (0..workers).map(|_| Mutex::new(self.mel.scratch())).collect();
    }

    pub(crate) fn run(&self, maps: &Maps, n: usize, work: &Work) -> Result<()> {
        let (input, output) = (&maps.maps[self.input], &maps.maps[self.output]);
        let blocks = output.length.div_ceil(FRAMES);
        let failed = Mutex::new(None);
        work.pool.run(n * blocks, |item, worker| {
            let (segment, block) = (item / blocks, item % blocks);
            let mut scratch = self.scratch[worker].lock().unwrap_or_else(PoisonError::into_inner);
            // SAFETY: nobody writes the waveform in this step.
            let samples = unsafe { &*work.arena.part(input.at(segment, 0), input.length) };
            for frame in block * FRAMES..output.length.min((block + 1) * FRAMES) {
                // SAFETY: a row of the output that only this item writes.
                let row = unsafe { work.arena.part(output.at(segment, frame as isize), output.width) };
                let (values, padding) = row.split_at_mut(self.mel.bands());
                padding.fill(0.0);
                if let Err(error) = self.mel.frame(&mut scratch, samples, frame, values) {
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                }
                values.iter_mut().for_each(|v| *v = (*v - self.mean) / self.deviation);
            }
        })?;
        failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}
