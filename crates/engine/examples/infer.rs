//! Measures the time of inference:
//! `infer MODEL.safetensors|PRESET [--batch 10] [--threads 2] [--rounds 9] [--precision f32]` prints one JSON record.
//!
//! `--save FILE` writes the network, `--samples FILE` its input. With `--serve` the program reads commands from stdin,
//! so that a benchmark can alternate it with other programs. `run SECONDS` runs batches for at least that long and
//! prints the seconds of one batch. `logits FILE` computes the batch of little-endian f32 samples in FILE and prints
//! the logits as a JSON array. `layers` prints the seconds and operations of every step of the plan, as medians of nine
//! batches.
#![allow(clippy::print_stdout)]

use std::io::BufRead;
use std::time::Instant;

use engine::{CpuLevel, Inference, Options, Philox, Precision, Purpose, StepTime};
use error::{Code, Error, Result};
use net::{Architecture, Layout, Model, Parameters, Task, TensorRole};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name =
        arguments.first().ok_or_else(|| bad("usage: infer MODEL.safetensors|PRESET [--batch N] [--threads N]"))?;
    let batch = option(&arguments, "--batch", 10)?;
    let threads = option(&arguments, "--threads", 2)?;
    let (architecture, tags, parameters) = network(name)?;
    let precision = Precision::parse(text(&arguments, "--precision").map_or("f32", String::as_str))?;
    let options = Options { threads, precision, ..Options::default() };
    let began = Instant::now();
    let mut inference = Inference::new(&architecture, tags, &parameters, batch, &options)?;
    let compiled = began.elapsed().as_secs_f64();
    let stream = Philox::new(1, Purpose::Synthesise, 0);
    let mut segments: Vec<f32> =
        (0..(batch * architecture.input_length) as u64).map(|i| stream.uniform(i) - 0.5).collect();
    if let Some(file) = text(&arguments, "--samples") {
        let bytes: Vec<u8> = segments.iter().flat_map(|x| x.to_le_bytes()).collect();
        std::fs::write(file, bytes).map_err(|e| Error::output(file, &e))?;
    }
    if let Some(file) = text(&arguments, "--save") {
        let names = (0..tags).map(|i| format!("tag {i}")).collect();
        Model::new(architecture.clone(), names, Task::MultiLabel, parameters).save(file)?;
    }
    if arguments.iter().any(|a| a == "--serve") {
        return serve(&mut inference, &mut segments, &architecture);
    }
    let (mut seconds, mut cpu) = (Vec::new(), Vec::new());
    for _ in 0..option(&arguments, "--rounds", 9)? {
        let (wall, busy) = time(&mut inference, &segments, 0.25)?;
        seconds.push(wall);
        cpu.push(busy);
    }
    cpu.sort_by(f64::total_cmp);
    seconds.sort_by(f64::total_cmp);
    let median = seconds[seconds.len() / 2];
    println!(
        "{}",
        serde_json::json!({
            "network": name, "batch": batch, "threads": threads, "precision": precision.to_string(),
            "level": CpuLevel::chosen()?.name(),
            "compileSeconds": compiled, "median": median, "min": seconds[0], "max": seconds[seconds.len() - 1],
            "cpuSeconds": cpu[cpu.len() / 2], "segmentsPerSecond": batch as f64 / median,
            "gflops": architecture.inspect(name, None).flops as f64 * batch as f64 / median * 1e-9,
        })
    );
    Ok(())
}

fn network(name: &str) -> Result<(Architecture, usize, Parameters)> {
    if name.ends_with(".safetensors") {
        let model = Model::load(name)?;
        return Ok((model.architecture, model.tags.len(), model.parameters));
    }
    let architecture = Architecture::preset(name)?;
    let layout = Layout::new(&architecture, 50);
    let mut parameters = Parameters::zeros(&layout);
    let stream = Philox::new(2, Purpose::Initialise, 0);
    for spec in &layout.tensors {
        let inputs = spec.shape.iter().skip(1).product::<usize>().max(1);
        let limit = if spec.shape.len() > 1 { (6.0 / inputs as f32).sqrt() } else { 0.1 };
        for (i, value) in parameters.tensor_mut(spec).iter_mut().enumerate() {
            *value = limit * (2.0 * stream.uniform(i as u64) - 1.0);
            if matches!(spec.role, TensorRole::MelDeviation | TensorRole::InputDeviation)
                || spec.name.ends_with("running_var")
                || spec.name.contains("norm") && spec.name.ends_with(".weight")
            {
                *value += 1.0;
            }
        }
    }
    Ok((architecture, 50, parameters))
}

fn serve(inference: &mut Inference, segments: &mut [f32], architecture: &Architecture) -> Result<()> {
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|e| bad(&format!("stdin: {e}")))?;
        match line.split_once(' ') {
            Some(("run", least)) => {
                let least = least.parse().map_err(|_| bad(&line))?;
                println!("{}", time(inference, segments, least)?.0);
            }
            Some(("logits", file)) => {
                let bytes = std::fs::read(file).map_err(|e| Error::input(file, Code::Internal, &e))?;
                let read = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
                segments.iter_mut().zip(read).for_each(|(to, from)| *to = from);
                println!("{}", serde_json::json!(inference.logits(&*segments)?));
            }
            None if line == "layers" => println!("{}", layers(inference, segments, architecture)?),
            _ => return Err(bad(&line)),
        }
    }
    Ok(())
}

/// `[{name, seconds, flops}]` of a batch. A first layer that is computed inside the second layer is counted there.
fn layers(inference: &mut Inference, segments: &[f32], architecture: &Architecture) -> Result<serde_json::Value> {
    let batch = (segments.len() / architecture.input_length) as u64;
    let runs: Vec<_> = (0..9).map(|_| inference.timed(segments)).collect::<Result<_>>()?;
    let rows = architecture.layers(inference.tags());
    let flops = |name: &str| rows.iter().find(|row| row.name == name).map_or(0, |row| row.flops * batch);
    let inside = !runs[0].iter().any(|step| step.name == "stem.conv");
    let row = |(at, step): (usize, &StepTime)| {
        let mut seconds: Vec<f64> = runs.iter().map(|run| run[at].seconds).collect();
        seconds.sort_by(f64::total_cmp);
        let stem = if inside && at == 0 { flops("stem.conv") } else { 0 };
        serde_json::json!({ "name": step.name, "seconds": seconds[4], "flops": flops(&step.name) + stem })
    };
    Ok(runs[0].iter().enumerate().map(row).collect())
}

/// The seconds of one batch and the CPU seconds of its threads, as means over at least `least` seconds.
fn time(inference: &mut Inference, segments: &[f32], least: f64) -> Result<(f64, f64)> {
    let (began, busy) = (Instant::now(), cpu_seconds());
    let mut batches = 0.0;
    loop {
        std::hint::black_box(inference.logits(segments)?);
        batches += 1.0;
        let elapsed = began.elapsed().as_secs_f64();
        if elapsed >= least {
            return Ok((elapsed / batches, (cpu_seconds() - busy) / batches));
        }
    }
}

/// The CPU time of this process, if the system reports it. On a busy machine it says more than wall-clock time.
fn cpu_seconds() -> f64 {
    #[cfg(target_os = "linux")]
    {
        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: writes one timespec.
        unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut now) };
        now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
    }
    #[cfg(not(target_os = "linux"))]
    f64::NAN
}

fn option(arguments: &[String], name: &str, default: usize) -> Result<usize> {
    match arguments.iter().position(|a| a == name) {
        None => Ok(default),
        Some(at) => {
            arguments.get(at + 1).and_then(|v| v.parse().ok()).ok_or_else(|| bad(&format!("{name} needs a number")))
        }
    }
}

fn text<'a>(arguments: &'a [String], name: &str) -> Option<&'a String> {
    arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1))
}

fn bad(message: &str) -> Error {
    Error::new(Code::InvalidOption, message)
}
