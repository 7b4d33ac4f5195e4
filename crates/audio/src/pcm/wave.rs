//! WAV (RIFF, big-endian RIFX), its variants with 64-bit sizes (RF64, BW64), and Sony's Wave64.

use std::io;

use symphonia::core::codecs::audio::well_known as id;

use super::{floats, integers, is_unknown, Excerpt, Found, PcmContainer, SampleLayout, MAX_CHUNKS};

/// The names of the chunks of Wave64.
pub(super) const W64_RIFF: [u8; 16] = *b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00";
pub(super) const W64_WAVE: [u8; 16] = *b"wave\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a";
/// The bytes after the first four letters of a chunk's name, in the inner chunks.
const W64_CHUNK: [u8; 12] = *b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a";
/// The bytes after the format tag in the long form of the description, for the tags that also have a short form.
const SUBFORMAT: [u8; 14] = *b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71";
/// The same for ambisonic sound.
const AMBISONIC: [u8; 14] = *b"\x00\x00\x21\x07\xd3\x11\x86\x44\xc8\xc1\xca\x00\x00\x00";
/// The number of bytes after the description that are searched for the samples if the sizes of the chunks are wrong.
const SEARCH: usize = 1 << 20;

/// A `data` chunk: where its samples begin, their stated number of bytes, and whether the container says that the chunk
/// is complete.
struct Data {
    start: u64,
    size: u64,
    bits: u32,
    whole: bool,
}

/// WAV: chunks with 32-bit sizes after a header of 12 bytes.
pub(super) fn riff(source: &mut Excerpt) -> io::Result<Found> {
    let start = source.bytes::<12>(0)?;
    let big_endian = start.starts_with(b"RIFX");
    let long = !start.starts_with(b"RIF");
    let number = |bytes: [u8; 4]| if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
    let mut outer = u64::from(number([start[4], start[5], start[6], start[7]]));
    let (mut description, mut data, mut long_size) = (None, None, None);
    let mut at = 12;
    for _ in 0..MAX_CHUNKS {
        let mut header = [0; 8];
        if source.fill(at, &mut header)? < header.len() {
            break;
        }
        let [name @ .., s0, s1, s2, s3] = header;
        let (body, size) = (at + 8, u64::from(number([s0, s1, s2, s3])));
        match &name {
            b"fmt " => description = Some((source.bytes::<40>(body)?, size)),
            b"ds64" => {
                let sizes = source.bytes::<16>(body)?;
                let size =
                    |at: usize| sizes[at..at + 8].iter().rev().fold(0, |size, &byte| size << 8 | u64::from(byte));
                (outer, long_size) = (size(0), Some(size(8)));
            }
            b"data" => {
                let long_size = long_size.filter(|_| long && size == u64::from(u32::MAX));
                let (size, bits) = long_size.map_or((size, 32), |size| (size, 64));
                // A size of 0 is correct only if the following chunks fill the rest of the file.
                if size > 0 || !chunks_follow(source, body)? {
                    let outer = (!is_unknown(outer, bits)).then(|| outer.saturating_add(8));
                    // One padding byte more or less does not matter.
                    let whole = outer.is_some_and(|end| end <= source.length() + 1);
                    data = Some(Data { start: body, size, bits, whole });
                }
                if description.is_some() || is_unknown(size, bits) {
                    break;
                }
            }
            _ => {}
        }
        at = next_chunk(source, body, size)?;
    }
    if data.is_none() && description.is_some() {
        data = search(source, at)?;
    }
    Ok(found(source, description, data, big_endian))
}

/// Wave64: chunks with names of 16 bytes and sizes of 64 bits that include the header; chunks begin at multiples of 8.
pub(super) fn w64(source: &mut Excerpt) -> io::Result<Found> {
    const HEADER: u64 = 24;
    let (mut description, mut data) = (None, None);
    let mut at = 40;
    for _ in 0..MAX_CHUNKS {
        let mut header = [0; HEADER as usize];
        if source.fill(at, &mut header)? < header.len() || data.is_some() {
            break;
        }
        let size = header[16..].iter().rev().fold(0, |size: u64, &byte| size << 8 | u64::from(byte));
        let body = at + HEADER;
        if header[4..16] == W64_CHUNK {
            match &header[..4] {
                b"fmt " => description = Some((source.bytes::<40>(body)?, size.saturating_sub(HEADER))),
                b"data" => {
                    let size = size.saturating_sub(HEADER);
                    data = Some(Data { start: body, size, bits: 64, whole: false });
                }
                _ => {}
            }
        }
        at = match at.checked_add(size.max(HEADER)).and_then(|next| next.checked_next_multiple_of(8)) {
            Some(next) => next,
            None => break,
        };
    }
    Ok(found(source, description, data, false))
}

/// Where the chunk after a chunk of `size` bytes at `body` begins: at an even position, unless the writer omitted the
/// padding.
pub(super) fn next_chunk(source: &mut Excerpt, body: u64, size: u64) -> io::Result<u64> {
    let end = body.saturating_add(size);
    if size.is_multiple_of(2) {
        return Ok(end);
    }
    let names = source.bytes::<5>(end)?;
    let forgot = is_name(&names[..4]) && !is_name(&names[1..]);
    Ok(if forgot { end } else { end.saturating_add(1) })
}

/// Whether these four bytes can be the name of a chunk.
fn is_name(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| (0x20..0x7f).contains(byte)) && bytes[0] != b' '
}

/// Whether the file consists of chunks from `at` to its end.
fn chunks_follow(source: &mut Excerpt, mut at: u64) -> io::Result<bool> {
    for _ in 0..MAX_CHUNKS {
        let mut header = [0; 8];
        let there = source.fill(at, &mut header)?;
        if there < header.len() {
            // The remaining bytes may be padding.
            return Ok(header[..there].iter().all(|&byte| byte == 0));
        }
        if !is_name(&header[..4]) {
            return Ok(false);
        }
        let size = u64::from(u32::from_le_bytes([header[4], header[5], header[6], header[7]]));
        at = next_chunk(source, at + 8, size)?;
        if at > source.length() + 1 {
            return Ok(false);
        }
    }
    Ok(false)
}

/// Finds the samples if a wrong size hides them: after the first `data` that follows the description.
fn search(source: &mut Excerpt, lost: u64) -> io::Result<Option<Data>> {
    let mut bytes = vec![0; SEARCH];
    let start = 12;
    let there = source.fill(start, &mut bytes)?;
    let place = bytes[..there].windows(4).position(|name| name == b"data");
    let data = place.map(|place| start + place as u64 + 8).filter(|&at| at < source.length() && at <= lost);
    Ok(data.map(|start| Data { start, size: 0, bits: 32, whole: false }))
}

fn found(source: &Excerpt, description: Option<([u8; 40], u64)>, data: Option<Data>, big_endian: bool) -> Found {
    let Some((description, size)) = description else {
        return if data.is_some() { Found::Broken("its WAV description (fmt) is missing") } else { Found::NoSound };
    };
    let Some(data) = data else { return Found::NoSound };
    let stated = (!is_unknown(data.size, data.bits)).then_some(data.size);
    let end = stated.map_or(source.length(), |size| data.start.saturating_add(size));
    let place = source.place(data.start..end);
    // Samples after the end of the file were promised only if the outer size is also larger than the file.
    let promised = stated.map(|size| if data.whole { size.min(place.end - place.start) } else { size });
    match Description::read(&description, size, big_endian).code() {
        Ok(Code::Mpeg) => Found::Mpeg(place),
        Ok(Code::Samples { codec, block, frames_per_block, channels, rate, bits }) => Found::Samples(SampleLayout {
            container: PcmContainer::Wave,
            codec,
            channels,
            rate,
            bits,
            block,
            frames_per_block,
            data: vec![place],
            promised,
        }),
        Err(found) => found,
    }
}

/// The `fmt ` chunk.
struct Description {
    tag: u16,
    channels: u16,
    rate: u32,
    block: u64,
    bits: u16,
    /// The significant bits among `bits`.
    valid_bits: u16,
    big_endian: bool,
}

enum Code {
    Mpeg,
    Samples {
        codec: symphonia::core::codecs::audio::AudioCodecId,
        block: u64,
        frames_per_block: u64,
        channels: u16,
        rate: u32,
        bits: Option<u32>,
    },
}

impl Description {
    /// Reads the chunk from the first `size` bytes of `bytes`.
    fn read(bytes: &[u8; 40], size: u64, big_endian: bool) -> Self {
        let short = |at: usize| {
            let bytes = if size >= at as u64 + 2 { [bytes[at], bytes[at + 1]] } else { [0, 0] };
            if big_endian {
                u16::from_be_bytes(bytes)
            } else {
                u16::from_le_bytes(bytes)
            }
        };
        let rate = if big_endian {
            u32::from(short(4)) << 16 | u32::from(short(6))
        } else {
            u32::from(short(6)) << 16 | u32::from(short(4))
        };
        let (mut tag, bits, mut valid_bits) = (short(0), short(14), short(14));
        if tag == 0xfffe && size >= 40 && (bytes[26..] == SUBFORMAT || bytes[26..] == AMBISONIC) {
            (tag, valid_bits) = (short(24), short(18));
        }
        Self { tag, channels: short(2), rate, block: u64::from(short(12)), bits, valid_bits, big_endian }
    }

    fn code(&self) -> Result<Code, Found> {
        let channels = u64::from(self.channels);
        if channels == 0 {
            return Err(Found::Broken("its WAV description claims no channels"));
        }
        // Samples may have more bytes than their bits need, but never fewer.
        let needed = u64::from(self.bits.div_ceil(8));
        // Samples of 8, 16 and 32 bits have exactly that size, whatever the block size: no known program writes them
        // wider.
        let is_wide = !matches!(self.bits, 8 | 16) && self.block.is_multiple_of(channels);
        let bytes = if is_wide { (self.block / channels).max(needed) } else { needed };
        let bits = Some(u32::from(if self.valid_bits == 0 { self.bits } else { self.valid_bits }));
        let samples = |codec: Option<_>, bytes: u64, bits| match codec {
            Some(codec) => Ok((codec, bytes * channels, 1, bits)),
            None => Err(Found::Unsupported(format!("WAV with {bytes}-byte samples"))),
        };
        let (codec, block, frames_per_block, bits) = match self.tag {
            1 if bytes <= 4 => samples(integers(bytes, self.big_endian, false), bytes, bits)?,
            1 => samples(integers(needed, self.big_endian, false), needed, bits)?,
            3 => samples(floats(needed, self.big_endian), needed, bits)?,
            6 => samples(Some(id::CODEC_ID_PCM_ALAW), 1, Some(16))?,
            7 => samples(Some(id::CODEC_ID_PCM_MULAW), 1, Some(16))?,
            2 | 0x11 => {
                let codec = if self.tag == 2 { id::CODEC_ID_ADPCM_MS } else { id::CODEC_ID_ADPCM_IMA_WAV };
                // Every block has a header for every channel, with the state and the first samples.
                let (header, given) = if self.tag == 2 { (7, 2) } else { (4, 1) };
                if self.bits != 4 {
                    return Err(Found::Unsupported(format!("ADPCM with {} bits in WAV", self.bits)));
                }
                let Some(coded) = self.block.checked_sub(header * channels) else {
                    return Err(Found::Broken("its WAV description claims blocks too small for ADPCM"));
                };
                (codec, self.block, coded * 2 / channels + given, None)
            }
            0x50 | 0x55 => return Ok(Code::Mpeg),
            tag => return Err(Found::Unsupported(name(tag))),
        };
        Ok(Code::Samples { codec, block, frames_per_block, channels: self.channels, rate: self.rate, bits })
    }
}

/// The names of the encodings that cannot be decoded.
fn name(tag: u16) -> String {
    let name = match tag {
        0x31 | 0x1500 => "GSM 6.10",
        0x40 | 0x45 | 0x64 => "G.726",
        0x61 | 0x62 => "DK ADPCM",
        0x28f => "G.722",
        0x69 | 0x6c => "Ubisoft or IMA ADPCM",
        0x92 | 0x2000 => "Dolby Digital (AC-3)",
        0x2001 | 0x0008 => "DTS",
        0xff | 0x1600 | 0x1602 | 0x1610 | 0x706d | 0xa106 => "AAC",
        0x160..=0x163 => "Windows Media Audio",
        0x270 => "ATRAC3",
        0x674f..=0x6751 | 0x676f..=0x6771 => "Vorbis",
        0xf1ac => "FLAC",
        0x704f => "Opus",
        0xa109 => "Speex",
        0xfffe => "an unknown encoding (WAVE_FORMAT_EXTENSIBLE)",
        _ => return format!("WAV with the format tag 0x{tag:04x}"),
    };
    format!("WAV with {name}")
}
