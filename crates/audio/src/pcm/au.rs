//! AU, the audio files of Sun and NeXT.

use std::io;

use symphonia::core::codecs::audio::well_known as id;

use super::{floats, integers, is_unknown, Excerpt, Found, PcmContainer, SampleLayout};

/// Reads the header at the start of `source`.
pub(super) fn au(source: &mut Excerpt) -> io::Result<Found> {
    let header = source.bytes::<24>(0)?;
    let word = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (start, size, encoding, rate) = (u64::from(word(4)), u64::from(word(8)), word(12), word(16));
    let (codec, bytes) = match encoding {
        1 => (Some(id::CODEC_ID_PCM_MULAW), 1),
        2..=5 => (integers(u64::from(encoding - 1), true, true), u64::from(encoding - 1)),
        6 => (floats(4, true), 4),
        7 => (floats(8, true), 8),
        27 => (Some(id::CODEC_ID_PCM_ALAW), 1),
        _ => return Ok(Found::Unsupported(format!("AU with encoding {encoding}"))),
    };
    let (Some(codec), Ok(channels)) = (codec, u16::try_from(word(20))) else {
        return Ok(Found::Broken("its AU header claims more channels than any recording has"));
    };
    if start < 24 || channels == 0 {
        return Ok(Found::Broken("its AU header is damaged"));
    }
    let promised = (!is_unknown(size, 32)).then_some(size);
    let end = promised.map_or(source.length(), |size| start.saturating_add(size));
    Ok(Found::Samples(SampleLayout {
        container: PcmContainer::Au,
        codec,
        channels,
        rate,
        bits: Some(if encoding == 1 || encoding == 27 { 16 } else { bytes as u32 * 8 }),
        block: bytes * u64::from(channels),
        frames_per_block: 1,
        data: vec![source.place(start..end)],
        promised,
    }))
}
