//! Finds out why symphonia finds no audio in an MP4 or QuickTime file: the audio is copy-protected, or symphonia omits
//! its codec.

use std::io;
use std::ops::Range;

use crate::atoms::{self, Atom, MAX_ATOMS};
use crate::repair::{read_at, ReadSeek};

/// The names of the codecs of sample entries.
const CODECS: &[(&[u8; 4], &str)] = &[
    (b"QDM2", "QDesign Music 2"),
    (b"QDMC", "QDesign Music"),
    (b"Qclp", "QUALCOMM PureVoice"),
    (b"sqcp", "QCELP"),
    (b"sevc", "EVRC"),
    (b"samr", "AMR"),
    (b"sawb", "AMR-WB"),
    (b"sawp", "AMR-WB+"),
    (b"MAC3", "MACE 3:1"),
    (b"MAC6", "MACE 6:1"),
    (b"agsm", "GSM"),
    (b"ac-3", "AC-3 (Dolby Digital)"),
    (b"ec-3", "E-AC-3 (Dolby Digital Plus)"),
    (b"ac-4", "AC-4 (Dolby)"),
    (b"mlpa", "Dolby TrueHD"),
    (b"dtsc", "DTS"),
    (b"dtsh", "DTS-HD"),
    (b"dtsl", "DTS-HD"),
    (b"dtse", "DTS Express"),
    (b"dtsx", "DTS:X"),
    (b"mha1", "MPEG-H 3D Audio"),
    (b"mhm1", "MPEG-H 3D Audio"),
    (b"Opus", "Opus"),
    (b"spex", "Speex"),
    (b"WMA2", "Windows Media Audio"),
    (b"owma", "Windows Media Audio"),
    (b"nmos", "Nellymoser"),
];

/// Sample entries of copy-protected audio: common encryption, iTunes, Audible.
const PROTECTED: &[&[u8; 4]] = &[b"enca", b"drms", b"drmi", b"drmt", b"aavd", b"aabp"];

/// Why the first audio track in `span` cannot be decoded; None if there is no audio track.
pub(crate) fn unheard(file: &mut dyn ReadSeek, span: Range<u64>) -> io::Result<Option<String>> {
    let Some(movie) = find(file, *b"moov", span.clone())? else { return Ok(None) };
    let mut at = movie.body;
    for _ in 0..MAX_ATOMS {
        let track = atoms::atom(at, movie.end.min(span.end), &mut |at, buffer| read_at(file, at, buffer))?;
        let Some(track) = track else { break };
        at = track.end;
        if let (b"trak", Some(code)) = (&track.kind, sound_code(file, inside(track, span.end))?) {
            return Ok(Some(said_of(code)));
        }
    }
    Ok(None)
}

/// The sample entry of a track, if it is an audio track.
fn sound_code(file: &mut dyn ReadSeek, track: Range<u64>) -> io::Result<Option<[u8; 4]>> {
    let end = track.end;
    let Some(media) = find(file, *b"mdia", track)? else { return Ok(None) };
    let Some(handler) = find(file, *b"hdlr", inside(media, end))? else { return Ok(None) };
    let mut kind = [0; 12];
    read_at(file, handler.body, &mut kind)?;
    if kind[8..] != *b"soun" {
        return Ok(None);
    }
    let mut place = inside(media, end);
    for kind in [*b"minf", *b"stbl", *b"stsd"] {
        let Some(atom) = find(file, kind, place)? else { return Ok(None) };
        place = inside(atom, end);
    }
    // Version, flags and the number of entries; then the size of the first one.
    let mut code = [0; 4];
    let there = read_at(file, place.start + 12, &mut code)?;
    Ok((there == code.len()).then_some(code))
}

/// The description of copy-protected audio.
pub(crate) const DRM: &str = "its audio is copy-protected (DRM)";

fn said_of(code: [u8; 4]) -> String {
    if PROTECTED.contains(&&code) {
        return DRM.to_string();
    }
    match CODECS.iter().find(|(known, _)| **known == code) {
        Some((_, name)) => format!("its audio is {name}"),
        None => format!("its audio has the codec {:?}", String::from_utf8_lossy(&code)),
    }
}

fn find(file: &mut dyn ReadSeek, kind: [u8; 4], place: Range<u64>) -> io::Result<Option<Atom>> {
    atoms::find(kind, place, &mut |at, buffer| read_at(file, at, buffer))
}

fn inside(atom: Atom, limit: u64) -> Range<u64> {
    atom.body..atom.end.min(limit)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::unheard;

    fn atom(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(8 + body.len() as u32).to_be_bytes(), &kind[..], body].concat()
    }

    fn file(handler: &[u8; 4], code: &[u8; 4]) -> Vec<u8> {
        let description = [&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 40], &code[..], &[0; 32]].concat();
        let table = atom(b"stbl", &atom(b"stsd", &description));
        let handler = atom(b"hdlr", &[&[0; 8], &handler[..], &[0; 12]].concat());
        let media = atom(b"mdia", &[handler, atom(b"minf", &table)].concat());
        [atom(b"ftyp", b"M4A "), atom(b"moov", &atom(b"trak", &media))].concat()
    }

    #[test]
    fn sound_that_is_left_out_is_named() {
        let said = |bytes: &[u8]| unheard(&mut Cursor::new(bytes), 0..bytes.len() as u64).unwrap();
        for code in [b"drms", b"enca"] {
            assert!(said(&file(b"soun", code)).unwrap().contains("protected"));
        }
        assert_eq!(said(&file(b"soun", b"QDM2")).unwrap(), "its audio is QDesign Music 2");
        assert_eq!(said(&file(b"soun", b"new!")).unwrap(), "its audio has the codec \"new!\"");
        assert_eq!(said(&file(b"vide", b"avc1")), None);
        let whole = file(b"soun", b"drms");
        for length in 0..whole.len() {
            said(&whole[..length]);
        }
    }
}
