//! The mel stem: its frames are made on the CPU and uploaded as the network's input.

use std::sync::{Mutex, PoisonError};

use engine_core::pool::{Disjoint, Pool};
use engine_core::tape::MelStatistics;
use engine_core::{Mel, MelScratch};
use error::{Error, Result};

/// A mel stem and the memory it works in.
pub(crate) struct Spectrogram {
    mel: Mel,
    places: MelStatistics,
    mean: f32,
    deviation: f32,
    pool: Pool,
    /// One for each worker, who alone locks it.
    scratch: Vec<Mutex<MelScratch>>,
    frames: Vec<f32>,
}

impl Spectrogram {
    /// None where the network reads waveforms.
    pub(crate) fn new(mel: Option<Mel>, places: Option<MelStatistics>, threads: usize) -> Result<Option<Self>> {
        let Some((mel, places)) = mel.zip(places) else { return Ok(None) };
        let pool = Pool::new(threads)?;
        let scratch = (0..pool.threads()).map(|_| Mutex::new(mel.scratch())).collect();
        Ok(Some(Self { mel, places, mean: 0.0, deviation: 1.0, pool, scratch, frames: Vec::new() }))
    }

    /// Takes mean and deviation from the network's statistics.
    pub(crate) fn set_statistics(&mut self, statistics: &[f32]) {
        (self.mean, self.deviation) = (statistics[self.places.mean], statistics[self.places.deviation]);
    }

    /// Standardised log-mel frames `[n, frames, bands]` of waveforms `[n, samples]`.
    pub(crate) fn frames(&mut self, input: &[f32]) -> Result<&[f32]> {
        let (frames, bands, samples) = (self.mel.frames(), self.mel.bands(), self.mel.samples());
        let n = input.len() / samples;
        self.frames.resize(n * frames * bands, 0.0);
        let Self { mel, mean, deviation, pool, scratch, frames: out, .. } = self;
        let out = Disjoint::new(out);
        let failed: Mutex<Option<Error>> = Mutex::new(None);
        pool.run(n * frames, |item, worker| {
            let mut scratch = scratch[worker].lock().unwrap_or_else(PoisonError::into_inner);
            // SAFETY: an item writes its own row.
            let row = unsafe { out.part(item * bands, bands) };
            if let Err(error) =
                mel.frame(&mut scratch, &input[item / frames * samples..][..samples], item % frames, row)
            {
                *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
            row.iter_mut().for_each(|value| *value = (*value - *mean) / *deviation);
        })?;
        failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)?;
        Ok(&self.frames)
    }
}
