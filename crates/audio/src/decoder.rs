//! One file through symphonia: blocks of mono f32 at the file's own rate.

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

/// Bytes of zeros that are no packet.
const BLANK: usize = 32;
/// Packets in a row that may be damaged or empty before the rest of the file is given up.
const MAX_BAD_PACKETS: u32 = 2_000;
/// Damaged packets after which packets of zeros are no longer passed over; six hours of AAC have as many.
const MAX_BLANK_PACKETS: u32 = 1_000_000;
/// Packets without a byte that other tracks may have: reading them costs the file nothing, so that its size does not bound them.
const MAX_EMPTY_PACKETS: u32 = 100_000;
/// Packets in a row that may fail before the decoder is made anew.
const RENEW_AFTER: u32 = 2;
/// Streams that may follow each other in one file (chained Ogg, joined FLAC).
const MAX_STREAMS: u32 = 10_000;

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
    file: WatchedFile,
    format: Box<dyn FormatReader>,
    track: u32,
    codec: AudioCodecParameters,
    decoder: Box<dyn AudioDecoder>,
    source: Source,
    downmix: Downmix,
    levels: Levels,
    disguise: Disguise,
    /// Packets that were looked at ahead of decoding.
    ahead: VecDeque<Packet>,
    /// The first block, decoded when the file was opened.
    first: Option<(Vec<f32>, u32)>,
    damaged_packets: u32,
    /// Damaged or empty packets since the last good one.
    bad_in_a_row: u32,
    /// Packets that could not be decoded since the last that could.
    failed_in_a_row: u32,
    /// Packets without a byte in other tracks.
    empty_elsewhere: u32,
    streams: u32,
    /// Sampling rate and channels of the last packet.
    found: Option<(u32, usize)>,
    /// For the formats whose padding the container may misstate.
    trimming: Option<Trimming>,
    ended: bool,
    /// What the first damage was.
    damage: Option<String>,
    /// What the decoder cannot do, the first that was met.
    unsupported: Option<&'static str>,
    /// What the containers so far promise.
    promise: Promise,
    watch: Watch,
    /// The last frame of an MPEG stream.
    frame: Option<mpeg::Header>,
}

impl Decoder {
    /// Opens `input`, finds its audio and decodes the first packet; `downmix` makes one channel out of all.
    pub(crate) fn open(input: &Input, downmix: Downmix) -> Result<Self> {
        let path = input.name();
        let Opened { format, track, promise, watch, file } = container::open(input)?;
        let (codec, frames) = (codec::of(&track), track.num_frames);
        let codec = codec.ok_or_else(|| no_audio(path))?;
        let mpeg = matches!(format.format_info().format, FORMAT_ID_MP1 | FORMAT_ID_MP2 | FORMAT_ID_MP3);
        let trimming = mpeg.then(Trimming::default);
        let decoder = codec::decoder(path, &codec, !mpeg)?;
        let source = Source {
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
            empty_elsewhere: 0,
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

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// Damaged packets, and places where packets are missing.
    pub(crate) fn damaged_packets(&self) -> u32 {
        self.damaged_packets.saturating_add(self.watch.damage())
    }

    /// What the file promises; complete once it has been read to the end.
    pub(crate) fn promise(&self) -> &Promise {
        &self.promise
    }

    pub(crate) fn downmix(&self) -> Downmix {
        self.downmix
    }

    /// Levels of what was decoded so far.
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
            // Intact, as far as anybody knows.
            (_, Some(reason)) => unsupported(&self.path, &format!("its sound cannot be decoded: {reason}")),
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
                // They cost nothing, and behind a long hole there may be sound.
                self.note_damage("a packet holds nothing but zeros".to_string());
                if self.damaged_packets >= MAX_BLANK_PACKETS {
                    self.ended = true;
                    self.ahead.clear();
                }
                continue;
            }
            self.follow_frames(&packet.data)?;
            if self.failed_in_a_row == RENEW_AFTER {
                // symphonia's MP3 decoder sticks to the first rate and number of channels that it meets.
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
                    &format!("its samples are {name} in disguise, which cannot be decoded"),
                ));
            }
            match decoded {
                Ok(Ok(found)) => {
                    self.failed_in_a_row = 0;
                    self.found = Some(found);
                    if let Some(trimming) = &mut self.trimming {
                        // Where nothing counts the frames, the demuxer's end is its estimate.
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
                    // Its state is not to be trusted any more.
                    self.decoder = codec::decoder(&self.path, &self.codec, self.trimming.is_none())?;
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
            let packet = panics::catch(|| format.next_packet());
            self.file.check(&self.path)?;
            match packet {
                Ok(Ok(Some(packet))) if packet.track_id == self.track => return Ok(Some(packet)),
                Ok(Ok(Some(packet))) => {
                    self.empty_elsewhere += u32::from(packet.data.is_empty());
                    if self.empty_elsewhere > MAX_EMPTY_PACKETS {
                        self.damaged("another track holds empty packets without an end".to_string());
                        self.ended = true;
                    }
                }
                Ok(Ok(None)) => self.next_container()?,
                Ok(Err(SymphoniaError::ResetRequired)) => self.next_stream()?,
                // Cut off in the middle of a packet: what came before is whole.
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

    /// The end of the container: goes on with the next one, where files were joined.
    fn next_container(&mut self) -> Result<()> {
        let next = self.watch.next().filter(|_| self.streams < MAX_STREAMS);
        // What cannot be opened is no further sound, but something that looks like its beginning.
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

    /// Whether zeros alone are no packet of the codec.
    fn codec_leaves_no_blanks(&self) -> bool {
        matches!(
            self.codec.codec,
            id::CODEC_ID_AAC | id::CODEC_ID_ALAC | id::CODEC_ID_FLAC | id::CODEC_ID_VORBIS | id::CODEC_ID_MP3
        )
    }

    /// Makes the decoder anew where an MPEG stream changes its layer, rate or channels: symphonia's keeps to the first.
    fn follow_frames(&mut self, packet: &[u8]) -> Result<()> {
        let Some(frame) = self.trimming.as_ref().and_then(|_| mpeg::Header::read(packet)) else { return Ok(()) };
        if self.frame.is_some_and(|before| !before.same_decoder(frame)) {
            self.codec.for_codec(frame.codec()).with_sample_rate(frame.rate());
            self.decoder = codec::decoder(&self.path, &self.codec, false)?;
        }
        self.frame = Some(frame);
        Ok(())
    }

    /// The tracks changed, as they do in a chained Ogg file: goes on with the first audio track of the new stream.
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

    /// Goes on with `track` of the container that is open.
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

/// Whether `packet` is one of zeros alone, as disks and transfers leave them.
fn is_blank(packet: &[u8]) -> bool {
    packet.len() >= BLANK && packet.iter().all(|&byte| byte == 0)
}
