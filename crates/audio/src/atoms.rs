//! The atoms of QuickTime and MP4 files (ISO/IEC 14496-12, 4.2).

use std::io;
use std::ops::Range;

/// The most atoms of one level that are read; a long fragmented file has tens of thousands.
pub(crate) const MAX_ATOMS: usize = 200_000;

/// The header of an atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Atom {
    pub(crate) kind: [u8; 4],
    /// Where its header begins.
    pub(crate) start: u64,
    /// Where its content begins.
    pub(crate) body: u64,
    /// Where it ends according to its header; this may be after the end of the file.
    pub(crate) end: u64,
}

/// The atom at `at`, or `None` if no atom begins there before `limit`. `read` fills a buffer from a position in the
/// file and returns the number of bytes read.
pub(crate) fn atom(
    at: u64,
    limit: u64,
    read: &mut dyn FnMut(u64, &mut [u8]) -> io::Result<usize>,
) -> io::Result<Option<Atom>> {
    let mut header = [0; 16];
    if at >= limit || read(at, &mut header)? < 8 {
        return Ok(None);
    }
    let [s0, s1, s2, s3, k0, k1, k2, k3, long @ ..] = header;
    let kind = [k0, k1, k2, k3];
    let (head, size) = match u32::from_be_bytes([s0, s1, s2, s3]) {
        0 => (8, limit - at),
        1 => (16, u64::from_be_bytes(long)),
        size => (8, u64::from(size)),
    };
    let is_name = kind.iter().all(|&byte| (0x20..0x7f).contains(&byte) || byte == 0xa9);
    let end = at.checked_add(size).filter(|_| size >= head && is_name);
    Ok(end.map(|end| Atom { kind, start: at, body: at + head, end }))
}

/// The first atom of `kind` in `place`.
pub(crate) fn find(
    kind: [u8; 4],
    place: Range<u64>,
    read: &mut dyn FnMut(u64, &mut [u8]) -> io::Result<usize>,
) -> io::Result<Option<Atom>> {
    let mut at = place.start;
    for _ in 0..MAX_ATOMS {
        match atom(at, place.end, read)? {
            Some(found) if found.kind == kind => return Ok(Some(found)),
            Some(found) => at = found.end,
            None => break,
        }
    }
    Ok(None)
}
