//! One open file as mono f32 at the model's rate.

use std::path::PathBuf;

use error::{Code, Error, Result};
use limits::SHORTEST_SECONDS;

use crate::decoder::{Decoder, Source};
use crate::downmix::Downmix;
use crate::failure::broken;
use crate::input::Input;
use crate::resampler::{resampled_length, Resampler};

/// Samples that one `read` aims at; a single packet may give more.
const CHUNK: usize = 16_384;

/// One open audio file, streamed as mono f32 at the rate asked for: decoded, its channels mixed, then resampled.
/// Memory is bounded by one packet and one block of the resampler, whatever the length of the file.
pub struct Reader {
    path: PathBuf,
    decoder: Decoder,
    resampler: Resampler,
    to: u32,
    /// The rate of what is being decoded; it may change inside a file.
    rate: u32,
    /// The packet being resampled.
    block: Vec<f32>,
    /// Length of the parts at earlier rates, in seconds.
    earlier: f64,
    /// Samples decoded at `rate`.
    frames: u64,
    samples: u64,
    audible: bool,
    ended: bool,
}

/// What a file came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// Length of what was decoded, in seconds.
    pub duration: f64,
    /// Length of what was decoded, in samples at the rate asked for.
    pub samples: u64,
    /// Packets that were damaged and left out, and places where packets are missing.
    pub damaged_packets: u32,
    /// How its channels became one.
    pub downmix: Downmix,
    /// Why its samples are not to be trusted: they go beyond any plausible level, or are no numbers.
    pub doubt: Option<String>,
    /// Length in seconds that the container promises; None where it promises none. Known for certain only when the file
    /// was read to its end.
    pub promised: Option<f64>,
    /// Less came than the container promises: the file is cut, or parts of it are missing.
    pub cut: bool,
    /// What was found in the file.
    pub source: Source,
}

impl Decoded {
    /// Whether something of the file could not be heard.
    pub fn is_partial(&self) -> bool {
        self.cut || self.damaged_packets > 0
    }
}

impl Reader {
    /// Opens `input`, a path or the content of a file, to be read at `sampling_rate` Hz as the mean of its channels.
    ///
    /// # Errors
    /// ERR_FILE_NOT_FOUND; ERR_UNSUPPORTED_FORMAT for a format or codec that cannot be decoded, HE-AAC and absurd headers
    /// included; ERR_NO_AUDIO for an empty file or a container without sound; ERR_DECODE if nothing can be decoded;
    /// ERR_IO if the system cannot read it for now; ERR_INVALID_OPTION if `sampling_rate` is 0 or above 768,000.
    pub fn open(input: impl Into<Input>, sampling_rate: u32) -> Result<Self> {
        Self::open_mixed(input, sampling_rate, Downmix::Mean)
    }

    /// As [`Self::open`], with the channels mixed by `downmix`.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn open_mixed(input: impl Into<Input>, sampling_rate: u32, downmix: Downmix) -> Result<Self> {
        let input = input.into();
        let decoder = Decoder::open(&input, downmix)?;
        Self::over(&input, decoder, sampling_rate)
    }

    /// As [`Self::open`], to be read at the rate that the audio has itself.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn open_at_own_rate(input: impl Into<Input>, downmix: Downmix) -> Result<Self> {
        let input = input.into();
        let decoder = Decoder::open(&input, downmix)?;
        let rate = decoder.source().sampling_rate;
        Self::over(&input, decoder, rate)
    }

    fn over(input: &Input, decoder: Decoder, sampling_rate: u32) -> Result<Self> {
        let rate = decoder.source().sampling_rate;
        Ok(Self {
            path: input.name().to_path_buf(),
            decoder,
            resampler: Resampler::new(rate, sampling_rate)?,
            to: sampling_rate,
            rate,
            block: Vec::new(),
            earlier: 0.0,
            frames: 0,
            samples: 0,
            audible: false,
            ended: false,
        })
    }

    /// What was found in the file.
    pub fn source(&self) -> &Source {
        self.decoder.source()
    }

    /// The length of the clip in samples at the rate asked for, as far as the container tells: a hint, not a promise.
    pub fn expected_samples(&self) -> Option<u64> {
        let source = self.source();
        source.frames.map(|frames| resampled_length(frames, source.sampling_rate, self.to))
    }

    /// Appends the next chunk, about 16,384 samples, to `out`; false at the end, when nothing is appended. Damaged
    /// packets are skipped.
    ///
    /// # Errors
    /// ERR_DECODE or ERR_UNSUPPORTED_FORMAT if the file goes on in a way that cannot be decoded; ERR_IO if the system
    /// cannot read it for now, or it became shorter.
    pub fn read(&mut self, out: &mut Vec<f32>) -> Result<bool> {
        let before = out.len();
        while !self.ended && out.len() - before < CHUNK {
            self.block.clear();
            match self.decoder.next(&mut self.block)? {
                Some(rate) => {
                    if rate != self.rate {
                        self.change_rate(rate, out)?;
                    }
                    self.frames += self.block.len() as u64;
                    self.audible = self.audible || self.block.iter().any(|&sample| sample != 0.0);
                    self.resampler.push(&self.block, out)?;
                }
                None => {
                    self.ended = true;
                    self.resampler.finish(out)?;
                }
            }
        }
        self.samples += (out.len() - before) as u64;
        Ok(out.len() > before)
    }

    fn change_rate(&mut self, rate: u32, out: &mut Vec<f32>) -> Result<()> {
        self.resampler.finish(out)?;
        self.resampler = Resampler::new(rate, self.to)?;
        self.earlier += self.frames as f64 / f64::from(self.rate);
        (self.rate, self.frames) = (rate, 0);
        Ok(())
    }

    /// How the file is to be read again because its channels cancel each other in the mean that was read so far. Never where
    /// it was opened with another downmix than the mean.
    pub fn cancelled(&self) -> Option<Downmix> {
        self.decoder.levels().instead_of_mean().filter(|_| self.decoder.downmix() == Downmix::Mean)
    }

    /// The outcome of what was read so far, which is the whole file once `read` has returned false.
    ///
    /// # Errors
    /// ERR_IO if the file changed while it was read; ERR_TOO_SHORT under [`SHORTEST_SECONDS`]; ERR_SILENCE if every sample is
    /// zero, which says nothing about the file while [`Self::cancelled`] does; ERR_DECODE if none is a number.
    pub fn finish(&self) -> Result<Decoded> {
        self.decoder.check_unchanged()?;
        let duration = self.earlier + self.frames as f64 / f64::from(self.rate);
        if duration < SHORTEST_SECONDS {
            let message = format!(
                "{} is too short: {duration:.3} s of audio, at least {SHORTEST_SECONDS} s are needed",
                self.path.display()
            );
            return Err(Error::new(Code::TooShort, message).with_file(&self.path));
        }
        let doubt = self.decoder.levels().doubt();
        if let (false, Some(doubt)) = (self.audible, &doubt) {
            return Err(broken(&self.path, &format!("{doubt}, and no sound beside them")));
        }
        if !self.audible {
            let message = format!("{} is silent: every sample of its {duration:.1} s is zero", self.path.display());
            return Err(Error::new(Code::Silence, message).with_file(&self.path));
        }
        Ok(Decoded {
            duration,
            samples: self.samples,
            damaged_packets: self.decoder.damaged_packets(),
            downmix: self.decoder.downmix(),
            doubt,
            promised: self.decoder.promise().seconds,
            cut: self.ended && !self.decoder.promise().is_kept(duration),
            source: self.source().clone(),
        })
    }
}
