//! Recognises the codecs in an Ogg file by the first packet of each stream (RFC 3533, 4 and 6).

use std::io;

use crate::repair::{read_at, ReadSeek};

/// The most parallel streams that are examined.
const MAX_STREAMS: usize = 64;
/// The flag of the first page of a stream.
const FIRST: u8 = 2;

/// The first bytes of a stream and its codec; None: audio that can be decoded.
const CODECS: &[(&[u8], Option<Codec>)] = &[
    (b"\x01vorbis", None),
    (b"\x7fFLAC", None),
    (b"fLaC", None),
    (b"OpusHead", Some(Codec::Sound("Opus"))),
    (b"Speex   ", Some(Codec::Sound("Speex"))),
    (b"CELT    ", Some(Codec::Sound("CELT"))),
    (b"PCM     ", Some(Codec::Sound("PCM in Ogg"))),
    (b"\x01audio\0\0\0", Some(Codec::Sound("audio of a Windows codec (OGM)"))),
    (b"Midi    ", Some(Codec::Sound("MIDI"))),
    (b"\x80theora", Some(Codec::Other)),
    (b"\x01video\0\0\0", Some(Codec::Other)),
    (b"BBCD\0", Some(Codec::Other)),
    (b"OVP80", Some(Codec::Other)),
    (b"\x80kate\0\0\0", Some(Codec::Other)),
    (b"\x01text\0\0\0\0", Some(Codec::Other)),
    (b"CMML\0\0\0\0", Some(Codec::Other)),
    (b"fishead\0", Some(Codec::Other)),
];

#[derive(Clone, Copy)]
enum Codec {
    Sound(&'static str),
    /// Pictures, texts and similar data.
    Other,
}

/// The content of an Ogg file that cannot be decoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unheard {
    /// Audio with a codec of this name.
    Sound(&'static str),
    /// No audio.
    NoSound,
}

/// Examines the file that begins at `start`; None if it contains audio that can be decoded, or if the content is not
/// certain.
pub(crate) fn unheard(file: &mut dyn ReadSeek, start: u64) -> io::Result<Option<Unheard>> {
    let mut found = None;
    let mut unknown = false;
    let mut at = start;
    for _ in 0..MAX_STREAMS {
        let mut page = [0; 27 + 255];
        let there = read_at(file, at, &mut page)?;
        let segments = usize::from(page[26]);
        if there < 27 || !page.starts_with(b"OggS") || page[5] & FIRST == 0 {
            break;
        }
        let mut packet = [0; 16];
        read_at(file, at + 27 + segments as u64, &mut packet)?;
        match CODECS.iter().find(|(bytes, _)| packet.starts_with(bytes)).map(|(_, codec)| *codec) {
            // Audio that can be decoded.
            Some(None) => return Ok(None),
            // A codec that is unknown here; it is not audio unless symphonia knows it.
            None => unknown = true,
            Some(Some(Codec::Sound(name))) => found = Some(Unheard::Sound(name)),
            Some(Some(Codec::Other)) => found = found.or(Some(Unheard::NoSound)),
        }
        let length: u64 = page[27..27 + segments].iter().map(|&length| u64::from(length)).sum();
        at += 27 + segments as u64 + length;
    }
    Ok(found.filter(|found| !unknown || *found != Unheard::NoSound))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::{unheard, Unheard};

    fn file(packets: &[&[u8]]) -> Cursor<Vec<u8>> {
        let page = |packet: &&[u8]| [b"OggS\0\x02", &[0; 20][..], &[1, packet.len() as u8], packet].concat();
        Cursor::new([packets.iter().map(page).collect::<Vec<_>>().concat(), b"OggS\0\0".to_vec()].concat())
    }

    #[test]
    fn streams_are_known_by_their_first_packet() {
        let speex: &[u8] = b"Speex   1.2.0 and so on";
        let theora: &[u8] = b"\x80theora and so on";
        let vorbis: &[u8] = b"\x01vorbis and so on";
        for (packets, expected) in [
            (vec![speex], Some(Unheard::Sound("Speex"))),
            (vec![theora], Some(Unheard::NoSound)),
            (vec![theora, speex], Some(Unheard::Sound("Speex"))),
            (vec![theora, vorbis], None),
            (vec![vorbis, speex], None),
            (vec![b"what is this?"], None),
            (vec![], None),
        ] {
            assert_eq!(unheard(&mut file(&packets), 0).unwrap(), expected, "{packets:?}");
        }
    }
}
