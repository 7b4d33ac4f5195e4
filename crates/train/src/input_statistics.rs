//! Mean and deviation of the training part, with which a network standardises its input: of the samples, or of the
//! log-mel values of a mel stem (the paper, section 5.3).

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use engine::Mel;
use error::{Error, Result};
use net::{Architecture, InputNormalisation, StemKind};
use sha2::{Digest, Sha256};

use crate::cache::{keep, measured};
use crate::event::{Event, Pace, Phase, Progress};
use crate::part::{PartData, Segment};

/// The values that a network standardises.
pub(crate) enum Standardised {
    /// The samples.
    Waveform,
    /// The log-mel values of this stem.
    Mel(Box<Mel>),
}

/// One mean and one deviation over all values of all segments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct InputStatistics {
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

impl Standardised {
    /// The values that `architecture` standardises, if there are any.
    ///
    /// # Errors
    /// Those of [`Mel::new`].
    pub(crate) fn of(architecture: &Architecture) -> Result<Option<Self>> {
        if architecture.input_normalisation == InputNormalisation::Standardise {
            return Ok(Some(Self::Waveform));
        }
        let on_mel = architecture.stem.as_ref().is_some_and(|stem| stem.kind == StemKind::Mel);
        on_mel.then(|| Mel::new(architecture).map(|mel| Self::Mel(Box::new(mel)))).transpose()
    }

    /// The number of values in a segment of `length` samples.
    fn values(&self, length: usize) -> usize {
        match self {
            Self::Waveform => length,
            Self::Mel(mel) => mel.frames() * mel.bands(),
        }
    }
}

impl InputStatistics {
    /// The statistics that the cache at `folder` stores for the input of `architecture` and the segments of `data`; if
    /// it does not store them, they are measured and stored. The second value is `Err` if they could not be stored.
    ///
    /// # Errors
    /// Those of [`InputStatistics::of`].
    pub(crate) fn learned(
        architecture: &Architecture,
        standardised: &Standardised,
        data: &PartData,
        folder: &Path,
        threads: usize,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<(Self, Result<()>)> {
        let key = key(architecture, standardised, data);
        if let Some([mean, deviation]) = measured(folder, &key) {
            return Ok((Self { mean: mean as f32, deviation: deviation as f32 }, Ok(())));
        }
        let learned = Self::of(standardised, data, threads, on_event, cancel)?;
        let kept = keep(folder, &key, [f64::from(learned.mean), f64::from(learned.deviation)]);
        Ok((learned, kept))
    }

    /// Measures the segments of `data` in `threads` threads. Each segment is summed on its own in f64 and the sums are
    /// added in the order of the segments, so that the result has the same bits for any number of threads. The cost is
    /// that of reading the audio, and of a mel stem, in one epoch.
    ///
    /// # Errors
    /// [`Error::aborted`] after `cancel`; those of [`Mel::frame`].
    pub(crate) fn of(
        standardised: &Standardised,
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
                    let mut worker = Worker::new(standardised, data.length);
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
        let count = (total * standardised.values(data.length)).max(1) as f64;
        let mean = first / count;
        let deviation = (second / count - mean * mean).max(0.0).sqrt() as f32;
        // If all values are equal, they are 0 after the mean is subtracted, whatever the divisor is.
        Ok(Self { mean: mean as f32, deviation: if deviation == 0.0 { 1.0 } else { deviation } })
    }
}

/// SHA-256 over what determines the values of a segment, and the audio of the segments.
fn key(architecture: &Architecture, standardised: &Standardised, data: &PartData) -> String {
    let Architecture { sampling_rate, input_length, stem, .. } = architecture;
    let mut hash = Sha256::new();
    hash.update(match standardised {
        Standardised::Waveform => format!("waveform {sampling_rate} {input_length}\n"),
        Standardised::Mel(_) => format!("mel {sampling_rate} {input_length} {stem:?}\n"),
    });
    for segment in &data.segments {
        let prepared = data.clips[segment.clip as usize].prepared;
        hash.update(format!("{} {} {}\n", prepared.audio, prepared.samples, segment.start));
    }
    hex::encode(hash.finalize())
}

/// The memory of one thread.
struct Worker<'a> {
    mel: Option<MelWorker<'a>>,
    samples: Vec<f32>,
}

/// A mel stem with its scratch memory.
struct MelWorker<'a> {
    mel: &'a Mel,
    scratch: engine::MelScratch,
    frame: Vec<f32>,
}

impl<'a> Worker<'a> {
    fn new(standardised: &'a Standardised, length: usize) -> Self {
        let mel = match standardised {
            Standardised::Waveform => None,
            Standardised::Mel(mel) => Some(MelWorker { scratch: mel.scratch(), frame: vec![0.0; mel.bands()], mel }),
        };
        Self { mel, samples: vec![0.0; length] }
    }

    fn sums(&mut self, data: &PartData, segment: Segment) -> Result<Sums> {
        data.read(segment, &mut self.samples)?;
        let mut sums = Sums::default();
        match &mut self.mel {
            None => sums.add(&self.samples),
            Some(MelWorker { mel, scratch, frame }) => {
                for index in 0..mel.frames() {
                    mel.frame(scratch, &self.samples, index, frame)?;
                    sums.add(frame);
                }
            }
        }
        Ok(sums)
    }
}

impl Sums {
    fn add(&mut self, values: &[f32]) {
        for value in values.iter().map(|&value| f64::from(value)) {
            self.first += value;
            self.second += value * value;
        }
    }
}
