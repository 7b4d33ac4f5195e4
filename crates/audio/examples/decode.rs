//! Decodes files in the same way as samplecnn and prints one line for each; `bench/decode` measures this program.
//!
//! `decode [--rate HZ] [--spread N] FILE...`

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use audio::{read_segments, SegmentPolicy, SegmentSink};

/// The segment length of the paper, in samples.
const SEGMENT: usize = 59_049;

/// Sums over all segments.
struct Energy(f64);

impl SegmentSink for Energy {
    fn segment(&mut self, segment: &[f32]) -> error::Result<()> {
        self.0 += segment.iter().map(|s| f64::from(s * s)).sum::<f64>();
        Ok(())
    }

    fn restart(&mut self) -> error::Result<()> {
        self.0 = 0.0;
        Ok(())
    }
}

fn main() -> ExitCode {
    let (mut rate, mut policy, mut files) = (22_050, SegmentPolicy::All, Vec::new());
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.to_str()?.parse::<u32>().ok());
        match argument.to_str() {
            Some("--rate") => rate = number().unwrap_or(rate),
            Some("--spread") => policy = SegmentPolicy::Spread(number().unwrap_or(10) as usize),
            _ => files.push(PathBuf::from(argument)),
        }
    }
    let mut failed = false;
    for file in files {
        let start = Instant::now();
        let mut sink = Energy(0.0);
        match read_segments(&file, rate, SEGMENT, policy, &mut sink) {
            Ok((decoded, count)) => println!(
                "{}: {} {} Hz {} ch, {:.3} s, {} segments, {} damaged, {}, rms {:.4}, {:.1} ms",
                file.display(),
                decoded.source.decoder,
                decoded.source.sampling_rate,
                decoded.source.channels,
                decoded.duration,
                count.segments,
                decoded.damaged_packets,
                match (decoded.promised, &decoded.doubt) {
                    (_, Some(doubt)) => doubt.clone(),
                    (Some(seconds), _) if decoded.cut => format!("cut, {seconds:.3} s promised"),
                    (None, _) if decoded.cut => "cut".to_string(),
                    _ => decoded.downmix.as_str().to_string(),
                },
                (sink.0 / (count.segments.max(1) * SEGMENT) as f64).sqrt(),
                start.elapsed().as_secs_f64() * 1000.0
            ),
            Err(error) => {
                failed = true;
                eprintln!("{}: {}: {error}", file.display(), error.code.as_str());
            }
        }
    }
    ExitCode::from(u8::from(failed))
}
