//! Reads one open file as mono f32 at the sampling rate of the model.

use std::path::PathBuf;

use error::{Code, Error, Result};
use limits::SHORTEST_SECONDS;

use crate::decoder::{Decoder, StreamInfo};
use crate::downmix::Downmix;
use crate::failure::broken;
use crate::input::Input;
use crate::resampler::{resampled_length, Resampler};

/// The target number of samples of one `read`; a single packet may give more.
const CHUNK: usize = 16_384;

/// One open audio file, streamed as mono f32 at the requested sampling rate: decoded, mixed to one channel, then
/// resampled. Memory use is limited to one packet and one block of the resampler, whatever the length of the file.
pub struct Reader {
    path: PathBuf,
    decoder: Decoder,
    resampler: Resampler,
    to: u32,
    /// The sampling rate of the current part; it may change inside a file.
    rate: u32,
    /// The packet being resampled.
    block: Vec<f32>,
    /// Length of the previous parts with other rates, in seconds.
    earlier: f64,
    /// Samples decoded at `rate`.
    frames: u64,
    samples: u64,
    audible: bool,
    ended: bool,
}

/// The result of reading a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// Length of the decoded audio, in seconds.
    pub duration: f64,
    /// Length of the decoded audio, in samples at the requested rate.
    pub samples: u64,
    /// The number of damaged packets that were skipped, plus the number of places where packets are missing.
    pub damaged_packets: u32,
    /// How the channels were mixed to one.
    pub downmix: Downmix,
    /// Why the samples are doubtful: they exceed any plausible level, or are not finite numbers.
    pub doubt: Option<String>,
    /// Length in seconds that the container promises; None if it promises none. It is certain only after the file
    /// was read to its end.
    pub promised: Option<f64>,
    /// Whether less audio was decoded than the container promises: the file is cut, or parts of it are missing.
    pub cut: bool,
    /// A reading that is limited to more than this many samples returns the first ones of these samples; one that is
    /// limited to fewer may choose another downmix, or find the audio silent or too short. Known only for whole clips:
    /// otherwise [`u64::MAX`].
    pub settled: u64,
    /// Facts about the file.
    pub source: StreamInfo,
}

impl Decoded {
    /// Whether a part of the audio could not be decoded.
    pub fn is_partial(&self) -> bool {
        self.cut || self.damaged_packets > 0
    }
}

impl Reader {
    /// Opens `input`, a path or the content of a file, for reading at `sampling_rate` Hz as the mean of its channels.
    ///
    /// # Errors
    /// ERR_FILE_NOT_FOUND; ERR_UNSUPPORTED_FORMAT for a format or codec that cannot be decoded, including HE-AAC and
    /// implausible headers; ERR_NO_AUDIO for an empty file or a container without audio; ERR_DECODE if nothing can be
    /// decoded; ERR_IO if the system cannot read it at the moment; ERR_INVALID_OPTION if `sampling_rate` is 0 or above
    /// 768,000.
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

    /// As [`Self::open`], but keeps the sampling rate of the audio.
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

    /// Facts about the file.
    pub fn source(&self) -> &StreamInfo {
        self.decoder.source()
    }

    /// The length of the clip in samples at the requested rate, if the container states it: a hint, not a guarantee.
    pub fn expected_samples(&self) -> Option<u64> {
        let source = self.source();
        source.frames.map(|frames| resampled_length(frames, source.sampling_rate, self.to))
    }

    /// Appends the next chunk, about 16,384 samples, to `out`; returns false at the end, when nothing is appended.
    /// Damaged packets are skipped.
    ///
    /// # Errors
    /// ERR_DECODE or ERR_UNSUPPORTED_FORMAT if a later part of the file cannot be decoded; ERR_IO if the system
    /// cannot read the file at the moment, or if the file became shorter.
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

    /// The downmix with which the file must be read again, if its channels cancel each other in the mean that was read
    /// so far. Always None if the file was opened with a downmix other than the mean.
    pub fn cancelled(&self) -> Option<Downmix> {
        self.decoder.levels().instead_of_mean().filter(|_| self.decoder.downmix() == Downmix::Mean)
    }

    /// Whether the part that was read so far has sound, and whether it is long enough.
    pub(crate) fn usable_so_far(&self) -> (bool, bool) {
        (self.audible, self.duration() >= SHORTEST_SECONDS)
    }

    /// Seconds that were read so far.
    fn duration(&self) -> f64 {
        self.earlier + self.frames as f64 / f64::from(self.rate)
    }

    /// The result for the part that was read so far, which is the whole file after `read` has returned false.
    ///
    /// # Errors
    /// ERR_IO if the file changed while it was read; ERR_TOO_SHORT for less than [`SHORTEST_SECONDS`]; ERR_SILENCE if
    /// every sample is zero (this says nothing about the file if [`Self::cancelled`] returns a downmix); ERR_DECODE if
    /// no sample is a finite number.
    pub fn finish(&self) -> Result<Decoded> {
        self.decoder.check_unchanged()?;
        let duration = self.duration();
        if duration < SHORTEST_SECONDS {
            let message = format!(
                "{} is too short: it has {duration:.3} s of audio, at least {SHORTEST_SECONDS} s is needed",
                self.path.display()
            );
            return Err(Error::new(Code::TooShort, message).with_file(&self.path));
        }
        let doubt = self.decoder.levels().doubt();
        if let (false, Some(doubt)) = (self.audible, &doubt) {
            return Err(broken(&self.path, &format!("{doubt}, and there is no other audio")));
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
            settled: u64::MAX,
            source: self.source().clone(),
        })
    }
}
