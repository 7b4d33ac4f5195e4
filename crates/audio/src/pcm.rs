//! Uncompressed audio, and simple encodings of fixed size (A-law, mu-law, ADPCM), in the containers that consist of
//! chunks: WAV and its 64-bit variants, AIFF, CAF, AU and QuickTime.
//!
//! Their headers are read here and not by symphonia, because the headers of real files are often wrong: sizes are 0,
//! all ones, or not those of the file; samples of 20 bits are stored in three bytes and samples of 24 bits in four.
//! This code relies only on what the bytes confirm: the samples go from the start of the data chunk to its stated end,
//! or to the end of the file if no end is stated.

mod aiff;
mod au;
mod caf;
mod excerpt;
mod mov;
mod packets;
mod wave;

use std::io;
use std::ops::Range;

use symphonia::core::codecs::audio::well_known as id;
use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::formats::well_known as format;
use symphonia::core::formats::FormatInfo;

use excerpt::Excerpt;
pub(crate) use packets::Packets;

use crate::repair::ReadSeek;

/// The most chunks that are read before the search for the samples is given up.
const MAX_CHUNKS: usize = 10_000;

/// How the samples are stored in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SampleLayout {
    pub(crate) container: PcmContainer,
    pub(crate) codec: AudioCodecId,
    pub(crate) channels: u16,
    /// Sampling rate in Hz.
    pub(crate) rate: u32,
    /// Significant bits per sample, if the header states them.
    pub(crate) bits: Option<u32>,
    /// Bytes per block: one sample of every channel, or one block of an encoding.
    pub(crate) block: u64,
    /// Samples per channel in one block.
    pub(crate) frames_per_block: u64,
    /// The range of the samples in the file.
    pub(crate) data: Vec<Range<u64>>,
    /// Bytes of samples that the header promises; None if it promises none.
    pub(crate) promised: Option<u64>,
}

impl SampleLayout {
    /// Samples per channel in `bytes`.
    pub(crate) fn frames(&self, bytes: u64) -> u64 {
        (bytes / self.block).saturating_mul(self.frames_per_block)
    }

    /// Samples per channel in the file.
    pub(crate) fn length(&self) -> u64 {
        self.data.iter().map(|piece| self.frames(piece.end - piece.start)).fold(0, u64::saturating_add)
    }
}

/// The container of the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PcmContainer {
    Wave,
    Aiff,
    Caf,
    Au,
    Mov,
}

impl PcmContainer {
    /// The description for symphonia.
    fn info(self) -> &'static FormatInfo {
        const fn info(
            format: symphonia::core::formats::FormatId,
            short: &'static str,
            long: &'static str,
        ) -> FormatInfo {
            FormatInfo { format, short_name: short, long_name: long }
        }
        static WAVE: FormatInfo = info(format::FORMAT_ID_WAVE, "wave", "Waveform Audio File Format");
        static AIFF: FormatInfo = info(format::FORMAT_ID_AIFF, "aiff", "Audio Interchange File Format");
        static CAF: FormatInfo = info(format::FORMAT_ID_CAF, "caf", "Core Audio Format");
        static AU: FormatInfo = info(symphonia::core::formats::FORMAT_ID_NULL, "au", "Sun Audio");
        static MOV: FormatInfo = info(format::FORMAT_ID_ISOMP4, "isomp4", "ISO Base Media File Format");
        match self {
            PcmContainer::Mov => &MOV,
            PcmContainer::Wave => &WAVE,
            PcmContainer::Aiff => &AIFF,
            PcmContainer::Caf => &CAF,
            PcmContainer::Au => &AU,
        }
    }
}

/// The content of a file of chunks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Samples that this module reads.
    Samples(SampleLayout),
    /// An MPEG stream (MP1, MP2, MP3) in these bytes.
    Mpeg(Range<u64>),
    /// An encoding that cannot be decoded, by name.
    Unsupported(String),
    /// An audio container without audio.
    NoSound,
    /// The header is damaged, with the reason.
    Broken(&'static str),
    /// A file for symphonia's own demuxers.
    Other,
}

/// Examines the container that begins at `span.start`; the file, or the relevant part of it, ends at `span.end`.
pub(crate) fn find(file: &mut dyn ReadSeek, span: Range<u64>) -> io::Result<Found> {
    let mut source = Excerpt::new(file, span);
    let start = source.bytes::<40>(0)?;
    match &start {
        [b'R', b'I', b'F', b'F' | b'X', _, _, _, _, b'W', b'A', b'V', b'E', ..] => wave::riff(&mut source),
        [b'R', b'F', b'6', b'4', _, _, _, _, b'W', b'A', b'V', b'E', ..]
        | [b'B', b'W', b'6', b'4', _, _, _, _, b'W', b'A', b'V', b'E', ..] => wave::riff(&mut source),
        bytes if bytes.starts_with(&wave::W64_RIFF) && bytes[24..40] == wave::W64_WAVE => wave::w64(&mut source),
        [b'F', b'O', b'R', b'M', _, _, _, _, b'A', b'I', b'F', b'F' | b'C', ..] => aiff::aiff(&mut source),
        [b'c', b'a', b'f', b'f', ..] => caf::caf(&mut source),
        [b'.', b's', b'n', b'd', ..] => au::au(&mut source),
        [_, _, _, _, kind @ ..]
            if [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"]
                .iter()
                .any(|&first| kind.starts_with(first)) =>
        {
            mov::mov(&mut source)
        }
        _ => Ok(Found::Other),
    }
}

/// The codec of integer samples of `bytes` bytes each.
fn integers(bytes: u64, big_endian: bool, eight_bits_signed: bool) -> Option<AudioCodecId> {
    Some(match (bytes, big_endian) {
        (1, _) if eight_bits_signed => id::CODEC_ID_PCM_S8,
        (1, _) => id::CODEC_ID_PCM_U8,
        (2, false) => id::CODEC_ID_PCM_S16LE,
        (2, true) => id::CODEC_ID_PCM_S16BE,
        (3, false) => id::CODEC_ID_PCM_S24LE,
        (3, true) => id::CODEC_ID_PCM_S24BE,
        (4, false) => id::CODEC_ID_PCM_S32LE,
        (4, true) => id::CODEC_ID_PCM_S32BE,
        _ => return None,
    })
}

/// The codec of floating-point samples of `bytes` bytes each.
fn floats(bytes: u64, big_endian: bool) -> Option<AudioCodecId> {
    Some(match (bytes, big_endian) {
        (4, false) => id::CODEC_ID_PCM_F32LE,
        (4, true) => id::CODEC_ID_PCM_F32BE,
        (8, false) => id::CODEC_ID_PCM_F64LE,
        (8, true) => id::CODEC_ID_PCM_F64BE,
        _ => return None,
    })
}

/// Whether a size in a header is a placeholder that programs write before they know the size: zero, all ones, or the
/// largest signed 32-bit number, each minus the bytes of the header.
fn is_unknown(size: u64, bits: u32) -> bool {
    const HEADER: u64 = 4096;
    let most = if bits == 64 { u64::MAX } else { u64::from(u32::MAX) };
    let signed = most / 2;
    size == 0 || size > most - HEADER || (signed - HEADER..=signed + HEADER).contains(&size)
}

#[cfg(test)]
mod tests {
    use super::is_unknown;

    #[test]
    fn sizes_that_stand_for_no_size_are_known() {
        for size in [0, 0xffff_ffff, 0xffff_ffdb, 0x7fff_ffff, 0x7fff_f000, 0x8000_0000, 0x7fff_ffdb] {
            assert!(is_unknown(size, 32), "{size:x}");
        }
        for size in [1, 36, 2_000_000, 0x7ff0_0000, 0xf000_0000] {
            assert!(!is_unknown(size, 32), "{size:x}");
        }
        assert!(is_unknown(u64::MAX, 64) && !is_unknown(u64::from(u32::MAX), 64));
    }
}
