//! Finds the last page of an Ogg file: where it ends, and whether it ends the stream. Symphonia searches only the end
//! of the file for it and refuses the file if much other data follows.

use std::io;
use std::ops::Range;

use crate::repair::{read_at, ReadSeek};

/// The number of bytes that are searched in one step back from the end.
const STEP: u64 = 64 << 10;
/// The most bytes after the last page that are searched.
const MOST_JUNK: u64 = 64 << 20;
/// The largest size of a page: header, table of 255 segments, and 255 segments of 255 bytes.
const LONGEST: u64 = 27 + 255 + 255 * 255;
/// The most header pages that are read; a picture of 10 MB has about 160.
const MAX_HEADERS: usize = 10_000;
/// The flag of the last page of a stream.
const LAST: u8 = 4;

/// The last complete page of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LastPage {
    /// Where it ends.
    pub(crate) end: u64,
    /// Whether it is the last page of its stream.
    pub(crate) closes: bool,
    /// Whether an incomplete page begins after it.
    pub(crate) cut: bool,
}

/// Finds the last page in `span`.
pub(crate) fn last_page(file: &mut dyn ReadSeek, span: Range<u64>) -> io::Result<Option<LastPage>> {
    let mut end = span.end;
    let mut cut = false;
    while end > span.start.max(span.end.saturating_sub(MOST_JUNK)) {
        let start = end.saturating_sub(STEP).max(span.start);
        // A page that begins in this step may end after it.
        let mut bytes = vec![0; (end.saturating_add(LONGEST).min(span.end) - start) as usize];
        let there = read_at(file, start, &mut bytes)?;
        bytes.truncate(there);
        for at in (0..bytes.len().min((end - start) as usize)).rev() {
            match page(&bytes[at..]) {
                Page::Whole { length, flags } => {
                    let end = start + (at + length) as u64;
                    return Ok(Some(LastPage { end, closes: flags & LAST != 0, cut }));
                }
                Page::Cut => cut = true,
                Page::None => {}
            }
        }
        end = start;
    }
    Ok(None)
}

/// Where the header pages in `span` end: at the first page with a time. In headers, zeros are padding.
pub(crate) fn end_of_headers(file: &mut dyn ReadSeek, span: Range<u64>) -> io::Result<u64> {
    let mut at = span.start;
    for _ in 0..MAX_HEADERS {
        let mut page = [0; 27 + 255];
        let there = read_at(file, at, &mut page)?;
        let table = 27 + usize::from(page[26]);
        // All ones mean that no packet ends on this page.
        let timeless = page[6..14] == [0; 8] || page[6..14] == [0xff; 8];
        if there < table || !page.starts_with(b"OggS\0") || !timeless {
            break;
        }
        at += table as u64 + page[27..table].iter().map(|&size| u64::from(size)).sum::<u64>();
    }
    Ok(at.min(span.end))
}

enum Page {
    None,
    /// A page begins here and is longer than the file.
    Cut,
    Whole {
        length: usize,
        flags: u8,
    },
}

/// The page at the start of `bytes`.
fn page(bytes: &[u8]) -> Page {
    if !bytes.starts_with(b"OggS\0") {
        return Page::None;
    }
    let table = bytes.get(26).map(|&segments| 27 + usize::from(segments));
    let length = table
        .and_then(|table| Some(table + bytes.get(27..table)?.iter().map(|&size| usize::from(size)).sum::<usize>()));
    match length.and_then(|length| bytes.get(..length)) {
        None => Page::Cut,
        Some(page) if checksum(page) == [page[22], page[23], page[24], page[25]] => {
            Page::Whole { length: page.len(), flags: page[5] }
        }
        Some(_) => Page::None,
    }
}

/// The checksum of a page; the bytes of the checksum itself count as zeros.
fn checksum(page: &[u8]) -> [u8; 4] {
    let bytes = page.iter().enumerate().map(|(at, &byte)| if (22..26).contains(&at) { 0 } else { byte });
    let crc = bytes.fold(0_u32, |crc, byte| {
        (0..8)
            .fold(crc ^ u32::from(byte) << 24, |crc, _| if crc >> 31 != 0 { crc << 1 ^ 0x04c1_1db7 } else { crc << 1 })
    });
    crc.to_le_bytes()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{checksum, end_of_headers, last_page, LastPage};

    fn page(flags: u8, body: usize) -> Vec<u8> {
        let mut page = b"OggS\0".to_vec();
        page.push(flags);
        page.extend([0; 20]);
        let table: Vec<u8> = std::iter::repeat_n(255, body / 255).chain([(body % 255) as u8]).collect();
        page.push(table.len() as u8);
        page.extend(&table);
        page.extend((0..body).map(|i| i as u8));
        let sum = checksum(&page);
        page[22..26].copy_from_slice(&sum);
        page
    }

    fn last(bytes: &[u8]) -> Option<LastPage> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        last_page(&mut file, 0..bytes.len() as u64).unwrap()
    }

    #[test]
    fn the_last_page_is_found_before_any_junk() {
        let first = page(0, 60_000);
        let closing = page(4, 3_000);
        let both = [first.as_slice(), &closing].concat();
        for junk in [0, 1, 1_000, 65_536, 200_000] {
            let found = last(&[both.as_slice(), &vec![0; junk]].concat());
            assert_eq!(found, Some(LastPage { end: both.len() as u64, closes: true, cut: false }), "{junk}");
        }
    }

    #[test]
    fn a_page_that_is_cut_or_damaged_is_none() {
        let first = page(0, 60_000);
        let closing = page(4, 3_000);
        let end = first.len() as u64;
        let cut = last(&[first.as_slice(), &closing[..2_000]].concat());
        assert_eq!(cut, Some(LastPage { end, closes: false, cut: true }));
        let mut damaged = [first.as_slice(), &closing].concat();
        damaged[first.len() + 100] ^= 1;
        assert_eq!(last(&damaged), Some(LastPage { end, closes: false, cut: false }));
        assert_eq!(last(b"no page"), None);
        assert_eq!(last(b""), None);
    }

    #[test]
    fn the_sound_begins_on_the_first_page_with_a_time() {
        let headers = [page(2, 30), page(0, 9_000)].concat();
        let mut sound = page(0, 4_000);
        sound[6] = 1;
        let end = |bytes: &[u8]| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(bytes).unwrap();
            end_of_headers(&mut file, 0..bytes.len() as u64).unwrap()
        };
        assert_eq!(end(&[headers.as_slice(), &sound].concat()), headers.len() as u64);
        assert_eq!(end(&sound), 0);
        assert_eq!(end(&headers), headers.len() as u64);
        assert_eq!(end(&headers[..headers.len() - 10]), headers.len() as u64 - 10);
        assert_eq!(end(b""), 0);
    }
}
