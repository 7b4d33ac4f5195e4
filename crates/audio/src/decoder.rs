//! One file through symphonia: blocks of mono f32 at the file's own rate.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use symphonia::core::codecs::audio::well_known::CODEC_ID_AAC;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions, CODEC_ID_NULL_AUDIO};
use symphonia::core::common::Limit;
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::{FORMAT_ID_MP1, FORMAT_ID_MP2, FORMAT_ID_MP3};
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;

use crate::guarded_file::GuardedFile;
use crate::repair::Repair;
use crate::trimming::Trimming;
use crate::{he_aac, mono, panics, repair, signature};

/// Channels that a file may have; more are a damaged header.
const MAX_CHANNELS: usize = 64;
/// Sampling rates that a file may have, in Hz; others are a damaged header.
const SAMPLING_RATES: std::ops::RangeInclusive<u32> = 100..=1_536_000;
/// Bytes of one decoded packet; more are a damaged header.
const MAX_PACKET_BYTES: u64 = 256 << 20;
/// Packets in a row that may be damaged or empty before the rest of the file is given up.
const MAX_BAD_PACKETS: u32 = 2_000;
/// Packets in a row that may fail before the decoder is made anew.
const RENEW_AFTER: u32 = 2;
/// Streams that may follow each other in one file (chained Ogg).
const MAX_STREAMS: u32 = 10_000;
/// Pictures and long texts in the tags are skipped.
const MAX_TAG_BYTES: usize = 64 << 10;

/// What was found in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The program and codec that decode it, such as `symphonia mp3`.
    pub decoder: String,
    /// The file's own sampling rate, in Hz.
    pub sampling_rate: u32,
    /// Channels in the file.
    pub channels: usize,
    /// Bits of a sample, where the format has such.
    pub bits: Option<u32>,
    /// Length in samples per channel as the container states it, encoder delay and padding left out: a hint, not a
    /// promise.
    pub frames: Option<u64>,
}

/// Demuxer and decoder of one file.
pub(crate) struct Decoder {
    path: PathBuf,
    format: Box<dyn FormatReader>,
    track: u32,
    codec: AudioCodecParameters,
    decoder: Box<dyn AudioDecoder>,
    source: Source,
    /// Packets that were looked at ahead of decoding.
    ahead: VecDeque<Packet>,
    /// The first block, decoded when the file was opened.
    first: Option<(Vec<f32>, u32)>,
    damaged_packets: u32,
    /// Damaged or empty packets since the last good one.
    bad_in_a_row: u32,
    /// Packets that could not be decoded since the last that could.
    failed_in_a_row: u32,
    streams: u32,
    /// Sampling rate and channels of the last packet.
    found: Option<(u32, usize)>,
    /// For the formats whose padding the container may misstate.
    trimming: Option<Trimming>,
    ended: bool,
    /// What the first damage was.
    damage: Option<String>,
}

impl Decoder {
    /// Opens `path`, finds its audio and decodes the first packet.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let (format, track) = demux(path)?;
        let (codec, frames) = (codec_of(&track), track.num_frames);
        let codec = codec.ok_or_else(|| no_audio(path))?;
        let mpeg = matches!(format.format_info().format, FORMAT_ID_MP1 | FORMAT_ID_MP2 | FORMAT_ID_MP3);
        let trimming = mpeg.then(Trimming::default);
        let decoder = make_decoder(path, &codec, !mpeg)?;
        let source = Source {
            decoder: format!("symphonia {}", decoder.codec_info().short_name),
            sampling_rate: 0,
            channels: 0,
            bits: codec.bits_per_coded_sample.or(codec.bits_per_sample),
            frames: frames.filter(|&frames| frames > 0),
        };
        let mut opened = Self {
            path: path.to_path_buf(),
            format,
            track: track.id,
            codec,
            decoder,
            source,
            ahead: VecDeque::new(),
            first: None,
            damaged_packets: 0,
            bad_in_a_row: 0,
            failed_in_a_row: 0,
            streams: 1,
            found: None,
            trimming,
            ended: false,
            damage: None,
        };
        opened.refuse_he_aac()?;
        let mut samples = Vec::new();
        match opened.decode_block(&mut samples)? {
            Some((rate, channels)) => {
                opened.source.sampling_rate = rate;
                opened.source.channels = channels;
                opened.first = Some((samples, rate));
                Ok(opened)
            }
            None => Err(opened.nothing_decoded()),
        }
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    pub(crate) fn damaged_packets(&self) -> u32 {
        self.damaged_packets
    }

    /// Appends the next block, mono, and returns its sampling rate in Hz; None at the end. Damage is skipped.
    pub(crate) fn next(&mut self, out: &mut Vec<f32>) -> Result<Option<u32>> {
        if let Some((samples, rate)) = self.first.take() {
            out.extend_from_slice(&samples);
            return Ok(Some(rate));
        }
        Ok(self.decode_block(out)?.map(|(rate, _)| rate))
    }

    /// The failure of a file in which nothing could be decoded.
    fn nothing_decoded(&self) -> Error {
        match &self.damage {
            None => no_audio(&self.path),
            Some(damage) => Error::new(
                Code::Decode,
                format!(
                    "cannot decode {}: {damage} ({}, all {} packets read are damaged); the file is broken, replace it",
                    self.path.display(),
                    self.source.decoder,
                    self.damaged_packets
                ),
            )
            .with_file(&self.path),
        }
    }

    /// Looks ahead at the first packets of an AAC track.
    fn refuse_he_aac(&mut self) -> Result<()> {
        if self.codec.codec != CODEC_ID_AAC {
            return Ok(());
        }
        let signalled = self.codec.extra_data.as_deref().is_some_and(he_aac::is_signalled);
        while self.ahead.len() < he_aac::PACKETS {
            let Some(packet) = self.demux_packet()? else { break };
            self.ahead.push_back(packet);
        }
        if !signalled && !he_aac::is_carried(self.ahead.iter().map(|packet| packet.data.as_ref())) {
            return Ok(());
        }
        // The packets end the demuxer's stream only for what was read ahead.
        let rate = self.codec.sample_rate.unwrap_or(0);
        Err(unsupported(
            &self.path,
            &format!("HE-AAC is not supported: only its lower half, at {rate} Hz, could be decoded"),
        ))
    }

    /// Decodes packets until one gives samples: (sampling rate, channels).
    fn decode_block(&mut self, out: &mut Vec<f32>) -> Result<Option<(u32, usize)>> {
        loop {
            let packet = match self.ahead.pop_front() {
                Some(packet) => packet,
                None => match self.demux_packet()? {
                    Some(packet) => packet,
                    None => return Ok(self.release_padding(out)),
                },
            };
            let before = out.len();
            if self.failed_in_a_row == RENEW_AFTER {
                // symphonia's MP3 decoder sticks to the first rate and number of channels that it meets.
                self.decoder = make_decoder(&self.path, &self.codec, self.trimming.is_none())?;
            }
            let decoder = &mut self.decoder;
            let decoded = panics::catch(|| {
                decoder.decode(&packet).map(|buffer| {
                    let (rate, channels) = (buffer.spec().rate(), buffer.num_planes());
                    if SAMPLING_RATES.contains(&rate) && (1..=MAX_CHANNELS).contains(&channels) {
                        mono::append_mean(&buffer, out);
                    }
                    (rate, channels)
                })
            });
            match decoded {
                Ok(Ok(found)) => {
                    self.failed_in_a_row = 0;
                    self.found = Some(found);
                    if let Some(trimming) = &mut self.trimming {
                        trimming.trim(out, before, packet.trim_start.get(), packet.trim_end.get());
                    }
                    if out.len() > before {
                        self.bad_in_a_row = 0;
                        return Ok(Some(found));
                    }
                    self.give_up_after_many();
                }
                Ok(Err(SymphoniaError::ResetRequired)) => self.next_stream()?,
                Ok(Err(reason)) => self.damaged(reason.to_string()),
                Err(panic) => {
                    out.truncate(before);
                    self.damaged(format!("the decoder panicked: {panic}"));
                    // Its state is not to be trusted any more.
                    self.decoder = make_decoder(&self.path, &self.codec, self.trimming.is_none())?;
                }
            }
        }
    }

    /// At the end: what was held back as padding, if it is all that there is.
    fn release_padding(&mut self, out: &mut Vec<f32>) -> Option<(u32, usize)> {
        let held = self.trimming.as_mut().map(Trimming::release).filter(|held| !held.is_empty())?;
        out.extend_from_slice(&held);
        self.found
    }

    /// The next packet of the track; None at the end, or where the container is damaged beyond repair.
    fn demux_packet(&mut self) -> Result<Option<Packet>> {
        while !self.ended {
            let format = &mut self.format;
            match panics::catch(|| format.next_packet()) {
                Ok(Ok(Some(packet))) if packet.track_id == self.track => return Ok(Some(packet)),
                Ok(Ok(Some(_))) => {}
                Ok(Ok(None)) => self.ended = true,
                Ok(Err(SymphoniaError::ResetRequired)) => self.next_stream()?,
                // Cut off in the middle of a packet: what came before is whole.
                Ok(Err(SymphoniaError::IoError(reason))) if reason.kind() == ErrorKind::UnexpectedEof => {
                    self.ended = true;
                }
                Ok(Err(reason)) => {
                    self.damaged(reason.to_string());
                    self.ended = true;
                }
                Err(panic) => {
                    self.damaged(format!("the demuxer panicked: {panic}"));
                    self.ended = true;
                }
            }
        }
        Ok(None)
    }

    fn damaged(&mut self, what: String) {
        self.damaged_packets = self.damaged_packets.saturating_add(1);
        self.damage.get_or_insert(what);
        self.failed_in_a_row = self.failed_in_a_row.saturating_add(1);
        self.give_up_after_many();
    }

    fn give_up_after_many(&mut self) {
        self.bad_in_a_row += 1;
        if self.bad_in_a_row >= MAX_BAD_PACKETS {
            self.ended = true;
            self.ahead.clear();
        }
    }

    /// The tracks changed, as they do in a chained Ogg file: goes on with the first audio track of the new stream.
    fn next_stream(&mut self) -> Result<()> {
        self.streams += 1;
        let track = self.format.default_track(TrackType::Audio).cloned();
        let codec = track.as_ref().and_then(codec_of);
        let (Some(track), Some(codec), true) = (track, codec, self.streams <= MAX_STREAMS) else {
            self.ended = true;
            return Ok(());
        };
        match make_decoder(&self.path, &codec, self.trimming.is_none()) {
            Ok(decoder) => (self.track, self.codec, self.decoder) = (track.id, codec, decoder),
            Err(reason) => {
                self.damaged(reason.message);
                self.ended = true;
            }
        }
        Ok(())
    }
}

/// Finds the container and its audio track.
fn demux(path: &Path) -> Result<(Box<dyn FormatReader>, Track)> {
    let mut file = File::open(path).map_err(|reason| Error::input(path, Code::Decode, &reason))?;
    let facts = file.metadata().map_err(|reason| Error::input(path, Code::Decode, &reason))?;
    if !facts.is_file() {
        return Err(unsupported(path, "it is not a regular file"));
    }
    if facts.len() == 0 {
        return Err(
            Error::new(Code::NoAudio, format!("no audio in {}: the file is empty", path.display())).with_file(path)
        );
    }
    let (name, repair) = look_at(&mut file).map_err(|reason| Error::input(path, Code::Decode, &reason))?;
    if let Some(name) = name {
        return Err(unsupported(path, &format!("it is {name}, which cannot be decoded")));
    }
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        hint.with_extension(extension);
    }
    let length = facts.len();
    let opened = panics::catch(move || {
        let source = Box::new(GuardedFile::new(file, length, repair));
        let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
        let tags = MetadataOptions::default()
            .limit_tag_bytes(Limit::Maximum(MAX_TAG_BYTES))
            .limit_visual_bytes(Limit::Maximum(MAX_TAG_BYTES));
        let format = symphonia::default::get_probe().probe(&hint, stream, FormatOptions::default(), tags)?;
        let track = format.default_track(TrackType::Audio).cloned();
        Ok::<_, SymphoniaError>((format, track))
    });
    let broken = |reason: String| {
        Error::new(Code::Decode, format!("cannot read {}: {reason}; the file is broken, replace it", path.display()))
            .with_file(path)
    };
    match opened {
        Ok(Ok((format, Some(track)))) => Ok((format, track)),
        Ok(Ok((_, None))) => Err(no_audio(path)),
        Ok(Err(SymphoniaError::Unsupported(reason))) => Err(unsupported(path, reason)),
        Ok(Err(SymphoniaError::IoError(reason))) if reason.kind() == ErrorKind::UnexpectedEof => {
            Err(broken("it ends in the middle of its header".to_string()))
        }
        Ok(Err(reason)) => Err(broken(reason.to_string())),
        Err(panic) => Err(broken(format!("the demuxer panicked: {panic}"))),
    }
}

/// The name of the format if it is an unsupported one, and what to change for the demuxer; both behind an ID3v2 tag, if
/// there is one.
fn look_at(file: &mut File) -> std::io::Result<(Option<&'static str>, Repair)> {
    let mut start = Vec::with_capacity(signature::LENGTH);
    file.by_ref().take(signature::LENGTH as u64).read_to_end(&mut start)?;
    let tag = signature::id3v2_length(&start);
    if tag > 0 {
        start.clear();
        file.seek(SeekFrom::Start(tag))?;
        file.by_ref().take(signature::LENGTH as u64).read_to_end(&mut start)?;
    }
    let repair = repair::find(file, tag)?;
    file.rewind()?;
    Ok((signature::unsupported(&start), repair))
}

fn codec_of(track: &Track) -> Option<AudioCodecParameters> {
    track.codec_params.as_ref().and_then(|codec| codec.audio()).cloned()
}

/// A decoder, unless the header claims what no sound file has. `gapless`: it leaves out encoder delay and padding.
fn make_decoder(path: &Path, codec: &AudioCodecParameters, gapless: bool) -> Result<Box<dyn AudioDecoder>> {
    let channels = codec.channels.as_ref().map_or(1, |channels| channels.count());
    let frames = codec.max_frames_per_packet.unwrap_or(0).max(codec.frames_per_block.unwrap_or(0));
    let rate = codec.sample_rate.unwrap_or(*SAMPLING_RATES.start());
    let claims = || format!("the header claims {channels} channels at {rate} Hz, {frames} samples a packet");
    if channels > MAX_CHANNELS
        || !SAMPLING_RATES.contains(&rate)
        || frames.saturating_mul(channels as u64 * 4) > MAX_PACKET_BYTES
    {
        return Err(unsupported(path, &claims()));
    }
    if codec.codec == CODEC_ID_NULL_AUDIO {
        return Err(unsupported(path, "the container is known, the codec in it is not"));
    }
    let options = AudioDecoderOptions::default().gapless(gapless);
    match panics::catch(|| symphonia::default::get_codecs().make_audio_decoder(codec, &options)) {
        Ok(Ok(decoder)) => Ok(decoder),
        Ok(Err(SymphoniaError::Unsupported(reason))) => {
            Err(unsupported(path, &format!("its codec cannot be decoded: {reason}")))
        }
        Ok(Err(reason)) => Err(Error::new(
            Code::Decode,
            format!("cannot decode {}: {reason}; the file is broken, replace it", path.display()),
        )
        .with_file(path)),
        Err(panic) => Err(Error::new(
            Code::Decode,
            format!("cannot decode {}: the decoder panicked: {panic}; the file is broken, replace it", path.display()),
        )
        .with_file(path)),
    }
}

fn no_audio(path: &Path) -> Error {
    Error::new(Code::NoAudio, format!("no audio in {}: its container holds no sound", path.display())).with_file(path)
}

fn unsupported(path: &Path, reason: &str) -> Error {
    Error::new(
        Code::UnsupportedFormat,
        format!(
            "cannot decode {}: {reason}; supported are MP1/2/3, AAC-LC, ALAC, FLAC, Vorbis, PCM and ADPCM in MP3, ADTS, \
             MP4, FLAC, OGG, WAV, AIFF, CAF and MKV: convert the file to one of them",
            path.display()
        ),
    )
    .with_file(path)
}
