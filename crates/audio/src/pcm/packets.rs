//! A symphonia demuxer for plain samples, so that symphonia's decoders can decode them.

use std::io::{Seek, SeekFrom};

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::{well_known as id, AudioCodecParameters};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::errors::{Error, Result, SeekErrorKind};
use symphonia::core::formats::{FormatInfo, FormatReader, MediaInfo, SeekMode, SeekTo, SeekedTo, Track};
use symphonia::core::io::{MediaSourceStream, ReadBytes};
use symphonia::core::meta::{Metadata, MetadataLog};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, TimeBase, Timestamp};

use super::SampleLayout;

/// The target number of samples per channel in a packet.
const PACKET: u64 = 4_096;

/// A demuxer for samples that are stored one after the other.
pub(crate) struct Packets<'s> {
    stream: MediaSourceStream<'s>,
    layout: SampleLayout,
    media_info: MediaInfo,
    tracks: Vec<Track>,
    metadata: MetadataLog,
    blocks_per_packet: u64,
    /// Blocks returned so far.
    done: u64,
    /// The index of the piece being read, and the blocks of it returned so far.
    piece: usize,
    done_of_piece: u64,
}

impl<'s> Packets<'s> {
    /// Makes a demuxer for the samples of `layout` in `stream`.
    pub(crate) fn open(mut stream: MediaSourceStream<'s>, layout: SampleLayout) -> Result<Self> {
        if let Some(piece) = layout.data.first() {
            stream.seek(SeekFrom::Start(piece.start))?;
        }
        let blocks_per_packet = (PACKET / layout.frames_per_block).max(1);
        let mut codec = AudioCodecParameters::new();
        codec
            .for_codec(layout.codec)
            .with_sample_rate(layout.rate)
            .with_channels(Channels::Discrete(layout.channels))
            .with_frames_per_block(layout.frames_per_block)
            .with_max_frames_per_packet(blocks_per_packet.saturating_mul(layout.frames_per_block));
        // Symphonia's decoder refuses more bits than fit into the bytes of a sample.
        let width = layout.block / u64::from(layout.channels.max(1)) * 8;
        let integers =
            layout.frames_per_block == 1 && !matches!(layout.codec, id::CODEC_ID_PCM_ALAW | id::CODEC_ID_PCM_MULAW);
        if let Some(bits) = layout.bits.filter(|&bits| integers && (1..=width).contains(&u64::from(bits))) {
            codec.with_bits_per_sample(bits).with_bits_per_coded_sample(bits);
        }
        let mut track = Track::new(0);
        track.with_num_frames(layout.length());
        if let Some(time_base) = TimeBase::try_from_recip(layout.rate) {
            track.with_time_base(time_base);
        }
        track.with_codec_params(CodecParameters::Audio(codec));
        Ok(Self {
            stream,
            media_info: MediaInfo::from_track(&track),
            tracks: vec![track],
            metadata: MetadataLog::default(),
            blocks_per_packet,
            done: 0,
            piece: 0,
            done_of_piece: 0,
            layout,
        })
    }
}

impl Packets<'_> {
    /// The number of whole blocks from here to the end of the piece; continues with the next piece if none is left.
    fn blocks_left(&mut self) -> Result<u64> {
        loop {
            let Some(piece) = self.layout.data.get(self.piece) else { return Ok(0) };
            let left = ((piece.end - piece.start) / self.layout.block).saturating_sub(self.done_of_piece);
            if left > 0 {
                return Ok(left);
            }
            (self.piece, self.done_of_piece) = (self.piece + 1, 0);
            if let Some(next) = self.layout.data.get(self.piece) {
                self.stream.seek(SeekFrom::Start(next.start))?;
            }
        }
    }
}

impl FormatReader for Packets<'_> {
    fn format_info(&self) -> &FormatInfo {
        self.layout.container.info()
    }

    fn media_info(&self) -> &MediaInfo {
        &self.media_info
    }

    fn metadata(&mut self) -> Metadata<'_> {
        self.metadata.metadata()
    }

    fn seek(&mut self, _mode: SeekMode, _to: SeekTo) -> Result<SeekedTo> {
        Err(Error::SeekError(SeekErrorKind::Unseekable))
    }

    fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let blocks = self.blocks_left()?;
        let bytes = blocks.min(self.blocks_per_packet).saturating_mul(self.layout.block);
        let mut data = vec![0; usize::try_from(bytes).unwrap_or(0)];
        let mut filled = 0;
        while filled < data.len() {
            match self.stream.read_buf(&mut data[filled..]) {
                Ok(0) => break,
                Ok(bytes) => filled += bytes,
                // The file became shorter after it was opened.
                Err(reason) if reason.kind() == std::io::ErrorKind::UnexpectedEof => break,
                Err(reason) => return Err(reason.into()),
            }
        }
        let blocks = filled as u64 / self.layout.block;
        if blocks == 0 {
            return Ok(None);
        }
        data.truncate((blocks * self.layout.block) as usize);
        let time = |blocks: u64| blocks.saturating_mul(self.layout.frames_per_block);
        let start = Timestamp::new(i64::try_from(time(self.done)).unwrap_or(i64::MAX));
        let packet = Packet::new(0, start, Duration::new(time(blocks)), data);
        self.done += blocks;
        self.done_of_piece += blocks;
        Ok(Some(packet))
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        self.stream
    }
}
