//! Handles MP4 and QuickTime files that are shorter or longer than they state.

use std::io;
use std::ops::Range;

use crate::atoms::{atom, Atom, MAX_ATOMS};
use crate::repair::{read_at, ReadSeek, Repair};

/// The result.
pub(crate) enum Found {
    /// How the file is shown to symphonia; true: a part of it is missing.
    Shown(Repair, bool),
    /// The file cannot be used, with the reason.
    Broken(&'static str),
}

/// Examines the atoms in `span`, which is the file without its tags.
pub(crate) fn look(file: &mut dyn ReadSeek, span: Range<u64>) -> io::Result<Found> {
    let mut repair = Repair { start: span.start, length: Some(span.end), ..Repair::default() };
    let (mut index, mut cut) = (false, false);
    let mut at = span.start;
    for _ in 0..MAX_ATOMS {
        let Some(found) = atom(at, span.end, &mut |at, buffer| read_at(file, at, buffer))? else {
            // The following bytes are not an atom, but symphonia would read them as one.
            repair.length = Some(at.min(span.end));
            break;
        };
        if found.end > span.end {
            match &found.kind {
                b"mdat" => shorten(&mut repair, found, span.end),
                b"moov" => return Ok(Found::Broken("it ends in the middle of its index (moov)")),
                _ => repair.length = Some(at),
            }
            cut = matches!(&found.kind, b"mdat" | b"moof");
            break;
        }
        index |= &found.kind == b"moov";
        at = found.end;
    }
    if !index {
        let ended = "it ends before its index (moov), without which its samples cannot be found";
        return Ok(Found::Broken(if cut {
            ended
        } else {
            "it has no index (moov), without which its samples cannot be found"
        }));
    }
    Ok(Found::Shown(repair, cut))
}

/// Changes the size of `atom` so that it ends at `end`.
fn shorten(repair: &mut Repair, atom: Atom, end: u64) {
    let size = end - atom.start;
    if atom.body - atom.start == 16 {
        repair.patch(atom.start + 8, &size.to_be_bytes());
    } else {
        // 0 means the rest of the file.
        repair.patch(atom.start, &u32::try_from(size).unwrap_or(0).to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{look, Found};
    use crate::repair::Repair;

    fn shown(bytes: &[u8]) -> Result<(Repair, bool), &'static str> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        match look(&mut file, 0..bytes.len() as u64).unwrap() {
            Found::Shown(repair, cut) => Ok((repair, cut)),
            Found::Broken(reason) => Err(reason),
        }
    }

    fn repair(patches: &[(u64, u8)], length: u64) -> Repair {
        Repair { patches: patches.to_vec(), length: Some(length), start: 0 }
    }

    const START: &[u8] = b"\0\0\0\x0cftypM4A \0\0\0\x0amoov..";

    #[test]
    fn samples_that_are_cut_end_with_the_file() {
        let bytes = [START, b"\0\0\x01\0mdatsound"].concat();
        assert_eq!(shown(&bytes), Ok((repair(&[(22, 0), (23, 0), (24, 0), (25, 13)], 35), true)));
        let bytes = [START, b"\0\0\0\x01mdat\0\0\0\0\0\0\x01\0sound"].concat();
        let size = (30..38).zip([0, 0, 0, 0, 0, 0, 0, 21]).collect::<Vec<_>>();
        assert_eq!(shown(&bytes), Ok((repair(&size, 43), true)));
        let bytes = [START, b"\0\0\0\x0dmdatsound"].concat();
        assert_eq!(shown(&bytes), Ok((repair(&[], 35), false)));
    }

    #[test]
    fn what_follows_the_atoms_is_hidden() {
        for junk in [b"\0\0\0\0\0\0\0\0\0".as_slice(), b"\xff\xfb\x90\xc4junk", b"\0\0\x01\0free"] {
            let bytes = [START, b"\0\0\0\x0dmdatsound", junk].concat();
            assert_eq!(shown(&bytes), Ok((repair(&[], 35), false)), "{junk:?}");
        }
        let bytes = [START, b"\0\0\x01\0moofhalf"].concat();
        assert_eq!(shown(&bytes), Ok((repair(&[], 22), true)));
    }

    #[test]
    fn a_file_without_its_index_says_so() {
        assert!(shown(b"\0\0\0\x0cftypM4A \0\0\x01\0mdatsound").unwrap_err().contains("before its index"));
        assert!(shown(b"\0\0\0\x0cftypM4A \0\0\0\0\0\0\0\0").unwrap_err().contains("no index"));
        assert!(shown(b"\0\0\0\x0cftypM4A \0\0\x01\0moovhalf").unwrap_err().contains("middle of its index"));
    }
}
