//! Mean and deviation of the log-mel values of the training part; a mel front end standardises its values with them
//! (the paper, section 5.3).

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use engine::Mel;
use error::{Error, Result};
use net::Architecture;
use sha2::{Digest, Sha256};

use crate::cache::{keep, measured};
use crate::event::{Event, Pace, Phase, Progress};
use crate::part::{PartData, Segment};

/// One mean and one deviation over all segments, frames and bands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct MelStatistics {
    pub(crate) mean: f32,
    /// Greater than 0: 1 if all values are equal.
    pub(crate) deviation: f32,
}

/// Sums over the values of one segment.
#[derive(Clone, Copy, Default)]
struct Sums {
    first: f64,
    second: f64,
}

impl MelStatistics {
    /// The statistics that the cache at `folder` stores for the front end of `architecture` and the segments of `data`;
    /// if there are none, they are measured and stored. The second value is `Err` if they could not be stored.
    ///
    /// # Errors
    /// Those of [`MelStatistics::of`].
    pub(crate) fn learned(
        architecture: &Architecture,
        mel: &Mel,
        data: &PartData,
        folder: &Path,
        threads: usize,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<(Self, Result<()>)> {
        let key = key(architecture, data);
        if let Some([mean, deviation]) = measured(folder, &key) {
            return Ok((Self { mean: mean as f32, deviation: deviation as f32 }, Ok(())));
        }
        let learned = Self::of(mel, data, threads, on_event, cancel)?;
        let kept = keep(folder, &key, [f64::from(learned.mean), f64::from(learned.deviation)]);
        Ok((learned, kept))
    }

    /// Measures the segments of `data` in `threads` threads. Each segment is summed on its own in f64 and the sums are
    /// added in the order of the segments, so that the result has the same bits for any number of threads. The cost is
    /// that of the front end in one epoch.
    ///
    /// # Errors
    /// [`Error::aborted`] after `cancel`; those of [`Mel::frame`].
    pub(crate) fn of(
        mel: &Mel,
        data: &PartData,
        threads: usize,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<Self> {
        let total = data.segments.len();
        let mut sums = vec![Sums::default(); total];
        let next = AtomicUsize::new(0);
        let (sender, receiver) = channel::<(usize, Result<Sums>)>();
        std::thread::scope(|scope| {
            for _ in 0..threads.clamp(1, total.max(1)) {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    let mut worker = Worker::new(mel, data.length);
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(&segment) = data.segments.get(index) else { break };
                        let stopped = cancel.load(Ordering::Relaxed);
                        if stopped || sender.send((index, worker.sums(data, segment))).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            let mut pace = Pace::new();
            for (done, (index, outcome)) in (1..).zip(receiver) {
                sums[index] = outcome?;
                if pace.is_due() || done == total {
                    on_event(Event::Progress(Progress::of(Phase::Prepare, done, total, pace.seconds())));
                }
            }
            Ok::<(), Error>(())
        })?;
        if cancel.load(Ordering::Relaxed) {
            return Err(Error::aborted());
        }
        let (mut first, mut second) = (0.0, 0.0);
        for segment in &sums {
            first += segment.first;
            second += segment.second;
        }
        let count = (total * mel.frames() * mel.bands()).max(1) as f64;
        let mean = first / count;
        let deviation = (second / count - mean * mean).max(0.0).sqrt() as f32;
        // If all values are equal, they are 0 after the mean is subtracted, whatever the divisor is.
        Ok(Self { mean: mean as f32, deviation: if deviation == 0.0 { 1.0 } else { deviation } })
    }
}

/// SHA-256 over the front end and the audio of its segments.
fn key(architecture: &Architecture, data: &PartData) -> String {
    let Architecture { sampling_rate, input_length, stem, .. } = architecture;
    let mut hash = Sha256::new();
    hash.update(format!("mel {sampling_rate} {input_length} {stem:?}\n"));
    for segment in &data.segments {
        let prepared = data.clips[segment.clip as usize].prepared;
        hash.update(format!("{} {} {}\n", prepared.audio, prepared.samples, segment.start));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The memory of one thread.
struct Worker<'a> {
    mel: &'a Mel,
    scratch: engine::MelScratch,
    samples: Vec<f32>,
    frame: Vec<f32>,
}

impl<'a> Worker<'a> {
    fn new(mel: &'a Mel, length: usize) -> Self {
        Self { mel, scratch: mel.scratch(), samples: vec![0.0; length], frame: vec![0.0; mel.bands()] }
    }

    fn sums(&mut self, data: &PartData, segment: Segment) -> Result<Sums> {
        data.read(segment, &mut self.samples)?;
        let mut sums = Sums::default();
        for index in 0..self.mel.frames() {
            self.mel.frame(&mut self.scratch, &self.samples, index, &mut self.frame)?;
            for value in self.frame.iter().map(|&value| f64::from(value)) {
                sums.first += value;
                sums.second += value * value;
            }
        }
        Ok(sums)
    }
}
