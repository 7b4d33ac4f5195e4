//! Measures an epoch as long as MagnaTagATune's: 152,440 segments in batches of 23 in shuffled order, with the losses
//! read as often as a run reads them.
//!
//! Method: the GPU holds as much audio as the training part has (15,244 clips of 29.05 s at 22,050 Hz; one clip of
//! noise, uploaded that many times). `STEPS` steps on segments from all of this audio are timed by the wall clock;
//! another thread prepares the batches, and losses are read at intervals. The time of the epoch is this time multiplied
//! by 6,628 / `STEPS`. `overSteps` is the relative overhead compared with the steps alone: the same number of steps on
//! the same batch of held audio, queued without pause. The same epoch is also measured with audio that is transferred
//! from the host in every step, as 16-bit samples and as f32.

use std::sync::mpsc::sync_channel;
use std::time::Instant;

use engine::{HeldSegment, Holding, Philox, Precision, Purpose, Segments, Targets, Training};
use error::Result;
use net::Architecture;
use serde_json::{json, Value};

use crate::network::{options, Network, TAGS, UPDATE};

const SEGMENTS: usize = 152_440;
const CLIPS: usize = 15_244;
/// 29.05 s.
const CLIP_SAMPLES: usize = 640_512;
const BATCH: usize = 23;
const WARM_UP: usize = 20;
const STEPS: usize = 600;

/// Measures every precision and form.
pub fn run() -> Value {
    let (mut rows, mut failed) = (Vec::new(), Vec::new());
    for precision in [Precision::F32, Precision::Tf32, Precision::Bf16] {
        match epochs(precision) {
            Ok(mut more) => rows.append(&mut more),
            Err(error) => failed.push(format!("{precision}: {error}")),
        }
    }
    json!({
        "network": "3^9", "batch": BATCH, "segments": SEGMENTS, "stepsMeasured": STEPS, "epochs": rows,
        "failed": failed,
    })
}

/// The segments of a batch in each of their forms, and their tags.
struct Batch {
    places: Vec<HeldSegment>,
    pcm: Vec<i16>,
    samples: Vec<f32>,
    targets: Vec<f32>,
}

impl Batch {
    /// Draws batch `index` with segments from all clips, each of which is `clip`.
    fn draw(index: usize, clip: &[i16], architecture: &Architecture, form: Holding) -> Self {
        let length = architecture.input_length;
        let stream = Philox::new(index as u64, Purpose::Shuffle, 0);
        let starts = (0..BATCH as u64).map(|n| {
            let [one, other, ..] = stream.block(n);
            (one as usize % CLIPS, other as usize % (CLIP_SAMPLES / length) * length)
        });
        let mut batch =
            Self { places: Vec::new(), pcm: Vec::new(), samples: Vec::new(), targets: vec![0.0; BATCH * TAGS] };
        for (number, start) in starts {
            let audio = &clip[start..start + length];
            match form {
                Holding::Resident => batch
                    .places
                    .push(HeldSegment { start: (number * CLIP_SAMPLES + start) as u64, samples: length as u64 }),
                Holding::Pcm => batch.pcm.extend_from_slice(audio),
                Holding::Samples => batch.samples.extend(audio.iter().map(|&sample| f32::from(sample) / 32768.0)),
            }
        }
        stream.fill_uniform(1 << 40, &mut batch.targets);
        batch.targets.iter_mut().for_each(|t| *t = f32::from(u8::from(*t > 0.95)));
        batch
    }

    fn segments(&self, form: Holding) -> Segments<'_> {
        match form {
            Holding::Resident => Segments::Held(&self.places),
            Holding::Pcm => Segments::Pcm(&self.pcm),
            Holding::Samples => Segments::Samples(&self.samples),
        }
    }
}

fn epochs(precision: Precision) -> Result<Vec<Value>> {
    let network = Network::new("3^9");
    let options = options(precision);
    let mut training = network.training(&options, BATCH)?;
    let mut clip = vec![0i16; CLIP_SAMPLES];
    let stream = Philox::new(1, Purpose::Synthesise, 0);
    clip.iter_mut().enumerate().for_each(|(i, sample)| *sample = stream.block(i as u64)[0] as i16 / 8);
    let start = Instant::now();
    let holding = training.hold((CLIPS * CLIP_SAMPLES) as u64, std::iter::repeat_n(clip.as_slice(), CLIPS))?;
    let upload = start.elapsed().as_secs_f64();
    let mut forms = vec![Holding::Pcm, Holding::Samples];
    if holding == Holding::Resident {
        forms.insert(0, holding);
    }
    let alone = steps_alone(&mut training, &network, &clip, forms[0])?;
    let mut row = |form: Holding| {
        let step = epoch(&mut training, &network, &clip, form)?;
        Ok(json!({
            "precision": precision, "form": format!("{form:?}").to_lowercase(),
            "seconds": step * SEGMENTS.div_ceil(BATCH) as f64, "stepMilliseconds": step * 1e3,
            "stepAloneMilliseconds": alone * 1e3, "overSteps": step / alone - 1.0,
            "stepsReplayed": training.replayed(), "uploadSeconds": (form == Holding::Resident).then_some(upload),
        }))
    };
    forms.into_iter().map(&mut row).collect()
}

/// The seconds of a step on the same batch every time.
fn steps_alone(training: &mut Training, network: &Network, clip: &[i16], form: Holding) -> Result<f64> {
    let batch = Batch::draw(0, clip, &network.architecture, form);
    let queue = |training: &mut Training, number: usize| {
        let targets = Targets::Tags(&batch.targets);
        training.queue(batch.segments(form), targets, &UPDATE, Some((1, number as u64)))
    };
    (0..WARM_UP).try_for_each(|number| queue(training, number))?;
    training.losses()?;
    let start = Instant::now();
    (0..STEPS).try_for_each(|number| queue(training, number))?;
    training.losses()?;
    Ok(start.elapsed().as_secs_f64() / STEPS as f64)
}

/// The seconds of a step of an epoch.
fn epoch(training: &mut Training, network: &Network, clip: &[i16], form: Holding) -> Result<f64> {
    let (sender, batches) = sync_channel(1);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // The receiving thread may have failed.
            let _ = (0..WARM_UP + STEPS)
                .try_for_each(|index| sender.send(Batch::draw(index, clip, &network.architecture, form)));
        });
        let (mut start, mut queued) = (Instant::now(), 0);
        for (index, batch) in batches.into_iter().enumerate() {
            if index == WARM_UP {
                training.losses()?;
                start = Instant::now();
            }
            training.queue(batch.segments(form), Targets::Tags(&batch.targets), &UPDATE, Some((1, index as u64)))?;
            queued += 1;
            if queued == training.ahead() {
                training.losses()?;
                queued = 0;
            }
        }
        training.losses()?;
        Ok(start.elapsed().as_secs_f64() / STEPS as f64)
    })
}
