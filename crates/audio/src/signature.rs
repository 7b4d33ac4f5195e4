//! Formats that symphonia has no decoder for, by their first bytes: without this, its search for a marker would find
//! one by chance further on and decode noise.

/// (offset, bytes, name)
const UNSUPPORTED: &[(usize, &[u8], &str)] = &[
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"wvpk", "WavPack"),
    (0, b"MPCK", "Musepack"),
    (0, b"MP+", "Musepack"),
    (0, b"TTA", "True Audio"),
    (0, b"OFR ", "OptimFROG"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (ASF)"),
    (0, b"DSD ", "DSD (DSF)"),
    (0, b"FRM8", "DSD (DSDIFF)"),
    (0, b"ajkg", "Shorten"),
    (0, b"#!AMR", "AMR"),
    (0, b".RMF", "RealMedia"),
    (0, b"FLV\x01", "Flash video"),
    (0, b"MThd", "MIDI"),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b\x08", "a gzip archive"),
    (0, b"\x7fELF", "a program"),
    (8, b"AVI ", "AVI"),
    (8, b"WEBP", "a WebP picture"),
];

/// Bytes from the start of the audio that [`unsupported`] needs.
pub(crate) const LENGTH: usize = 16;

/// The name of the format that `start` begins with, when it is one that cannot be decoded.
pub(crate) fn unsupported(start: &[u8]) -> Option<&'static str> {
    UNSUPPORTED
        .iter()
        .find(|(offset, bytes, _)| start.get(*offset..).is_some_and(|rest| rest.starts_with(bytes)))
        .map(|(_, _, name)| *name)
}

/// The length of the ID3v2 tag that `start` begins with, or 0: what the format is, its first bytes behind the tag say.
pub(crate) fn id3v2_length(start: &[u8]) -> u64 {
    match start {
        [b'I', b'D', b'3', _, _, flags, a, b, c, d, ..] if (a | b | c | d) & 0x80 == 0 => {
            let size = [a, b, c, d].iter().fold(0, |size, &&byte| size << 7 | u64::from(byte));
            size + if flags & 0x10 != 0 { 20 } else { 10 }
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{id3v2_length, unsupported};

    #[test]
    fn a_format_is_known_by_its_first_bytes() {
        assert_eq!(unsupported(b"MAC \x96\x0f\x00\x00"), Some("Monkey's Audio"));
        assert_eq!(unsupported(b"RIFF\x00\x00\x00\x00AVI LIST"), Some("AVI"));
        assert_eq!(unsupported(b"RIFF\x00\x00\x00\x00WAVEfmt "), None);
        assert_eq!(unsupported(b""), None);
    }

    #[test]
    fn the_length_of_an_id3_tag_counts_its_header() {
        assert_eq!(id3v2_length(b"ID3\x04\x00\x00\x00\x00\x02\x01....."), 10 + 257);
        assert_eq!(id3v2_length(b"ID3\x04\x00\x10\x00\x00\x00\x01....."), 20 + 1);
        assert_eq!(id3v2_length(b"RIFF............"), 0);
    }
}
