//! Finds tags after the audio: where the audio ends and the tags begin. For a demuxer, tags are junk, and a picture in
//! a tag can contain bytes that look like packets.

use std::io;
use std::ops::Range;

use crate::repair::{read_at, ReadSeek};

/// The most tags in a row that are read; real files have at most three.
const MAX_TAGS: usize = 16;
/// The longest text of Lyrics3 version 1, including its marks.
const LYRICS3_V1: u64 = 5_100 + 20;

/// Where the audio in `span` ends: before ID3v1, Lyrics3, APE and trailing ID3v2 tags.
pub(crate) fn end_of_sound(file: &mut dyn ReadSeek, span: Range<u64>) -> io::Result<u64> {
    let mut end = span.end;
    for _ in 0..MAX_TAGS {
        match tag_before(file, end)? {
            Some(start) if (span.start..end).contains(&start) => end = start,
            _ => break,
        }
    }
    Ok(end)
}

/// Where the tag that ends at `end` begins.
fn tag_before(file: &mut dyn ReadSeek, end: u64) -> io::Result<Option<u64>> {
    let mut last = [0; 128];
    let Some(start) = end.checked_sub(last.len() as u64) else { return Ok(None) };
    if read_at(file, start, &mut last)? < last.len() {
        return Ok(None);
    }
    if last.starts_with(b"TAG") {
        // The enhanced form of this tag has another block before it.
        let mut enhanced = [0; 4];
        let before = start.checked_sub(227);
        if let Some(before) = before {
            read_at(file, before, &mut enhanced)?;
        }
        return Ok(if &enhanced == b"TAG+" { before } else { Some(start) });
    }
    let back = |bytes: u64| end.checked_sub(bytes);
    let footer = &last[96..];
    if footer.starts_with(b"APETAGEX") {
        let size = u64::from(u32::from_le_bytes([footer[12], footer[13], footer[14], footer[15]]));
        let header = if footer[23] & 0x80 != 0 { 32 } else { 0 };
        return Ok(back(size.max(32) + header));
    }
    let footer = &last[118..];
    if footer.starts_with(b"3DI") && footer[6..].iter().all(|byte| byte & 0x80 == 0) {
        let size = footer[6..].iter().fold(0, |size, &byte| size << 7 | u64::from(byte));
        return Ok(back(size + 20));
    }
    if last.ends_with(b"LYRICS200") {
        let size = last[113..119].iter().try_fold(0_u64, |size, byte| {
            Some(size * 10 + u64::from(byte.checked_sub(b'0').filter(|&digit| digit < 10)?))
        });
        return Ok(size.and_then(|size| back(size + 15)));
    }
    if last.ends_with(b"LYRICSEND") {
        let start = end.saturating_sub(LYRICS3_V1);
        let mut bytes = vec![0; (end - start) as usize];
        read_at(file, start, &mut bytes)?;
        let place = bytes.windows(11).rposition(|window| window == b"LYRICSBEGIN");
        return Ok(place.map(|place| start + place as u64));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::end_of_sound;

    fn end(parts: &[&[u8]]) -> u64 {
        let mut file = tempfile::tempfile().unwrap();
        let bytes = parts.concat();
        file.write_all(&bytes).unwrap();
        end_of_sound(&mut file, 0..bytes.len() as u64).unwrap()
    }

    fn ape(header: bool) -> Vec<u8> {
        let mark = |flags: u32| {
            let mut mark = b"APETAGEX\xd0\x07\0\0\x4c\0\0\0\x01\0\0\0".to_vec();
            mark.extend(flags.to_le_bytes());
            mark.extend([0; 8]);
            mark
        };
        let mut tag = if header { mark(0xa000_0000) } else { Vec::new() };
        tag.extend([0xff; 44]);
        tag.extend(mark(if header { 0x8000_0000 } else { 0 }));
        tag
    }

    #[test]
    fn the_sound_ends_in_front_of_all_tags() {
        let sound = [7; 1000];
        let id3v1 = [b"TAG".as_slice(), &[b' '; 125]].concat();
        let enhanced = [b"TAG+".as_slice(), &[0; 223]].concat();
        let lyrics = b"LYRICSBEGININD0000200LYR00005words000034LYRICS200";
        let old_lyrics = b"LYRICSBEGINla la laLYRICSEND";
        let id3v2 = [b"ID3\x04\0\x10\0\0\x01\0".as_slice(), &[0; 128], b"3DI\x04\0\x10\0\0\x01\0"].concat();
        for tags in [
            vec![id3v1.as_slice()],
            vec![&enhanced, &id3v1],
            vec![&ape(true)],
            vec![&ape(false), &id3v1],
            vec![&ape(true), lyrics, &id3v1],
            vec![old_lyrics, &id3v1],
            vec![&id3v2, &id3v1],
            vec![],
        ] {
            let parts: Vec<&[u8]> = std::iter::once(sound.as_slice()).chain(tags.iter().copied()).collect();
            assert_eq!(end(&parts), 1000, "{tags:?}");
        }
        // A tag that claims more bytes than the file has is not treated as a tag.
        assert_eq!(
            end(&[&[0; 64], &[0; 32], b"APETAGEX\xd0\x07\0\0\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"]),
            128
        );
    }
}
