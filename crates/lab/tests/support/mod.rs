//! What the tests of experiments share: clips of low and high tones, options with changes, and running them.
#![allow(dead_code)] // Not every test needs all of it.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use lab::synth::write_wav;
use lab::{experiment, ExperimentDone, ExperimentEvent, ExperimentOptions};
use serde_json::Value;
use train::Event;

/// The sampling rate of the clips in Hz.
pub const RATE: u32 = 8000;

/// Clips of one tone each: the even ones have the tag `low`, the odd ones `high`.
pub struct Tones {
    /// The frequency of low and of high tones in Hz.
    pub hertz: [f32; 2],
    /// How much higher each clip is than the one before, in Hz.
    pub step: f32,
    /// Samples of a clip.
    pub samples: u32,
}

impl Default for Tones {
    /// A quarter of a second.
    fn default() -> Self {
        Self { hertz: [300.0, 1200.0], step: 10.0, samples: RATE / 4 }
    }
}

impl Tones {
    /// Writes `each` clips for every one of `parts` into `folder`, and their list into the file `list`.
    pub fn write(&self, folder: &Path, list: &str, parts: &[&str], each: usize) {
        let mut rows = "path,tags,split\n".to_owned();
        for i in 0..parts.len() * each {
            let hertz = self.hertz[i % 2] + self.step * i as f32;
            let sample = |t: u32| 0.5 * (std::f32::consts::TAU * hertz * t as f32 / RATE as f32).sin();
            let samples: Vec<f32> = (0..self.samples).map(sample).collect();
            write_wav(&folder.join(format!("{i}.wav")), &samples, RATE).unwrap();
            rows += &format!("{i}.wav,{},{}\n", ["low", "high"][i % 2], parts[i / each]);
        }
        std::fs::write(folder.join(list), rows).unwrap();
    }
}

/// The options in `usual`, with those in `more` added or in their place.
pub fn changed(mut usual: Value, more: &Value) -> ExperimentOptions {
    usual.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(usual).unwrap()
}

/// Runs an experiment; the result, and the number of epochs of its trainings.
pub fn run(options: &ExperimentOptions) -> (ExperimentDone, usize) {
    let mut epochs = 0;
    let mut count = |event| {
        if let ExperimentEvent::Training(training) = event {
            epochs += usize::from(matches!(training.event, Event::Epoch(_)));
        }
    };
    let done = experiment(options, &mut count, &AtomicBool::new(false)).unwrap();
    (done, epochs)
}

/// The error of an experiment that is refused.
pub fn refused(options: &ExperimentOptions) -> error::Error {
    experiment(options, &mut |_| {}, &AtomicBool::new(false)).unwrap_err()
}

/// The ids of the rows.
pub fn ids(done: &ExperimentDone) -> Vec<&str> {
    done.table.iter().map(|row| row.id.as_str()).collect()
}
