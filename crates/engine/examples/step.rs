//! Times training steps: `step ARCHITECTURE [--batch 23] [--threads 2] [--steps 5]`.
//!
//! Prints one JSON object: the seconds of every step after one step to warm up, and the process's peak memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::time::Instant;

use engine::{Options, Targets, Training, Update};
use net::{Architecture, Layout, Parameters, Role, Task};
use samplecnn_engine as engine;

const TAGS: usize = 50;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str, default: usize| {
        let at = arguments.iter().position(|a| a == name);
        at.map_or(default, |at| arguments[at + 1].parse().expect(name))
    };
    let name = arguments.first().expect("the name of an architecture");
    let (batch, threads, steps) = (option("--batch", 23), option("--threads", 2), option("--steps", 5));
    let architecture = Architecture::preset(name).expect("a preset");
    let options = Options { threads, ..Options::default() };
    let mut training = Training::new(&architecture, TAGS, Task::MultiLabel, batch, &options).expect("a plan");
    let mut state = 1u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let layout = Layout::new(&architecture, TAGS);
    let mut parameters = Parameters::zeros(&layout);
    for tensor in &layout.tensors {
        for value in parameters.tensor_mut(tensor) {
            *value = match tensor.role {
                Role::NormWeight | Role::RunningVar => 1.0,
                Role::ConvWeight | Role::ShortcutWeight | Role::DenseWeight => {
                    noise() * (6.0 / tensor.shape[1..].iter().product::<usize>() as f32).sqrt()
                }
                _ => 0.0,
            };
        }
    }
    training.load(&parameters).expect("they fit");
    let input: Vec<f32> = (0..batch * architecture.input_length).map(|_| 0.1 * noise()).collect();
    let targets: Vec<f32> = (0..batch * TAGS).map(|_| f32::from(u8::from(noise() > 0.9))).collect();
    let update = Update { learning_rate: 0.01, momentum: 0.9, weight_decay: 0.0 };
    let mut seconds = Vec::new();
    for step in 0..=steps {
        let start = Instant::now();
        let loss = training.step(&input, Targets::Tags(&targets), &update, Some((1, step as u64))).expect("a step");
        assert!(loss.is_finite());
        seconds.push(start.elapsed().as_secs_f64());
    }
    let peak = std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| status.lines().find_map(|l| l.strip_prefix("VmHWM:").map(|kib| kib.trim().to_owned())));
    println!("{{\"seconds\": {:?}, \"peak\": {:?}}}", &seconds[1..], peak.unwrap_or_default());
}
