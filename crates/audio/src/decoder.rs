//! Decodes one file with symphonia into blocks of mono f32 at the file's own sampling rate.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::path::PathBuf;

use error::{Error, Result};
use symphonia::core::codecs::audio::well_known::{self as id, CODEC_ID_AAC};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::well_known::{FORMAT_ID_MP1, FORMAT_ID_MP2, FORMAT_ID_MP3};
use symphonia::core::formats::{FormatReader, Track, TrackType};
use symphonia::core::packet::Packet;

use crate::codec::{MAX_CHANNELS, SAMPLING_RATES};
use crate::container::Opened;
use crate::disguise::Disguise;
use crate::downmix::{Downmix, Levels};
use crate::failure::{broken, no_audio, unsupported};
use crate::input::Input;
use crate::promise::Promise;
use crate::trimming::Trimming;
use crate::watch::Watch;
use crate::watched_file::WatchedFile;
use crate::{codec, container, he_aac, mono, mpeg, panics};

/// The number of zero bytes from which on they are not treated as a packet.
const BLANK: usize = 32;
/// After so many damaged or empty packets in a row, the rest of the file is given up.
const MAX_BAD_PACKETS: u32 = 2_000;
/// After so many damaged packets, packets of zeros are no longer skipped; six hours of AAC have this number of packets.
const MAX_BLANK_PACKETS: u32 = 1_000_000;
/// After so many empty packets of other tracks in a row, and in all, the rest of the file is given up: the size of the
/// file does not limit their number.
const MAX_EMPTY_PACKETS: [u32; 2] = [10_000, 1_000_000];
/// After so many failed packets in a row, a new decoder is made.
const RENEW_AFTER: u32 = 2;
/// The most streams in one file, one after the other (chained Ogg, joined FLAC).
const MAX_STREAMS: u32 = 10_000;

/// Facts about the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamInfo {
    /// The program and codec that decode it, such as `symphonia mp3`.
    pub decoder: String,
    /// The file's own sampling rate, in Hz.
    pub sampling_rate: u32,
    /// Channels in the file.
    pub channels: usize,
    /// Bits per sample, if the format has this value.
    pub bits: Option<u32>,
    /// Length in samples per channel as the container states it, without encoder delay and padding: a hint, not a
    /// guarantee.
    pub frames: Option<u64>,
}

/// Demuxer and decoder of one file.
pub(crate) struct Decoder {
    path: PathBuf,
    file: WatchedFile,
    format: Box<dyn FormatReader>,
    track: u32,
    codec: AudioCodecParameters,
    decoder: Box<dyn AudioDecoder>,
    source: StreamInfo,
    downmix: Downmix,
    levels: Levels,
    disguise: Disguise,
    /// Packets that were read ahead of decoding.
    ahead: VecDeque<Packet>,
    /// The first block, decoded when the file was opened.
    first: Option<(Vec<f32>, u32)>,
    damaged_packets: u32,
    /// Damaged or empty packets since the last good one.
    bad_in_a_row: u32,
    /// Packets that could not be decoded since the last one that could.
    failed_in_a_row: u32,
    /// Packets without content in other tracks: since the last packet of this track, and in all.
    empty_elsewhere: [u32; 2],
    streams: u32,
    /// Sampling rate and channels of the last packet.
    found: Option<(u32, usize)>,
    /// Set for the formats in which the container may state wrong padding.
    trimming: Option<Trimming>,
    ended: bool,
    /// Description of the first damage.
    damage: Option<String>,
    /// The first feature of the file that the decoder does not support.
    unsupported: Option<&'static str>,
    /// The length that the containers so far promise.
    promise: Promise,
    watch: Watch,
    /// The last frame of an MPEG stream.
    frame: Option<mpeg::Header>,
}

impl Decoder {
    /// Opens `input`, finds its audio and decodes the first packet; `downmix` says how the channels are mixed to one.
    pub(crate) fn open(input: &Input, downmix: Downmix) -> Result<Self> {
        let path = input.name();
        let Opened { format, track, promise, watch, file } = container::open(input)?;
        let (codec, frames) = (codec::of(&track), track.num_frames);
        let codec = codec.ok_or_else(|| no_audio(path))?;
        let mpeg = matches!(format.format_info().format, FORMAT_ID_MP1 | FORMAT_ID_MP2 | FORMAT_ID_MP3);
        let trimming = mpeg.then(Trimming::default);
        let decoder = codec::decoder(path, &codec, !mpeg)?;
        let source = StreamInfo {
            decoder: format!("symphonia {}", decoder.codec_info().short_name),
            sampling_rate: 0,
            channels: 0,
            bits: codec.bits_per_coded_sample.or(codec.bits_per_sample),
            frames: frames.filter(|&frames| frames > 0),
        };
        let mut opened = Self {
            path: path.to_path_buf(),
            file,
            format,
            track: track.id,
            codec,
            decoder,
            source,
            downmix,
            levels: Levels::default(),
            disguise: Disguise::default(),
            ahead: VecDeque::new(),
            first: None,
            damaged_packets: 0,
            bad_in_a_row: 0,
            failed_in_a_row: 0,
            empty_elsewhere: [0; 2],
            streams: 1,
            found: None,
            trimming,
            ended: false,
            damage: None,
            unsupported: None,
            promise,
            watch,
            frame: None,
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

    pub(crate) fn source(&self) -> &StreamInfo {
        &self.source
    }

    /// The number of damaged packets and of places where packets are missing.
    pub(crate) fn damaged_packets(&self) -> u32 {
        self.damaged_packets.saturating_add(self.watch.damage())
    }

    /// The length that the file promises; complete after the file has been read to the end.
    pub(crate) fn promise(&self) -> &Promise {
        &self.promise
    }

    pub(crate) fn downmix(&self) -> Downmix {
        self.downmix
    }

    /// Levels of the audio decoded so far.
    pub(crate) fn levels(&self) -> &Levels {
        &self.levels
    }

    /// Fails if the file was written to while it was read.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        self.file.check_unchanged(&self.path)
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
        match (&self.damage, self.unsupported) {
            (None, _) => no_audio(&self.path),
            // As far as is known, the file is intact.
            (_, Some(reason)) => unsupported(&self.path, &format!("its audio cannot be decoded: {reason}")),
            (Some(damage), None) => {
                let (decoder, packets) = (&self.source.decoder, self.damaged_packets);
                broken(&self.path, &format!("{damage} ({decoder}, all {packets} packets read are damaged)"))
            }
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
            if is_blank(&packet.data) && self.codec_leaves_no_blanks() {
                // Skipping such packets is cheap, and there may be audio after a long gap.
                self.note_damage("a packet contains only zeros".to_string());
                if self.damaged_packets >= MAX_BLANK_PACKETS {
                    self.ended = true;
                    self.ahead.clear();
                }
                continue;
            }
            self.follow_frames(&packet.data)?;
            if self.failed_in_a_row == RENEW_AFTER {
                // symphonia's MP3 decoder keeps the first sampling rate and number of channels that it meets.
                self.decoder = codec::decoder(&self.path, &self.codec, self.trimming.is_none())?;
            }
            let (decoder, downmix, levels) = (&mut self.decoder, self.downmix, &mut self.levels);
            let (disguise, mut disguised) = (&mut self.disguise, None);
            let decoded = panics::catch(|| {
                decoder.decode(&packet).map(|buffer| {
                    let (rate, channels) = (buffer.spec().rate(), buffer.num_planes());
                    if SAMPLING_RATES.contains(&rate) && (1..=MAX_CHANNELS).contains(&channels) {
                        mono::append(&buffer, downmix, out, levels);
                        disguised = disguise.look(&buffer);
                    }
                    (rate, channels)
                })
            });
            if let Some(name) = disguised {
                return Err(unsupported(
                    &self.path,
                    &format!("its samples are not audio but {name}, which cannot be decoded"),
                ));
            }
            match decoded {
                Ok(Ok(found)) => {
                    self.failed_in_a_row = 0;
                    self.found = Some(found);
                    if let Some(trimming) = &mut self.trimming {
                        // If the file has no count of its frames, the end that the demuxer gives is an estimate.
                        let counted = self.watch.mpeg.as_ref().is_some_and(|findings| findings.counts_frames());
                        let end = if counted { packet.trim_end.get() } else { 0 };
                        trimming.trim(out, before, packet.trim_start.get(), end);
                    }
                    if out.len() > before {
                        self.bad_in_a_row = 0;
                        return Ok(Some(found));
                    }
                    self.give_up_after_many();
                }
                Ok(Err(SymphoniaError::ResetRequired)) => self.next_stream()?,
                Ok(Err(reason)) => {
                    if let SymphoniaError::Unsupported(reason) = reason {
                        self.unsupported.get_or_insert(reason);
                    }
                    self.damaged(reason.to_string());
                }
                Err(panic) => {
                    out.truncate(before);
                    self.damaged(format!("the decoder panicked: {panic}"));
                    // After a panic, the state of the decoder may be invalid.
                    self.decoder = codec::decoder(&self.path, &self.codec, self.trimming.is_none())?;
                }
            }
        }
    }

    /// At the end of the file: the samples held back as padding, if the file has no other samples.
    fn release_padding(&mut self, out: &mut Vec<f32>) -> Option<(u32, usize)> {
        let held = self.trimming.as_mut().map(Trimming::release).filter(|held| !held.is_empty())?;
        out.extend_from_slice(&held);
        self.found
    }

    /// The next packet of the track; None at the end, or if the container is too damaged to continue.
    fn demux_packet(&mut self) -> Result<Option<Packet>> {
        while !self.ended {
            let format = &mut self.format;
            let packet = panics::catch(|| format.next_packet());
            self.file.check(&self.path)?;
            match packet {
                Ok(Ok(Some(packet))) if packet.track_id == self.track => {
                    self.empty_elsewhere[0] = 0;
                    return Ok(Some(packet));
                }
                Ok(Ok(Some(packet))) => {
                    self.empty_elsewhere = self.empty_elsewhere.map(|count| count + u32::from(packet.data.is_empty()));
                    if self.empty_elsewhere.iter().zip(MAX_EMPTY_PACKETS).any(|(&count, most)| count > most) {
                        self.damaged("another track contains too many empty packets".to_string());
                        self.ended = true;
                    }
                }
                Ok(Ok(None)) => self.next_container()?,
                Ok(Err(SymphoniaError::ResetRequired)) => self.next_stream()?,
                // The file ends in the middle of a packet: the packets before it are complete.
                Ok(Err(SymphoniaError::IoError(reason))) if reason.kind() == ErrorKind::UnexpectedEof => {
                    self.next_container()?;
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

    fn note_damage(&mut self, what: String) {
        self.damaged_packets = self.damaged_packets.saturating_add(1);
        self.damage.get_or_insert(what);
    }

    fn damaged(&mut self, what: String) {
        self.note_damage(what);
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

    /// At the end of a container: continues with the next one, if files were joined.
    fn next_container(&mut self) -> Result<()> {
        let next = self.watch.next().filter(|_| self.streams < MAX_STREAMS);
        // If it cannot be opened, it is not audio, but data that looks like the beginning of a container.
        let opened = next.and_then(|from| container::open_at(&self.path, self.file.clone(), from).ok());
        self.file.check(&self.path)?;
        let Some(opened) = opened else {
            self.ended = true;
            return Ok(());
        };
        self.streams += 1;
        self.damaged_packets = self.damaged_packets.saturating_add(self.watch.damage());
        self.promise.add(&opened.promise);
        (self.format, self.watch) = (opened.format, opened.watch);
        self.use_track(&opened.track)
    }

    /// Whether the codec has no packets that contain only zeros.
    fn codec_leaves_no_blanks(&self) -> bool {
        matches!(
            self.codec.codec,
            id::CODEC_ID_AAC | id::CODEC_ID_ALAC | id::CODEC_ID_FLAC | id::CODEC_ID_VORBIS | id::CODEC_ID_MP3
        )
    }

    /// Makes a new decoder if an MPEG stream changes its layer, rate or channels, because symphonia's decoder keeps the
    /// first ones.
    fn follow_frames(&mut self, packet: &[u8]) -> Result<()> {
        let Some(frame) = self.trimming.as_ref().and_then(|_| mpeg::Header::read(packet)) else { return Ok(()) };
        if self.frame.is_some_and(|before| !before.same_decoder(frame)) {
            self.codec.for_codec(frame.codec()).with_sample_rate(frame.rate());
            self.decoder = codec::decoder(&self.path, &self.codec, false)?;
        }
        self.frame = Some(frame);
        Ok(())
    }

    /// The tracks changed, as they do in a chained Ogg file: continues with the first audio track of the new stream.
    fn next_stream(&mut self) -> Result<()> {
        self.streams += 1;
        let track = self.format.default_track(TrackType::Audio).cloned();
        match track.filter(|_| self.streams <= MAX_STREAMS) {
            Some(track) => {
                let cut = self.promise.cut;
                self.promise.add(&container::stated(self.format.as_ref(), &track));
                self.promise.cut = cut;
                self.use_track(&track)
            }
            None => {
                self.ended = true;
                Ok(())
            }
        }
    }

    /// Continues with `track` of the open container.
    fn use_track(&mut self, track: &Track) -> Result<()> {
        let Some(codec) = codec::of(track) else {
            self.ended = true;
            return Ok(());
        };
        match codec::decoder(&self.path, &codec, self.trimming.is_none()) {
            Ok(decoder) => (self.track, self.codec, self.decoder) = (track.id, codec, decoder),
            Err(reason) => {
                self.damaged(reason.message);
                self.ended = true;
            }
        }
        Ok(())
    }
}

/// Whether `packet` contains only zeros, as failed disks and transfers leave them.
fn is_blank(packet: &[u8]) -> bool {
    packet.len() >= BLANK && packet.iter().all(|&byte| byte == 0)
}
