//! Plain samples in QuickTime and MP4 files. Symphonia returns them one by one, reads big-endian samples of 24 and 32
//! bits as little-endian, and does not support A-law and mu-law.

use std::io;
use std::ops::Range;

use symphonia::core::codecs::audio::well_known as id;
use symphonia::core::codecs::audio::AudioCodecId;

use super::{floats, integers, Excerpt, Found, PcmContainer, SampleLayout};
use crate::atoms::{self, Atom, MAX_ATOMS};

/// The most bytes of a table (of chunks, or of their positions) that are read; a larger table means a damaged header.
const MAX_TABLE: u64 = 32 << 20;
/// The number of bytes of the description that are read.
const DESCRIPTION: usize = 4_096;

/// Finds an audio track of plain samples, in a file without fragments.
pub(super) fn mov(source: &mut Excerpt) -> io::Result<Found> {
    let length = source.length();
    let Some(movie) = find(source, *b"moov", 0..length)? else { return Ok(Found::Other) };
    if find(source, *b"mvex", inside(movie, length))?.is_some() {
        return Ok(Found::Other);
    }
    let mut at = movie.body;
    for _ in 0..MAX_ATOMS {
        let Some(track) = atoms::atom(at, movie.end.min(length), &mut |at, buffer| source.fill(at, buffer))? else {
            break;
        };
        at = track.end;
        if &track.kind != b"trak" {
            continue;
        }
        let Some(media) = find(source, *b"mdia", inside(track, length))? else { continue };
        let Some(handler) = find(source, *b"hdlr", inside(media, length))? else { continue };
        if source.bytes::<12>(handler.body)?[8..] != *b"soun" {
            continue;
        }
        // Only the first audio track counts, as in symphonia.
        return Ok(track_samples(source, media)?.unwrap_or(Found::Other));
    }
    Ok(Found::Other)
}

fn find(source: &mut Excerpt, kind: [u8; 4], place: Range<u64>) -> io::Result<Option<Atom>> {
    atoms::find(kind, place, &mut |at, buffer| source.fill(at, buffer))
}

fn inside(atom: Atom, length: u64) -> Range<u64> {
    atom.body..atom.end.min(length)
}

/// The samples of a track with the media atom `media`; None if they are not plain samples.
fn track_samples(source: &mut Excerpt, media: Atom) -> io::Result<Option<Found>> {
    let length = source.length();
    let mut tables = inside(media, length);
    for kind in [*b"minf", *b"stbl"] {
        let Some(atom) = find(source, kind, tables)? else { return Ok(None) };
        tables = inside(atom, length);
    }
    let Some(description) = table(source, *b"stsd", &tables, DESCRIPTION as u64)? else { return Ok(None) };
    let Some(samples) = description.get(4..).and_then(Samples::read) else { return Ok(None) };
    let Some(sizes) = find(source, *b"stsz", tables.clone())? else { return Ok(None) };
    let [_, _, _, _, s0, s1, s2, s3, c0, c1, c2, c3] = source.bytes::<12>(sizes.body)?;
    let (size, count) = (u32::from_be_bytes([s0, s1, s2, s3]), u32::from_be_bytes([c0, c1, c2, c3]));
    // A "sample" of the tables can be one sample of every channel (with its size, or with a size of 1), several, or a
    // block.
    let (block, frames) = (samples.block(), samples.frames_per_block);
    let bytes_per_sample = match u64::from(size) {
        0 => return Ok(None),
        1 if frames > 1 => None,
        1 => Some(block),
        size if size % block == 0 => Some(size),
        _ => Some(block),
    };
    let bytes = |samples: u64| match bytes_per_sample {
        Some(bytes) => samples.saturating_mul(bytes),
        None => (samples / frames).saturating_mul(block),
    };
    let Some(runs) = table(source, *b"stsc", &tables, MAX_TABLE)? else { return Ok(None) };
    let places = match table(source, *b"stco", &tables, MAX_TABLE)? {
        Some(places) => Some(numbers::<4>(&places)),
        None => table(source, *b"co64", &tables, MAX_TABLE)?.map(|places| numbers::<8>(&places)),
    };
    let Some(places) = places else { return Ok(None) };
    let runs: Vec<[u64; 2]> = numbers::<4>(&runs).chunks_exact(3).map(|run| [run[0], run[1]]).collect();
    let mut data: Vec<Range<u64>> = Vec::new();
    let mut run = 0;
    let mut left = u64::from(count);
    for (number, &start) in (1_u64..).zip(&places) {
        while runs.get(run + 1).is_some_and(|next| next[0] <= number) {
            run += 1;
        }
        let Some(&[_, in_chunk]) = runs.get(run) else { break };
        let in_chunk = in_chunk.min(left);
        left -= in_chunk;
        let place = source.place(start..start.saturating_add(bytes(in_chunk)));
        match data.last_mut() {
            Some(last) if last.end == place.start => last.end = place.end,
            _ => data.push(place),
        }
    }
    Ok(Some(Found::Samples(SampleLayout {
        container: PcmContainer::Mov,
        codec: samples.codec,
        channels: samples.channels,
        rate: samples.rate,
        bits: samples.bits,
        block,
        frames_per_block: frames,
        data,
        promised: Some(bytes(u64::from(count))),
    })))
}

/// The content of the table `kind` after its version and flags, at most `most` bytes.
fn table(source: &mut Excerpt, kind: [u8; 4], place: &Range<u64>, most: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(atom) = find(source, kind, place.clone())? else { return Ok(None) };
    let body = inside(atom, source.length());
    let size = (body.end - body.start).saturating_sub(4);
    if size > MAX_TABLE {
        return Ok(None);
    }
    let mut bytes = vec![0; size.min(most) as usize];
    let there = source.fill(body.start + 4, &mut bytes)?;
    bytes.truncate(there);
    Ok(Some(bytes))
}

/// The numbers of `N` bytes after the count at the start of `table`; at most as many as the count says.
fn numbers<const N: usize>(table: &[u8]) -> Vec<u64> {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte));
    let (count, rest) = table.split_at(table.len().min(4));
    // In the table of chunks, each entry has three numbers.
    let most = usize::try_from(number(count)).unwrap_or(usize::MAX).saturating_mul(3);
    rest.chunks_exact(N).take(most).map(number).collect()
}

/// The description of plain samples.
struct Samples {
    codec: AudioCodecId,
    /// Bytes per sample, or per block of an encoding.
    bytes: u64,
    frames_per_block: u64,
    channels: u16,
    rate: u32,
    bits: Option<u32>,
}

impl Samples {
    /// Reads a sample entry; `entry` begins with its size.
    fn read(entry: &[u8]) -> Option<Self> {
        let bytes = |at: usize, count: usize| entry.get(at..at + count);
        let number = |at: usize, count: usize| {
            Some(bytes(at, count)?.iter().fold(0, |value: u64, &byte| value << 8 | u64::from(byte)))
        };
        let version = number(16, 2)?;
        let (mut channels, mut bits, mut rate) = (number(24, 2)?, number(26, 2)?, number(32, 4)? >> 16);
        let mut flags = None;
        if version == 2 {
            rate = f64::from_bits(number(40, 8)?) as u64;
            (channels, bits, flags) = (number(48, 4)?, number(56, 4)?, number(60, 4));
        }
        // Atoms in the description can state or reverse the byte order.
        let inner = |kind: &[u8], skip: usize, count: usize| {
            let place = entry.windows(4).position(|window| window == kind)? + 4 + skip;
            entry.get(place..place + count)
        };
        let big_endian = inner(b"enda", 0, 2).is_none_or(|value| value == [0, 0]);
        let width = bits.div_ceil(8);
        let (codec, width, frames_per_block, bits) = match bytes(4, 4)? {
            b"raw " | b"NONE" if width == 1 => (integers(1, true, false), 1, 1, bits),
            b"raw " | b"NONE" | b"twos" => (integers(width, true, true), width, 1, bits),
            b"sowt" => (integers(width, false, true), width, 1, bits),
            b"in24" => (integers(3, big_endian, true), 3, 1, 24),
            b"in32" => (integers(4, big_endian, true), 4, 1, 32),
            b"fl32" => (floats(4, big_endian), 4, 1, 32),
            b"fl64" => (floats(8, big_endian), 8, 1, 64),
            b"ulaw" => (Some(id::CODEC_ID_PCM_MULAW), 1, 1, 16),
            b"alaw" => (Some(id::CODEC_ID_PCM_ALAW), 1, 1, 16),
            b"ima4" => (Some(id::CODEC_ID_ADPCM_IMA_QT), 34, 64, 16),
            b"lpcm" => {
                let flags = flags?;
                // Samples that are not packed have as many bytes as the packet states.
                let width = width.max(number(64, 4)? / channels.max(1));
                let big_endian = flags & 2 != 0;
                let codec = if flags & 1 != 0 {
                    floats(width, big_endian)
                } else {
                    integers(width, big_endian, flags & 4 != 0)
                };
                (codec, width, 1, bits)
            }
            b"ipcm" | b"fpcm" => {
                let [order, bits] = inner(b"pcmC", 4, 2)? else { return None };
                let (width, big_endian) = (u64::from(*bits).div_ceil(8), order & 1 == 0);
                let float = bytes(4, 4)? == b"fpcm";
                let codec = if float { floats(width, big_endian) } else { integers(width, big_endian, true) };
                (codec, width, 1, u64::from(*bits))
            }
            _ => return None,
        };
        Some(Self {
            codec: codec?,
            bytes: width,
            frames_per_block,
            channels: u16::try_from(channels).ok().filter(|&channels| channels > 0)?,
            rate: u32::try_from(rate).ok()?,
            bits: u32::try_from(bits).ok(),
        })
    }

    fn block(&self) -> u64 {
        self.bytes * u64::from(self.channels)
    }
}
