//! AIFF and AIFF-C.

use std::io;

use symphonia::core::codecs::audio::well_known as id;

use super::wave::next_chunk;
use super::{floats, integers, is_unknown, Excerpt, Found, PcmContainer, SampleLayout, MAX_CHUNKS};

/// The size of the outermost chunk is ignored: it is wrong most often, and it is not needed.
pub(super) fn aiff(source: &mut Excerpt) -> io::Result<Found> {
    let (mut common, mut sound) = (None, None);
    let mut at = 12;
    for _ in 0..MAX_CHUNKS {
        let mut header = [0; 8];
        if source.fill(at, &mut header)? < header.len() || (common.is_some() && sound.is_some()) {
            break;
        }
        let size = u64::from(u32::from_be_bytes([header[4], header[5], header[6], header[7]]));
        match &header[..4] {
            b"COMM" => common = Some((source.bytes::<22>(at + 8)?, size)),
            b"SSND" => sound = Some((at + 8, size)),
            _ => {}
        }
        // Samples of unknown length go to the end of the file.
        if &header[..4] == b"SSND" && is_unknown(size, 32) {
            break;
        }
        at = next_chunk(source, at + 8, size)?;
    }
    let Some((common, size)) = common else { return Ok(Found::Broken("its AIFF description (COMM) is missing")) };
    let Some((at, sound)) = sound else { return Ok(Found::NoSound) };
    let offset = u32::from_be_bytes(source.bytes(at)?);
    Ok(samples(source, &common, size, (at + 8).saturating_add(u64::from(offset)), at + 8, sound))
}

/// `common`: the start of the description, which has `size` bytes in total. The samples begin at `start`; their chunk
/// has `sound` bytes, including the eight bytes before the samples.
fn samples(source: &Excerpt, common: &[u8; 22], size: u64, start: u64, body: u64, sound: u64) -> Found {
    let [c0, c1, f0, f1, f2, f3, b0, b1, rate @ ..] = common;
    let (channels, frames) = (u16::from_be_bytes([*c0, *c1]), u32::from_be_bytes([*f0, *f1, *f2, *f3]));
    let bits = u16::from_be_bytes([*b0, *b1]);
    let bytes = u64::from(bits.div_ceil(8));
    // The description of AIFF ends here; in AIFF-C the encoding follows.
    let code = if size >= 22 { [rate[10], rate[11], rate[12], rate[13]] } else { *b"NONE" };
    let (codec, bytes, frames_per_block, bits) = match &code.map(|byte| byte.to_ascii_lowercase()) {
        b"none" | b"twos" => (integers(bytes, true, true), bytes, 1, bits),
        b"sowt" => (integers(bytes, false, true), bytes, 1, bits),
        b"raw " => (integers(bytes, true, false), bytes, 1, bits),
        b"in24" => (integers(3, true, true), 3, 1, 24),
        b"in32" => (integers(4, true, true), 4, 1, 32),
        b"42ni" => (integers(3, false, true), 3, 1, 24),
        b"23ni" => (integers(4, false, true), 4, 1, 32),
        b"fl32" => (floats(4, true), 4, 1, 32),
        b"fl64" => (floats(8, true), 8, 1, 64),
        b"ulaw" => (Some(id::CODEC_ID_PCM_MULAW), 1, 1, 16),
        b"alaw" => (Some(id::CODEC_ID_PCM_ALAW), 1, 1, 16),
        b"ima4" => (Some(id::CODEC_ID_ADPCM_IMA_QT), 34, 64, 16),
        _ => return Found::Unsupported(format!("AIFF-C with the encoding {:?}", String::from_utf8_lossy(&code))),
    };
    let Some(codec) = codec else { return Found::Unsupported(format!("AIFF with {bits}-bit samples")) };
    if channels == 0 {
        return Found::Broken("its AIFF description claims no channels");
    }
    let block = bytes * u64::from(channels);
    // The description gives the number of blocks, the chunk the number of bytes; either may be missing.
    let described = u64::from(frames).saturating_mul(block);
    let chunk = (!is_unknown(sound, 32)).then(|| body.saturating_add(sound.saturating_sub(8)).saturating_sub(start));
    let promised = match (described, chunk) {
        (0, chunk) => chunk,
        (described, None) => Some(described),
        (described, Some(chunk)) => Some(described.min(chunk)),
    };
    let end = chunk.or(promised).map_or(source.length(), |size| start.saturating_add(size));
    Found::Samples(SampleLayout {
        container: PcmContainer::Aiff,
        codec,
        channels,
        rate: extended(rate),
        bits: Some(u32::from(bits)),
        block,
        frames_per_block,
        data: vec![source.place(start..end)],
        promised,
    })
}

/// Converts a sampling rate in the extended precision of the 68881 (80 bits) to whole Hz; 0 if it is not valid.
fn extended(bytes: &[u8]) -> u32 {
    let exponent = i32::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    let mantissa = bytes[2..10].iter().fold(0, |value: u64, &byte| value << 8 | u64::from(byte));
    // The binary point is after the most significant of the 64 bits.
    u32::try_from(mantissa.checked_shr((16_383 + 63 - exponent).unsigned_abs()).unwrap_or(0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::extended;

    #[test]
    fn sampling_rates_are_read_from_80_bits() {
        assert_eq!(extended(&[0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0]), 44_100);
        assert_eq!(extended(&[0x40, 0x0b, 0xfa, 0, 0, 0, 0, 0, 0, 0]), 8_000);
        assert_eq!(extended(&[0; 10]), 0);
        assert_eq!(extended(&[0xff; 10]), 0);
    }
}
