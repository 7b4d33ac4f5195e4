//! The identity of the audio in a file: a hash that stays the same when only the tags in the file change.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Bytes of the hash that are kept.
const KEPT: usize = 16;
/// Largest number of blocks, chunks or boxes that are followed; beyond it the whole file is hashed.
const MOST_PARTS: usize = 4096;

/// SHA-256 of the audio in the file `path`, the first 16 bytes in hexadecimal. The metadata around the audio is left
/// out where the format says where it is: ID3v2 and ID3v1, APE tags, the metadata blocks of FLAC, all chunks of WAV and
/// AIFF and all boxes of MP4 but those with the samples. Of other files, such as Ogg, every byte counts.
pub(super) fn content_hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let (start, end) = audio_range(&mut file, length)?;
    file.seek(SeekFrom::Start(start))?;
    let mut hash = Sha256::new();
    io::copy(&mut file.take(end - start), &mut hash)?;
    Ok(hex::encode(&hash.finalize()[..KEPT]))
}

/// The first byte of the audio, and the byte after it.
fn audio_range(file: &mut File, length: u64) -> io::Result<(u64, u64)> {
    let start = after_id3v2(file, length)?;
    let end = before_trailers(file, start, length)?;
    let head: [u8; 12] = read_at(file, start, end)?.unwrap_or_default();
    let found = match &head {
        [b'f', b'L', b'a', b'C', ..] => after_flac_blocks(file, start + 4, end)?.map(|first| (first, end)),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E'] => chunk(file, start + 12, end, b"data", false)?,
        [b'F', b'O', b'R', b'M', _, _, _, _, b'A', b'I', b'F', b'F' | b'C'] => {
            chunk(file, start + 12, end, b"SSND", true)?
        }
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => media_data(file, start, end)?,
        _ => None,
    };
    Ok(found.filter(|(first, last)| first < last).unwrap_or((start, end)))
}

/// `N` bytes at `place`; `None` if they are not all before `end`.
fn read_at<const N: usize>(file: &mut File, place: u64, end: u64) -> io::Result<Option<[u8; N]>> {
    if place.saturating_add(N as u64) > end {
        return Ok(None);
    }
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(place))?;
    file.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}

/// The place after the ID3v2 tags at the beginning of the file; some files have several.
fn after_id3v2(file: &mut File, length: u64) -> io::Result<u64> {
    let mut place = 0;
    for _ in 0..MOST_PARTS {
        let Some([b'I', b'D', b'3', _, _, flags, sizes @ ..]) = read_at::<10>(file, place, length)? else { break };
        let size = sizes.iter().fold(0, |size, &byte| (size << 7) | u64::from(byte & 0x7f));
        let footer = if flags & 0x10 != 0 { 10 } else { 0 };
        let next = place + 10 + size + footer;
        if next >= length {
            break;
        }
        place = next;
    }
    Ok(place)
}

/// The place of the APE and ID3v1 tags at the end of the file.
fn before_trailers(file: &mut File, start: u64, length: u64) -> io::Result<u64> {
    let mut end = length;
    if end >= start + 128 && read_at::<3>(file, end - 128, end)? == Some(*b"TAG") {
        end -= 128;
    }
    if end >= start + 32 {
        if let Some(footer) = read_at::<32>(file, end - 32, end)? {
            if footer.starts_with(b"APETAGEX") {
                let size = u64::from(u32::from_le_bytes([footer[12], footer[13], footer[14], footer[15]]));
                let header = if footer[23] & 0x80 != 0 { 32 } else { 0 };
                end = end.checked_sub(size + header).filter(|&end| end > start).unwrap_or(end);
            }
        }
    }
    Ok(end)
}

/// The place after the metadata blocks of a FLAC stream whose first block is at `place`.
fn after_flac_blocks(file: &mut File, mut place: u64, end: u64) -> io::Result<Option<u64>> {
    for _ in 0..MOST_PARTS {
        let Some([kind, a, b, c]) = read_at::<4>(file, place, end)? else { return Ok(None) };
        place += 4 + u64::from(u32::from_be_bytes([0, a, b, c]));
        if kind & 0x80 != 0 {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// The content of the first chunk `name` of a RIFF or, with `big_endian`, IFF file. A chunk that is longer than the
/// file, as in streamed WAV, ends with the file.
fn chunk(
    file: &mut File,
    mut place: u64,
    end: u64,
    name: &[u8; 4],
    big_endian: bool,
) -> io::Result<Option<(u64, u64)>> {
    for _ in 0..MOST_PARTS {
        let Some(header) = read_at::<8>(file, place, end)? else { return Ok(None) };
        let size = [header[4], header[5], header[6], header[7]];
        let size = u64::from(if big_endian { u32::from_be_bytes(size) } else { u32::from_le_bytes(size) });
        if header[..4] == name[..] {
            return Ok(Some((place + 8, (place + 8 + size).min(end))));
        }
        place += 8 + size + size % 2;
    }
    Ok(None)
}

/// The content of the only `mdat` box of an MP4 file; `None` with several of them.
fn media_data(file: &mut File, mut place: u64, end: u64) -> io::Result<Option<(u64, u64)>> {
    let mut found = None;
    for _ in 0..MOST_PARTS {
        let Some(header) = read_at::<8>(file, place, end)? else { return Ok(found) };
        let mut size = u64::from(u32::from_be_bytes([header[0], header[1], header[2], header[3]]));
        let mut content = place + 8;
        match size {
            0 => size = end - place,
            1 => {
                let Some(wide) = read_at::<8>(file, place + 8, end)? else { return Ok(None) };
                (size, content) = (u64::from_be_bytes(wide), place + 16);
            }
            _ => {}
        }
        let Some(next) = place.checked_add(size).filter(|&next| next > place && size >= 8) else { return Ok(None) };
        if &header[4..] == b"mdat" {
            if found.is_some() {
                return Ok(None);
            }
            found = Some((content, next.min(end)));
        }
        place = next;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("song");
        std::fs::write(&path, bytes).unwrap();
        content_hash(&path).unwrap()
    }

    /// An ID3v2 tag with `size` bytes of content.
    fn id3v2(size: u8) -> Vec<u8> {
        [&b"ID3\x04\0\0\0\0\0"[..], &[size], &vec![7; usize::from(size)]].concat()
    }

    fn part(name: &[u8; 4], size: [u8; 4], content: &[u8]) -> Vec<u8> {
        [&name[..], &size, content].concat()
    }

    #[test]
    fn tags_around_the_frames_do_not_count_and_the_frames_do() {
        let frames: Vec<u8> = (0..500u32).map(|n| (n * 7 % 251) as u8).collect();
        let plain = hash_of(&frames);
        let mut trailer = b"TAG".to_vec();
        trailer.resize(128, 1);
        let mut ape = b"APETAGEX\xd0\x07\0\0".to_vec();
        ape.extend(32u32.to_le_bytes());
        ape.resize(32, 0);
        assert_eq!(hash_of(&[id3v2(20), frames.clone()].concat()), plain);
        assert_eq!(hash_of(&[id3v2(90), id3v2(3), frames.clone(), ape, trailer].concat()), plain);
        let mut changed = frames;
        changed[250] ^= 1;
        assert_ne!(hash_of(&changed), plain);
    }

    #[test]
    fn blocks_chunks_and_boxes_of_metadata_do_not_count() {
        let flac = |comment: &[u8]| {
            let block = [&[4, 0, 0, comment.len() as u8][..], comment].concat();
            [&b"fLaC"[..], &[0, 0, 0, 2, 9, 9], &block, &[0x81, 0, 0, 1, 0], b"frames"].concat()
        };
        assert_eq!(hash_of(&flac(b"genre=rock")), hash_of(&flac(b"genre=jazz and more")));
        let wav = |list: &[u8]| {
            let list = part(b"LIST", (list.len() as u32).to_le_bytes(), list);
            let data = part(b"data", 6u32.to_le_bytes(), b"sample");
            [&b"RIFF\0\0\0\0WAVE"[..], &list, &data].concat()
        };
        assert_eq!(hash_of(&wav(b"rock")), hash_of(&wav(b"punk rocks")));
        let mp4 = |moov: &[u8]| {
            let boxed = |name: &[u8; 4], content: &[u8]| {
                [&(content.len() as u32 + 8).to_be_bytes()[..], name, content].concat()
            };
            [boxed(b"ftyp", b"M4A "), boxed(b"moov", moov), boxed(b"mdat", b"samples")].concat()
        };
        assert_eq!(hash_of(&mp4(b"rock")), hash_of(&mp4(b"a longer list of tags")));
        assert_ne!(hash_of(&mp4(b"rock")), hash_of(&wav(b"rock")));
    }

    #[test]
    fn a_file_that_ends_too_early_has_a_hash_too() {
        for bytes in [&b""[..], b"ID3", b"fLaC\0\0\0", b"RIFF\0\0\0\0WAVEdata\xff\xff\xff\xffab", b"\0\0\0\x08ftyp"] {
            assert_eq!(hash_of(bytes).len(), 32, "{bytes:?}");
        }
    }
}
