//! Measures the time of training steps: `step MODEL.safetensors|PRESET [--batch 23] [--threads 2]
//! [--precision f32|bf16] [--freeze N|all-but-head] [--features]` reads commands from stdin, so that a benchmark can
//! alternate it with other programs. `run SECONDS` runs steps for at least that long and prints the seconds of one
//! step. `layers` prints the seconds of every operation, forward and backward, as medians of five steps, and the
//! seconds of all threads in each of its parts. `faults` prints the page faults and the bytes in memory of the process
//! so far. With `--freeze` the first N blocks, or all but the head, are frozen; with `--features` as well the head is
//! trained alone, on features that are computed before.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::io::BufRead;
use std::time::Instant;

use engine::{
    initialise, FineTuning, Freeze, Initialisation, Options, Philox, Precision, Purpose, StepTime, Targets, Training,
    Update,
};
use error::{Code, Error, Result};
use net::{Architecture, Model, Task};

const TAGS: usize = 50;
const UPDATE: Update = Update { learning_rate: 0.01, momentum: 0.9, weight_decay: 0.0 };

/// A plan with a batch of noise.
struct Bench {
    training: Training,
    input: Vec<f32>,
    targets: Vec<f32>,
    steps: u64,
}

impl Bench {
    fn new(name: &str, batch: usize, options: &Options, freeze: Freeze, features: bool) -> Result<Self> {
        let (architecture, parameters) = if name.ends_with(".safetensors") {
            let model = Model::load(name)?;
            (model.architecture, model.parameters)
        } else {
            let architecture = Architecture::parse(name)?;
            let parameters = initialise(&architecture, TAGS, Initialisation::He, 1)?;
            (architecture, parameters)
        };
        let tuning = FineTuning { freeze, ..FineTuning::default() };
        let mut training = Training::fine_tuned(&architecture, TAGS, Task::MultiLabel, batch, &tuning, options)?;
        training.load(&parameters)?;
        let noise = Philox::new(1, Purpose::Synthesise, 0);
        let mut input: Vec<f32> =
            (0..(batch * architecture.input_length) as u64).map(|i| 0.1 * (noise.uniform(i) - 0.5)).collect();
        let tags = Philox::new(2, Purpose::Synthesise, 0);
        let targets = (0..(batch * TAGS) as u64).map(|i| f32::from(u8::from(tags.uniform(i) > 0.95))).collect();
        if features {
            let (computed, head) =
                (training.features(&input)?, training.head(&architecture, Task::MultiLabel, options)?);
            let (Some(computed), Some(mut head)) = (computed, head) else {
                return Err(bad("--features needs --freeze all-but-head"));
            };
            head.load(&parameters)?;
            (training, input) = (head, computed);
        }
        Ok(Self { training, input, targets, steps: 0 })
    }

    fn step(&mut self) -> Result<()> {
        self.steps += 1;
        let loss = self.training.step(&self.input, Targets::Tags(&self.targets), &UPDATE, Some((1, self.steps)))?;
        if loss.is_finite() {
            Ok(())
        } else {
            Err(bad("the loss is not finite"))
        }
    }

    /// The seconds of a step, as a mean over at least `least` seconds.
    fn run(&mut self, least: f64) -> Result<f64> {
        let (began, mut steps) = (Instant::now(), 0.0);
        loop {
            self.step()?;
            steps += 1.0;
            let elapsed = began.elapsed().as_secs_f64();
            if elapsed >= least {
                return Ok(elapsed / steps);
            }
        }
    }

    /// `[{name, seconds, parts}]` of a step.
    fn layers(&mut self) -> Result<serde_json::Value> {
        let mut runs = Vec::new();
        for step in 0..5 {
            let targets = Targets::Tags(&self.targets);
            runs.push(self.training.timed_step(&self.input, targets, &UPDATE, Some((2, step)))?);
        }
        let median = |at: usize| {
            let mut times: Vec<&StepTime> = runs.iter().map(|run| &run[at]).collect();
            times.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
            let StepTime { name, seconds, parts } = times[2];
            let parts: BTreeMap<_, _> = parts.iter().copied().collect();
            serde_json::json!({ "name": name, "seconds": seconds, "parts": parts })
        };
        Ok((0..runs[0].len()).map(median).collect())
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, default: usize| match arguments.iter().position(|a| a == name) {
        None => Ok(default),
        Some(at) => {
            arguments.get(at + 1).and_then(|v| v.parse().ok()).ok_or_else(|| bad(&format!("{name} needs a number")))
        }
    };
    let name =
        arguments.first().ok_or_else(|| bad("usage: step MODEL.safetensors|PRESET [--batch N] [--threads N]"))?;
    let freeze = match arguments.iter().position(|a| a == "--freeze").and_then(|at| arguments.get(at + 1)) {
        None => Freeze::Nothing,
        Some(word) if word == "all-but-head" => Freeze::AllButHead,
        Some(count) => Freeze::Blocks(count.parse().map_err(|_| bad("--freeze needs a number or all-but-head"))?),
    };
    let features = arguments.iter().any(|a| a == "--features");
    let precision = match arguments.iter().position(|a| a == "--precision").and_then(|at| arguments.get(at + 1)) {
        None => Precision::F32,
        Some(name) => Precision::parse(name)?,
    };
    let options = Options::for_training("cpu", number("--threads", 2)?, precision)?;
    let mut bench = Bench::new(name, number("--batch", 23)?, &options, freeze, features)?;
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|e| bad(&format!("stdin: {e}")))?;
        match line.split_once(' ') {
            Some(("run", least)) => println!("{}", bench.run(least.parse().map_err(|_| bad(&line))?)?),
            None if line == "faults" => println!("{}", faults().ok_or_else(|| bad("faults needs /proc"))?),
            None if line == "layers" => println!("{}", bench.layers()?),
            _ => return Err(bad(&line)),
        }
    }
    Ok(())
}

/// `{faults, bytes}` of this process: its page faults so far, and its resident memory.
fn faults() -> Option<serde_json::Value> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The fields after the name, which is in parentheses: minor and major faults are the 8th and the 10th.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(serde_json::json!({ "faults": number(7)? + number(9)?, "bytes": 1024 * kibibytes }))
}

fn bad(message: &str) -> Error {
    Error::new(Code::InvalidOption, message)
}
