//! CAF, Apple's Core Audio Format: files with plain samples. Symphonia handles all others.

use std::io;

use symphonia::core::codecs::audio::well_known as id;

use super::{floats, integers, Excerpt, Found, PcmContainer, SampleLayout, MAX_CHUNKS};

/// The size field of a chunk that continues to the end of the file.
const TO_THE_END: i64 = -1;

/// Reads the chunks after the file header.
pub(super) fn caf(source: &mut Excerpt) -> io::Result<Found> {
    let mut description = None;
    let mut at = 8;
    for _ in 0..MAX_CHUNKS {
        let mut header = [0; 12];
        if source.fill(at, &mut header)? < header.len() {
            break;
        }
        let [_, _, _, _, size @ ..] = header;
        let size = i64::from_be_bytes(size);
        let body = at + 12;
        match &header[..4] {
            b"desc" => description = Some(source.bytes::<32>(body)?),
            b"data" => {
                let Some(description) = description else { return Ok(Found::Broken("its CAF description is missing")) };
                // Some recorders leave 0 until they finish.
                let size = u64::try_from(size).ok().filter(|&size| size > 4);
                return Ok(samples(source, &description, body, size));
            }
            _ => {}
        }
        match u64::try_from(size).ok().and_then(|size| body.checked_add(size)) {
            Some(next) => at = next,
            None if size == TO_THE_END => break,
            None => return Ok(Found::Broken("a chunk of its CAF header has a negative size")),
        }
    }
    Ok(if description.is_some() { Found::NoSound } else { Found::Broken("its CAF description is missing") })
}

/// `size` includes the four bytes of the edit count at the start of `body`.
fn samples(source: &Excerpt, description: &[u8; 32], body: u64, size: Option<u64>) -> Found {
    let word = |at: usize| {
        u32::from_be_bytes([description[at], description[at + 1], description[at + 2], description[at + 3]])
    };
    let mut rate = [0; 8];
    rate.copy_from_slice(&description[..8]);
    let (rate, flags, packet, channels) = (f64::from_be_bytes(rate), word(12), u64::from(word(16)), word(24));
    let bits = word(28);
    let Some(channels) = u16::try_from(channels).ok().filter(|&channels| channels > 0) else {
        return Found::Broken("its CAF description claims no channels, or more than any recording has");
    };
    // Bytes per sample; 0 if the description is damaged.
    let bytes = if packet % u64::from(channels) == 0 { packet / u64::from(channels) } else { 0 };
    let bytes = if bytes == 0 { u64::from(bits.div_ceil(8)) } else { bytes };
    let (float, big_endian) = (flags & 1 != 0, flags & 2 == 0);
    let (codec, bytes, frames, bits) = match &description[8..12] {
        b"lpcm" if float => (floats(bytes, big_endian), bytes, 1, bits),
        b"lpcm" => (integers(bytes, big_endian, true), bytes, 1, bits),
        b"ulaw" => (Some(id::CODEC_ID_PCM_MULAW), 1, 1, 16),
        b"alaw" => (Some(id::CODEC_ID_PCM_ALAW), 1, 1, 16),
        b"ima4" => (Some(id::CODEC_ID_ADPCM_IMA_QT), 34, 64, 16),
        _ => return Found::Other,
    };
    let Some(codec) = codec else { return Found::Unsupported(format!("CAF with {bytes}-byte samples")) };
    let start = body + 4;
    let promised = size.map(|size| size - 4);
    let end = promised.map_or(source.length(), |size| start.saturating_add(size));
    Found::Samples(SampleLayout {
        container: PcmContainer::Caf,
        codec,
        channels,
        rate: rate as u32,
        bits: Some(bits),
        block: bytes * u64::from(channels),
        frames_per_block: frames,
        data: vec![source.place(start..end)],
        promised,
    })
}
