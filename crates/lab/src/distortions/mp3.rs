//! MP3: a clip is encoded by a program of the system, and decoded as any other file.

use std::path::Path;
use std::process::{Command, Stdio};

use audio::{read_clip, Resampler};
use error::{Code, Error, Result};

use crate::synth::write_wav;

/// Sampling rates of MPEG-2 layer III in Hz, and its bit rates in kbit/s.
const LOW: ([u32; 3], &[u32]) =
    ([16_000, 22_050, 24_000], &[8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]);
/// Those of MPEG-1 layer III.
const HIGH: ([u32; 3], &[u32]) =
    ([32_000, 44_100, 48_000], &[32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]);

/// A program that encodes MP3, with LAME in both cases.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoder {
    program: Program,
    /// The program and its version, in words.
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Program {
    Ffmpeg,
    Lame,
}

impl Encoder {
    /// What is said where no encoder is found.
    pub const MISSING: &'static str =
        "skipped: no program that encodes MP3 was found (ffmpeg with libmp3lame, or lame): install one of them";

    /// The first encoder on the search path of the system: ffmpeg with libmp3lame, else lame; `None` without either.
    pub fn find() -> Option<Self> {
        let ffmpeg = || {
            let known = output("ffmpeg", &["-hide_banner", "-encoders"])?;
            let version = output("ffmpeg", &["-version"])?;
            let encoder = known.contains("libmp3lame").then_some(Program::Ffmpeg)?;
            Some(Self { program: encoder, name: format!("{}, libmp3lame", first_words(&version)) })
        };
        let lame = || {
            let version = output("lame", &["--version"])?;
            Some(Self { program: Program::Lame, name: first_words(&version) })
        };
        ffmpeg().or_else(lame)
    }

    /// Encodes the mono WAV file `from` at `rate` Hz into `to`, with a constant bit rate.
    fn encode(&self, from: &Path, to: &Path, rate: u32, kilobits: u32) -> Result<()> {
        let mut command = match self.program {
            Program::Ffmpeg => {
                let mut command = Command::new("ffmpeg");
                command.args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-i"]).arg(from);
                command.args(["-ac", "1", "-c:a", "libmp3lame", "-b:a", &format!("{kilobits}k")]).arg(to);
                command
            }
            Program::Lame => {
                let mut command = Command::new("lame");
                command.args(["--quiet", "-m", "m", "--cbr", "-b", &kilobits.to_string()]);
                command.args(["--resample", &(f64::from(rate) / 1000.0).to_string()]).arg(from).arg(to);
                command
            }
        };
        let done = command.stdin(Stdio::null()).output();
        let failed = |why: &str| {
            let message = format!("{} could not encode MP3 at {kilobits} kbit/s: {why}", self.name);
            Error::new(Code::Io, message)
        };
        match done {
            Err(reason) => Err(failed(&reason.to_string())),
            Ok(done) if !done.status.success() => {
                Err(failed(error::shown(String::from_utf8_lossy(&done.stderr).trim()).as_ref()))
            }
            Ok(_) => Ok(()),
        }
    }
}

/// What a program prints, if it runs.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let done = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    done.status.success().then(|| String::from_utf8_lossy(&done.stdout).into_owned())
}

/// The first line of `text` up to a bracket or the word Copyright.
fn first_words(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let end = line.find(" Copyright").or_else(|| line.find(" (")).unwrap_or(line.len());
    line[..end].trim().to_owned()
}

/// Refuses a bit rate that MP3 does not have.
pub(super) fn check(kilobits: f64) -> Result<(), String> {
    let mut known: Vec<u32> = LOW.1.iter().chain(HIGH.1).copied().collect();
    known.sort_unstable();
    known.dedup();
    if known.iter().any(|known| f64::from(*known) == kilobits) {
        return Ok(());
    }
    let known = known.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    Err(format!("mp3: the bit rate in kbit/s must be one of {known}, received {kilobits}"))
}

/// The sampling rate at which audio of `rate` Hz is encoded: the lowest that keeps its frequencies and has the bit
/// rate, else the highest that has the bit rate.
fn encoded_rate(rate: u32, kilobits: u32) -> u32 {
    let families = [LOW, HIGH].into_iter().filter(|(_, bits)| bits.contains(&kilobits));
    let rates: Vec<u32> = families.flat_map(|(rates, _)| rates).collect();
    rates.iter().copied().find(|own| *own >= rate).or(rates.last().copied()).unwrap_or(rate)
}

/// Encodes `samples` at `rate` Hz with `kilobits` kbit/s, and decodes them again. The number of samples stays, and the
/// delay of the encoder is removed.
///
/// # Errors
/// [`Code::Io`] if the program fails; [`Code::Output`] if there is no space for temporary files; those of [`read_clip`].
pub(super) fn encode_and_decode(
    samples: &[f32],
    kilobits: f64,
    rate: u32,
    encoder: Option<&Encoder>,
) -> Result<Vec<f32>> {
    let encoder = encoder.ok_or_else(|| Error::new(Code::Internal, "MP3 without an encoder"))?;
    let kilobits = kilobits as u32;
    let encoded = encoded_rate(rate, kilobits);
    let mut resampler = Resampler::new(rate, encoded)?;
    let mut raised = Vec::new();
    resampler.push(samples, &mut raised)?;
    resampler.finish(&mut raised)?;
    let temporary = std::env::temp_dir();
    let folder = tempfile::tempdir().map_err(|reason| Error::output(&temporary, &reason))?;
    let (wav, mp3) = (folder.path().join("clip.wav"), folder.path().join("clip.mp3"));
    write_wav(&wav, &raised, encoded)?;
    encoder.encode(&wav, &mp3, encoded, kilobits)?;
    let mut decoded = match read_clip(&mp3, rate) {
        // A quiet clip can become silent.
        Err(failure) if failure.code == Code::Silence => Vec::new(),
        read => read?.0,
    };
    decoded.resize(samples.len(), 0.0);
    Ok(decoded)
}
