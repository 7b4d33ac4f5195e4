//! Handles Matroska and WebM files that are shorter or longer than they state: symphonia omits every element that
//! claims to end after the file.

use std::io;
use std::ops::Range;

use crate::repair::{read_at, ReadSeek, Repair};

/// The most elements that are read; ten hours have about ten thousand clusters.
const MAX_ELEMENTS: usize = 4_000_000;

/// After so many changed bytes, no further gap is skipped: each gap needs a search, and a check at every read.
const MAX_PATCHES: usize = 50_000;

const EBML: u32 = 0x1a45_dfa3;
const SEGMENT: u32 = 0x1853_8067;
const SEEK_HEAD: u32 = 0x114d_9b74;
const CLUSTER: u32 = 0x1f43_b675;
/// An element that no reader knows and every reader skips; its name is as long as that of a seek head.
const UNKNOWN: u32 = 0x114d_9b75;

/// An element that is ignored (void), with a size field of eight bytes.
const VOID: [u8; 2] = [0xec, 0x01];

/// The header of an element.
#[derive(Clone, Copy)]
struct Element {
    name: u32,
    start: u64,
    /// Where its size field is, and where its content begins.
    size_at: u64,
    body: u64,
    /// Where it ends according to its header; None if the header gives no size.
    end: Option<u64>,
}

/// Returns how the file in `span` is shown to symphonia, and whether a part of the file is missing.
pub(crate) fn look(file: &mut dyn ReadSeek, span: Range<u64>) -> io::Result<(Repair, bool)> {
    let mut repair = Repair { start: span.start, length: Some(span.end), ..Repair::default() };
    let header = element(file, span.start, span.end)?.filter(|header| header.name == EBML);
    let Some(at) = header.and_then(|header| header.end) else { return Ok((repair, false)) };
    let Some(segment) = element(file, at, span.end)?.filter(|segment| segment.name == SEGMENT) else {
        return Ok((repair, false));
    };
    let limit = segment.end.map_or(span.end, |end| end.min(span.end));
    let whole = segment.end == Some(limit);
    let (mut last_cluster, mut seek_heads) = (None, Vec::new());
    let (mut cut, mut cut_list) = (false, false);
    let mut at = segment.body;
    for _ in 0..MAX_ELEMENTS {
        let Some(found) = element(file, at, limit)? else {
            if at >= limit {
                break;
            }
            // Not an element but zeros or noise: continues with the next cluster.
            cut = true;
            let hole = match last_cluster {
                Some(cluster) => end_of_blocks(file, cluster, at)?,
                None => at,
            };
            if let Some(cluster) = last_cluster {
                resize(&mut repair, cluster, hole);
            }
            let next = match repair.patches.len() < MAX_PATCHES {
                true => next_cluster(file, at..limit)?.filter(|next| next - hole >= 9),
                false => None,
            };
            let Some(next) = next else {
                at = hole;
                break;
            };
            repair.patch(hole, &VOID);
            repair.patch(hole + 2, &(next - hole - 9).to_be_bytes()[1..]);
            at = next;
            continue;
        };
        match (found.name, found.end.filter(|&end| end <= limit)) {
            (SEEK_HEAD, Some(end)) => {
                seek_heads.push(found.start);
                at = end;
            }
            (name, Some(end)) => {
                if name == CLUSTER {
                    last_cluster = Some(found);
                }
                at = end;
            }
            // A cluster of unknown length: its blocks follow on the same level.
            (CLUSTER, None) if found.end.is_none() => (last_cluster, at) = (None, found.body),
            (CLUSTER, None) => {
                cut = true;
                at = end_of_blocks(file, found, limit)?;
                resize(&mut repair, found, at);
                break;
            }
            (name, None) => {
                // A block, or one of the lists after the audio.
                cut |= name <= 0xff;
                cut_list = true;
                break;
            }
        }
    }
    repair.length = Some(at.min(limit));
    if segment.end.is_some() && (cut || cut_list || !whole) {
        resize(&mut repair, segment, at.min(limit));
        // These elements point to positions that no longer exist.
        for place in seek_heads {
            repair.patch(place, &UNKNOWN.to_be_bytes());
        }
    }
    Ok((repair, cut))
}

/// Where the last complete block of `cluster` before `limit` ends.
fn end_of_blocks(file: &mut dyn ReadSeek, cluster: Element, limit: u64) -> io::Result<u64> {
    let limit = cluster.end.map_or(limit, |end| end.min(limit));
    let mut at = cluster.body;
    for _ in 0..MAX_ELEMENTS {
        match element(file, at, limit)?.and_then(|block| block.end).filter(|&end| end <= limit) {
            Some(end) => at = end,
            None => break,
        }
    }
    Ok(at)
}

/// Where the first cluster in `place` begins.
fn next_cluster(file: &mut dyn ReadSeek, place: Range<u64>) -> io::Result<Option<u64>> {
    const STEP: usize = 1 << 20;
    let mut bytes = vec![0; STEP];
    let mut start = place.start;
    while start < place.end {
        let there = read_at(file, start, &mut bytes)?;
        for at in
            bytes[..there].windows(4).enumerate().filter(|(_, name)| *name == CLUSTER.to_be_bytes()).map(|(at, _)| at)
        {
            let at = start + at as u64;
            // Its first element is its time, or a checksum.
            let cluster = element(file, at, place.end)?;
            let first = cluster.map(|cluster| element(file, cluster.body, place.end)).transpose()?.flatten();
            if first.is_some_and(|first| matches!(first.name, 0xe7 | 0xbf)) {
                return Ok(Some(at));
            }
        }
        if there < STEP {
            break;
        }
        start += (STEP - 3) as u64;
    }
    Ok(None)
}

/// Changes the size of `element` so that it ends at `end`, without changing the length of the size field.
fn resize(repair: &mut Repair, element: Element, end: u64) {
    let width = (element.body - element.size_at) as usize;
    let mut size = (end - element.body).to_be_bytes();
    size[8 - width] |= 1 << (8 - width);
    repair.patch(element.size_at, &size[8 - width..]);
}

/// The element at `at`; None if no element begins before `limit`.
fn element(file: &mut dyn ReadSeek, at: u64, limit: u64) -> io::Result<Option<Element>> {
    let mut bytes = [0; 12];
    if at >= limit {
        return Ok(None);
    }
    let there = read_at(file, at, &mut bytes)?.min(usize::try_from(limit - at).unwrap_or(usize::MAX));
    let name_width = bytes[0].leading_zeros() as usize + 1;
    if name_width > 4 || there <= name_width {
        return Ok(None);
    }
    let number = |bytes: &[u8]| bytes.iter().fold(0, |value: u64, &byte| value << 8 | u64::from(byte));
    let name = number(&bytes[..name_width]) as u32;
    let width = bytes[name_width].leading_zeros() as usize + 1;
    if width > 8 || there < name_width + width {
        return Ok(None);
    }
    let size_at = at + name_width as u64;
    let body = size_at + width as u64;
    let unknown = (1_u64 << (7 * width)) - 1;
    let size = number(&bytes[name_width..name_width + width]) & unknown;
    let end = if size == unknown { None } else { body.checked_add(size) };
    Ok(Some(Element { name, start: at, size_at, body, end }))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::look;

    const HEAD: &[u8] = b"\x1a\x45\xdf\xa3\x81.";

    fn shown(bytes: &[u8]) -> (Vec<u8>, bool) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let (repair, cut) = look(&mut file, 0..bytes.len() as u64).unwrap();
        let mut shown = bytes.to_vec();
        for (at, byte) in repair.patches {
            shown[at as usize] = byte;
        }
        shown.truncate(repair.length.unwrap() as usize);
        (shown, cut)
    }

    #[test]
    fn a_cut_cluster_ends_with_its_last_whole_block() {
        let seek = b"\x11\x4d\x9b\x74\x81s";
        let first = b"\x1f\x43\xb6\x75\x83\xa3\x81a";
        let cut = b"\x1f\x43\xb6\x75\x40\x20\xa3\x81b\xa3\x82c";
        let whole = [HEAD, b"\x18\x53\x80\x67\x10\x00\x00\x7f", seek, first, cut].concat();
        let size = (seek.len() + first.len() + cut.len() - 3) as u8;
        let expected = [
            HEAD,
            b"\x18\x53\x80\x67\x10\x00\x00",
            &[size],
            b"\x11\x4d\x9b\x75\x81s",
            first,
            b"\x1f\x43\xb6\x75\x40\x03\xa3\x81b",
        ]
        .concat();
        assert_eq!(shown(&whole), (expected, true));
    }

    #[test]
    fn what_is_whole_stays_and_what_follows_is_hidden() {
        let whole = [HEAD, b"\x18\x53\x80\x67\x88\x1f\x43\xb6\x75\x83\xa3\x81a"].concat();
        assert_eq!(shown(&whole), (whole.clone(), false));
        assert_eq!(shown(&[whole.as_slice(), b"TAG and more"].concat()), (whole, false));
        let endless = [HEAD, b"\x18\x53\x80\x67\xff\x1f\x43\xb6\x75\xff\xa3\x81a\xa3\x81b"].concat();
        assert_eq!(shown(&endless), (endless.clone(), false));
        assert_eq!(shown(&[endless.as_slice(), b"\xa3\x85c"].concat()), (endless, true));
        assert_eq!(shown(b"\x1a\x45"), (b"\x1a\x45".to_vec(), false));
    }

    #[test]
    fn zeros_between_clusters_are_passed_over() {
        let first = b"\x1f\x43\xb6\x75\x86\xa3\x81a\xa3\x81b";
        let zeroed = b"\x1f\x43\xb6\x75\x86\xa3\x81a\0\0\0";
        let next = b"\x1f\x43\xb6\x75\x86\xe7\x81t\xa3\x81c";
        let start = [HEAD, b"\x18\x53\x80\x67\xae"].concat();
        let bytes = [start.as_slice(), first, zeroed, &[0; 13], next].concat();
        let end = b"\x1f\x43\xb6\x75\x83\xa3\x81a";
        let expected = [start.as_slice(), first, end, b"\xec\x01\0\0\0\0\0\0\x07", &[0; 7], next].concat();
        assert_eq!(shown(&bytes), (expected, true));
        // With zeros to the end, the last block is the end.
        let bytes = [start.as_slice(), first, zeroed, &[0; 24]].concat();
        let expected = [HEAD, b"\x18\x53\x80\x67\x93", first, end].concat();
        assert_eq!(shown(&bytes), (expected, true));
    }

    #[test]
    fn a_list_behind_the_sound_may_be_missing() {
        let sound = b"\x1f\x43\xb6\x75\x83\xa3\x81a";
        let bytes = [HEAD, b"\x18\x53\x80\x67\xa0", sound, b"\x1c\x53\xbb\x6b\x90half"].concat();
        let expected = [HEAD, b"\x18\x53\x80\x67\x88", sound].concat();
        assert_eq!(shown(&bytes), (expected, false));
    }
}
