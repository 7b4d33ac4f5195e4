//! The mel stem in training: converts a batch to standardised log-mel frames, the input of the first block. It computes
//! no gradient.

use std::sync::{Mutex, PoisonError};

use engine_core::pool::Pool;
use engine_core::tape::MelStatistics;
use engine_core::{Mel, MelScratch};
use error::{Error, Result};

use super::state::State;

/// The number of frames in one work item.
const FRAMES: usize = 16;

/// A mel stem and its scratch memory.
pub(crate) struct Spectrogram {
    mel: Mel,
    statistics: MelStatistics,
    /// One scratch memory for each worker, which is the only one to lock it.
    scratch: Vec<Mutex<MelScratch>>,
}

impl Spectrogram {
    /// Allocates the scratch memory of `workers` workers.
    pub(crate) fn new(mel: Mel, statistics: MelStatistics, workers: usize) -> Self {
        Self { scratch: (0..workers).map(|_| Mutex::new(mel.scratch())).collect(), mel, statistics }
    }

    /// Converts the waveforms `input` `[n, samples]` to the input map `[n, frames, bands]`.
    pub(crate) fn feed(&self, state: &State, pool: &Pool, input: &[f32]) -> Result<()> {
        let (samples, map) = (state.tape.samples, &state.maps[0]);
        let (frames, bands) = (map.spec.length, map.spec.channels);
        let statistics = state.memory.get(state.statistics);
        let (mean, deviation) = (statistics[self.statistics.mean], statistics[self.statistics.deviation]);
        let blocks = frames.div_ceil(FRAMES);
        let failed: Mutex<Option<Error>> = Mutex::new(None);
        pool.run(input.len() / samples * blocks, |item, worker| {
            let (segment, block) = (item / blocks, item % blocks);
            let mut scratch = self.scratch[worker].lock().unwrap_or_else(PoisonError::into_inner);
            for frame in block * FRAMES..frames.min((block + 1) * FRAMES) {
                // SAFETY: a row of the input map that only this item writes; nothing else runs.
                let row = unsafe { state.memory.write(map.data.part((segment * frames + frame) * bands, bands)) };
                if let Err(error) = self.mel.frame(&mut scratch, &input[segment * samples..][..samples], frame, row) {
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                }
                row.iter_mut().for_each(|value| *value = (*value - mean) / deviation);
            }
        })?;
        failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}
