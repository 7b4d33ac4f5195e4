//! Uncompressed audio with a wrong or unusual header is read completely, sample by sample.

#![allow(clippy::unwrap_used)] // The helper functions of the tests are test code too.

use std::path::Path;

use audio::{read_clip, Reader};
use error::Code;

const RATE: u32 = 8_000;
/// Samples per channel.
const FRAMES: usize = 3_001;

/// Samples of two channels as 16-bit integers, one after the other.
fn samples() -> Vec<i16> {
    (0..2 * FRAMES as i32).map(|i| ((i * 7_919) % 60_000 - 30_000) as i16 & !15).collect()
}

/// The expected samples: the mean of both channels.
fn expected() -> Vec<f32> {
    samples().chunks(2).map(|frame| (f32::from(frame[0]) + f32::from(frame[1])) / 65_536.0).collect()
}

fn little(bytes: usize) -> Vec<u8> {
    samples().iter().flat_map(|&s| (i64::from(s) << (8 * bytes - 16)).to_le_bytes()[..bytes].to_vec()).collect()
}

fn big(bytes: usize) -> Vec<u8> {
    samples().iter().flat_map(|&s| (i64::from(s) << (8 * bytes - 16)).to_be_bytes()[8 - bytes..].to_vec()).collect()
}

/// The `fmt ` chunk of WAV.
fn format(tag: u16, bits: u16, block: u16, more: &[u8]) -> Vec<u8> {
    let mut chunk = b"fmt ".to_vec();
    chunk.extend((16 + more.len() as u32).to_le_bytes());
    for field in [tag, 2] {
        chunk.extend(field.to_le_bytes());
    }
    for field in [RATE, RATE * u32::from(block)] {
        chunk.extend(field.to_le_bytes());
    }
    for field in [block, bits] {
        chunk.extend(field.to_le_bytes());
    }
    chunk.extend(more);
    chunk
}

/// A WAV file: `chunks`, then a `data` chunk with the stated size and the actual bytes; `outer` is the size in its
/// header.
fn wav(outer: u32, chunks: &[u8], stated: u32, data: &[u8]) -> Vec<u8> {
    [b"RIFF", &outer.to_le_bytes()[..], b"WAVE", chunks, b"data", &stated.to_le_bytes(), data].concat()
}

fn plain(outer: i64, stated: i64) -> Vec<u8> {
    let data = little(2);
    let size = data.len() as i64;
    wav((36 + size + outer) as u32, &format(1, 16, 4, &[]), (size + stated) as u32, &data)
}

/// Reads `bytes` as a file and compares the result with the expected samples.
fn check(name: &str, bytes: &[u8], cut: bool) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sound.wav");
    std::fs::write(&path, bytes).unwrap();
    let (found, decoded) = read_clip(&path, RATE).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!((decoded.source.channels, decoded.source.sampling_rate), (2, RATE), "{name}");
    assert_eq!(decoded.cut, cut, "{name}: {:?} s promised", decoded.promised);
    let expected = expected();
    assert!(found.len() <= expected.len(), "{name}: {} samples", found.len());
    if !cut {
        assert_eq!(found.len(), expected.len(), "{name}");
        assert_eq!(decoded.damaged_packets, 0, "{name}");
    }
    assert!(found == expected[..found.len()], "{name}: other samples");
}

#[test]
fn wav_sizes_that_lie_hide_nothing() {
    let size = little(2).len() as i64;
    for (name, outer, stated) in [
        ("true sizes", 0, 0),
        ("the outer size is too small", -8, 0),
        ("the outer size is 0", -36 - size, 0),
        ("the outer size is far too small", -size, 0),
        ("the outer size is too large", 1_000, 0),
        ("the data size is 0", 0, -size),
        ("both are 0", -36 - size, -size),
        ("the data size is larger than the file, the outer one is right", 0, 1_000),
        ("streamed, all ones", -37 - size, -1 - size),
        ("streamed, the largest signed number", 0x7fff_ffff - 36 - size, 0x7fff_ffff - 36 - size),
        ("streamed, as sox writes it", 0x7fff_f024 - 36 - size, 0x7fff_f000 - size),
        ("the data size alone is all ones", 0, -1 - size),
    ] {
        check(name, &plain(outer, stated), false);
    }
    check("more was promised", &plain(4_000, 4_000), true);
    check("cut", &plain(0, 0)[..9_000], true);
}

#[test]
fn chunks_around_the_samples_do_no_harm() {
    let (data, fmt) = (little(2), format(1, 16, 4, &[]));
    let size = data.len() as u32;
    let list = |size: u32, body: &[u8]| [b"LIST", &size.to_le_bytes()[..], body].concat();
    for (name, chunks) in [
        ("odd, padded", list(9, b"INFOabcde\0")),
        ("odd, not padded", list(9, b"INFOabcde")),
        ("a size that leads nowhere", list(9_000_000, b"INFOabcdef")),
        ("an empty one", list(0, b"")),
        ("a fact of twelve bytes", [b"fact\x0c\0\0\0".as_slice(), &[1; 12]].concat()),
    ] {
        check(name, &wav(36 + size + chunks.len() as u32, &[fmt.clone(), chunks].concat(), size, &data), false);
    }
    let behind = [plain(0, 0), list(4, b"INFO")].concat();
    check("a list behind the samples", &behind, false);
    // Really empty: chunks follow until the end of the file.
    let empty = [wav(36 + 12, &fmt, 0, &[]), list(4, b"INFO")].concat();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.wav");
    std::fs::write(&path, empty).unwrap();
    assert_eq!(Reader::open(&path, RATE).err().unwrap().code, Code::NoAudio);
}

#[test]
fn samples_lie_in_as_many_bytes_as_the_block_says() {
    let extensible = |valid: u16| {
        [
            &22_u16.to_le_bytes()[..],
            &valid.to_le_bytes(),
            &3_u32.to_le_bytes(),
            b"\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71",
        ]
        .concat()
    };
    for (name, tag, bits, bytes, more) in [
        ("12 bits in two bytes", 1, 12, 2, Vec::new()),
        ("20 bits in three", 1, 20, 3, Vec::new()),
        ("20 bits in four", 1, 20, 4, Vec::new()),
        ("24 bits in four", 1, 24, 4, Vec::new()),
        ("24 bits", 1, 24, 3, Vec::new()),
        ("32 bits", 1, 32, 4, Vec::new()),
        ("20 of 24 bits, extensible", 0xfffe, 24, 3, extensible(20)),
        ("24 bits in four, extensible", 0xfffe, 24, 4, extensible(24)),
        ("an extension of no bytes", 1, 16, 2, vec![0, 0]),
        ("an extension of two bytes", 1, 16, 2, vec![2, 0, 9, 9]),
    ] {
        let data = little(bytes);
        let chunks = format(tag, bits, 2 * bytes as u16, &more);
        check(name, &wav((20 + chunks.len() + data.len()) as u32, &chunks, data.len() as u32, &data), false);
    }
    // A block size that does not fit the bits per sample is ignored.
    let data = little(2);
    check("a block of one byte", &wav(36 + data.len() as u32, &format(1, 16, 1, &[]), data.len() as u32, &data), false);
    check("twice the block", &wav(36 + data.len() as u32, &format(1, 16, 8, &[]), data.len() as u32, &data), false);
}

#[test]
fn wav_with_wide_sizes_and_of_other_orders_is_read() {
    let (data, fmt) = (little(2), format(1, 16, 4, &[]));
    let long = |name: &[u8], size: u64| {
        let mut chunk = b"ds64\x1c\0\0\0".to_vec();
        for field in [size + 72, size, size / 4] {
            chunk.extend(field.to_le_bytes());
        }
        chunk.extend([0; 4]);
        let mut bytes = wav(u32::MAX, &[chunk, fmt.clone()].concat(), u32::MAX, &data);
        bytes[..4].copy_from_slice(name);
        bytes
    };
    let size = data.len() as u64;
    check("RF64", &long(b"RF64", size), false);
    check("BW64", &long(b"BW64", size), false);
    check("RF64 with a list behind", &[long(b"RF64", size), b"LIST\x04\0\0\0INFO".to_vec()].concat(), false);
    check("RF64, cut", &long(b"RF64", size)[..7_001], true);

    let mut rifx = [b"RIFX", &(36 + size as u32).to_be_bytes()[..], b"WAVEfmt ", &16_u32.to_be_bytes()].concat();
    for field in [1_u16, 2, 0, RATE as u16, 0, 4 * RATE as u16, 4, 16] {
        rifx.extend(field.to_be_bytes());
    }
    check("RIFX", &[rifx.as_slice(), b"data", &(size as u32).to_be_bytes()[..], &big(2)].concat(), false);

    let chunk = |name: &[u8], size: u64, body: &[u8]| {
        let tail: &[u8] = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a";
        [name, tail, &(24 + size).to_le_bytes()[..], body].concat()
    };
    let riff = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00";
    let wave = b"wave\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a";
    let w64 = |stated: u64| {
        let head = [&riff[..], &(size + 104).to_le_bytes()[..], &wave[..]].concat();
        [head, chunk(b"fmt ", 16, &fmt[8..]), chunk(b"note", 3, b"abc\0\0\0\0\0"), chunk(b"data", stated, &data)]
            .concat()
    };
    check("Wave64", &w64(size), false);
    check("Wave64 of unknown length", &w64(u64::MAX - 24), false);
    check("Wave64, cut", &w64(size)[..9_003], true);
}

#[test]
fn aiff_is_read_whatever_its_outer_size() {
    let aiff = |outer: u32, frames: u32, stated: u32, code: &[u8], data: &[u8]| {
        let mut common = [&2_u16.to_be_bytes()[..], &frames.to_be_bytes(), &16_u16.to_be_bytes()].concat();
        common.extend(b"\x40\x0b\xfa\0\0\0\0\0\0\0");
        common.extend(code);
        let kind: &[u8] = if code.is_empty() { b"AIFF" } else { b"AIFC" };
        let head = [b"FORM", &outer.to_be_bytes()[..], kind, b"COMM", &(common.len() as u32).to_be_bytes(), &common];
        [head.concat().as_slice(), b"SSND", &stated.to_be_bytes()[..], &[0; 8], data].concat()
    };
    let data = big(2);
    let (size, frames) = (data.len() as u32, FRAMES as u32);
    for (name, outer, frames, stated) in [
        ("true", 46 + size, frames, size + 8),
        ("a small outer size", 100, frames, size + 8),
        ("an outer size of 0", 0, frames, size + 8),
        ("an outer size of all ones", u32::MAX, frames, size + 8),
        ("a sound size of 0", 46 + size, frames, 0),
        ("a sound size of all ones", 46 + size, frames, u32::MAX),
        ("no count of frames", 46 + size, 0, size + 8),
        ("no count and no size", 0, 0, 0),
    ] {
        check(name, &aiff(outer, frames, stated, &[], &data), false);
    }
    check("cut", &aiff(46 + size, frames, size + 8, &[], &data)[..8_000], true);
    check("AIFF-C, little-endian", &aiff(52 + size, frames, size + 8, b"sowt\0\0", &little(2)), false);
    check("AIFF-C, big-endian", &aiff(52 + size, frames, size + 8, b"NONE\0\0", &data), false);
}

#[test]
fn caf_and_au_are_read_with_and_without_a_size() {
    let caf = |size: i64, flags: u32, data: &[u8]| {
        let mut bytes = b"caff\0\x01\0\0desc\0\0\0\0\0\0\0\x20".to_vec();
        bytes.extend(f64::from(RATE).to_be_bytes());
        bytes.extend(b"lpcm");
        for field in [flags, 4, 1, 2, 16] {
            bytes.extend(field.to_be_bytes());
        }
        [bytes.as_slice(), b"free\0\0\0\0\0\0\0\x02..data", &size.to_be_bytes()[..], &[0; 4], data].concat()
    };
    let size = big(2).len() as i64 + 4;
    check("CAF", &caf(size, 0, &big(2)), false);
    check("CAF, little-endian", &caf(size, 2, &little(2)), false);
    check("CAF of unknown length", &caf(-1, 0, &big(2)), false);
    check("CAF, cut", &caf(size, 0, &big(2))[..5_000], true);

    let au = |size: u32| {
        let fields = [24, size, 3, RATE, 2].map(u32::to_be_bytes).concat();
        [b".snd", fields.as_slice(), &big(2)].concat()
    };
    check("AU", &au(size as u32 - 4), false);
    check("AU of unknown length", &au(u32::MAX), false);
    check("AU, cut", &au(size as u32 - 4)[..5_000], true);
}

#[test]
fn what_a_wav_holds_instead_of_samples_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let message = |path: &Path, bytes: &[u8]| {
        std::fs::write(path, bytes).unwrap();
        let error = Reader::open(path, RATE).err().unwrap();
        assert_eq!(error.code, Code::UnsupportedFormat, "{error}");
        error.message
    };
    for (tag, name) in [(0x2001, "DTS"), (0x31, "GSM 6.10"), (0x161, "Windows Media Audio"), (0x1234, "0x1234")] {
        let bytes = wav(1_036, &format(tag, 16, 4, &[]), 1_000, &[1; 1_000]);
        let message = message(&folder.path().join("other.wav"), &bytes);
        assert!(message.contains(name), "{message}");
    }
}
