//! The length of clips: how much of each clip is used, and which clips are too short for the split.

use error::WarningCode;

use super::Dataset;
use crate::cache::Cache;
use crate::event::Warning;

/// Seconds by which two decoders may differ in the length of a file.
const TOLERANCE: f64 = 0.001;

impl Dataset {
    /// Seconds of each clip that a cache must hold if `used` of them are used: enough to find clips that are too short.
    /// `None`: all.
    pub fn cached_seconds(&self, used: Option<f64>) -> Option<f64> {
        used.map(|used| used.max(self.shortest_seconds.unwrap_or(0.0)))
    }

    /// Seconds of audio that a clip needs for the split, less what two decoders may differ by. `None`: any length is
    /// enough.
    pub fn least_seconds(&self) -> Option<f64> {
        self.shortest_seconds.map(|shortest| shortest - TOLERANCE)
    }

    /// [`Dataset::least_seconds`] in samples at `rate` Hz.
    pub(crate) fn least_samples(&self, rate: u32) -> Option<u64> {
        self.least_seconds().map(|least| (least * f64::from(rate)).ceil() as u64)
    }

    /// Leaves out the clips that are too short for the split, and shortens the others in `cache`, whose sampling rate
    /// is `rate` Hz, to `used` seconds. Returns a warning if clips were left out.
    pub fn cut(&mut self, cache: &mut Cache, rate: u32, used: Option<f64>) -> Option<Warning> {
        let mut short = 0;
        if let Some(least) = self.least_samples(rate) {
            let before = self.clips.len();
            self.clips.retain(|clip| cache.clip(&clip.name).is_none_or(|prepared| prepared.samples >= least));
            short = before - self.clips.len();
        }
        if let Some(used) = used {
            cache.cut((used * f64::from(rate)).round() as u64);
        }
        let shortest = self.shortest_seconds.unwrap_or(0.0);
        let message = format!(
            "{short} clips are left out: they are shorter than {shortest} s, and the split \"{}\" excludes such clips",
            self.split
        );
        (short > 0).then(|| Warning::new(WarningCode::ShortClipsLeftOut, message).of_count(short))
    }
}
