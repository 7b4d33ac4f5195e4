//! Recognises formats by their first bytes: formats that cannot be decoded, by name, and containers that can be read.
//! Without this, symphonia's search for a marker could find one later in the file, by chance or inside another file,
//! and decode that.

/// (offset, bytes, name): first audio formats and containers, then other formats that people mistake for audio.
const UNSUPPORTED: &[(usize, &[u8], &str)] = &[
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"wvpk", "WavPack"),
    (0, b"MPCK", "Musepack"),
    (0, b"MP+", "Musepack"),
    (0, b"TTA1", "True Audio"),
    (0, b"TTA2", "True Audio"),
    (0, b"tBaK", "TAK"),
    (0, b"OFR ", "OptimFROG"),
    (0, b"LA0", "LA (Lossless Audio)"),
    (0, b"ajkg", "Shorten"),
    (0, b"BONK", "Bonk"),
    (0, b"\0BONK", "Bonk"),
    (0, b"RKA", "RK Audio"),
    (0, b"TWIN", "VQF (TwinVQ)"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (ASF)"),
    (0, b"DSD ", "DSD (DSF)"),
    (0, b"FRM8", "DSD (DSDIFF)"),
    (0, b"\x7f\xfe\x80\x01", "DTS"),
    (0, b"\xfe\x7f\x01\x80", "DTS"),
    (0, b"\x1f\xff\xe8\x00", "DTS"),
    (0, b"\xff\x1f\x00\xe8", "DTS"),
    (0, b"\x64\x58\x20\x25", "DTS-HD"),
    (0, b"DTSHDHDR", "DTS-HD"),
    (0, b"\xf8\x72\x4e\x1f", "a coded stream for a digital output (IEC 61937)"),
    (0, b"\x72\xf8\x1f\x4e", "a coded stream for a digital output (IEC 61937)"),
    (4, b"\xf8\x72\x6f\xba", "Dolby TrueHD"),
    (4, b"\xf8\x72\x6f\xbb", "MLP (Meridian Lossless Packing)"),
    (0, b"#!AMR", "AMR"),
    (0, b"#!SILK", "SILK"),
    (1, b"#!SILK", "SILK"),
    (0, b"#!EVS", "EVS"),
    (0, b"ea3\x03", "ATRAC (OMA)"),
    (0, b"EA3\x01", "ATRAC (OMA)"),
    (4, b"\x57\x90\x75\x36", "Audible (protected)"),
    (0, b"ADIF", "AAC in ADIF"),
    (0, b"NESM\x1a", "NES music"),
    (0, b"PSID\0", "C64 music (SID)"),
    (0, b"RSID\0", "C64 music (SID)"),
    (0, b"SNES-SPC700", "SNES music (SPC)"),
    (0, b"Vgm ", "game music (VGM)"),
    (0, b"GBS\x01", "Game Boy music"),
    (0, b"MThd", "MIDI"),
    (8, b"RMID", "MIDI"),
    (0, b"XMF_", "MIDI (XMF)"),
    (0, b"MMMD", "a ringtone (SMAF)"),
    (0, b"Extended Module: ", "a tracker module (XM)"),
    (0, b"IMPM", "a tracker module (IT)"),
    (44, b"SCRM", "a tracker module (S3M)"),
    (0, b"MTM\x10", "a tracker module (MTM)"),
    (0, b"MMD", "a tracker module (MED)"),
    (1080, b"M.K.", "a tracker module (MOD)"),
    (1080, b"M!K!", "a tracker module (MOD)"),
    (1080, b"FLT4", "a tracker module (MOD)"),
    (1080, b"FLT8", "a tracker module (MOD)"),
    (1080, b"4CHN", "a tracker module (MOD)"),
    (1080, b"6CHN", "a tracker module (MOD)"),
    (1080, b"8CHN", "a tracker module (MOD)"),
    (8, b"8SVX", "Amiga sound (8SVX)"),
    (8, b"16SV", "Amiga sound (16SV)"),
    (0, b"Creative Voice File\x1a", "Creative Voice (VOC)"),
    (0, b"NIST_1A", "NIST Sphere"),
    (0, b"2BIT", "AVR"),
    (0, b"FSSD", "a sound of a Macintosh resource"),
    (8, b"AVI ", "AVI"),
    (8, b"CDXA", "a Video CD (CDXA)"),
    (8, b"sfbk", "a SoundFont"),
    (0, b"FLV\x01", "Flash video"),
    (0, b"FWS", "Flash (SWF)"),
    (0, b"CWS", "Flash (SWF)"),
    (0, b".RMF", "RealMedia"),
    (0, b".ra\xfd", "RealAudio"),
    (0, b"NSVf", "Nullsoft video"),
    (0, b"NSVs", "Nullsoft video"),
    (0, b"nut/multimedia container\0", "NUT"),
    (0, b"DKIF", "IVF video"),
    (0, b"\0\0\x01\xba", "an MPEG program stream (MPEG-PS)"),
    (0, b"\0\0\x01\xb3", "MPEG video"),
    (0, b"\0\0\0\x01\x67", "H.264 video"),
    (0, b"\0\0\0\x01\x40", "H.265 video"),
    (8, b"WEBP", "a WebP picture"),
    (0, b"#EXTM3U", "a playlist (M3U)"),
    (0, b"[playlist]", "a playlist (PLS)"),
];

/// Packet sizes of MPEG transport streams, whose packets each begin with a G, and the position of the first packet.
const TRANSPORT: [(usize, usize); 3] = [(188, 0), (192, 4), (204, 0)];

/// The number of bytes from the start of the file that [`unsupported`] needs.
pub(crate) const LENGTH: usize = 1_100;

/// The name of the format at the start of `start`, if it cannot be decoded.
pub(crate) fn unsupported(start: &[u8]) -> Option<&'static str> {
    let known = UNSUPPORTED
        .iter()
        .find(|(offset, bytes, _)| start.get(*offset..).is_some_and(|rest| rest.starts_with(bytes)))
        .map(|(_, _, name)| *name);
    let is_transport = |&(distance, first): &(usize, usize)| {
        let marks = start.iter().skip(first).step_by(distance);
        // 1,100 bytes contain at least five packets.
        start.len() > first + 4 * distance && marks.into_iter().all(|&byte| byte == b'G')
    };
    known.or_else(|| TRANSPORT.iter().any(is_transport).then_some("an MPEG transport stream (MPEG-TS)"))
}

/// Whether `start` begins with a container that symphonia has a demuxer for.
pub(crate) fn is_container(start: &[u8]) -> bool {
    const ATOMS: [&[u8; 4]; 15] = [
        b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"uuid", b"styp", b"sidx", b"moof", b"pdin",
        b"udta", b"junk", b"prfl",
    ];
    let at = |offset: usize, bytes: &[u8]| start.get(offset..).is_some_and(|rest| rest.starts_with(bytes));
    let chunks = (at(0, b"RIFF") && at(8, b"WAVE")) || (at(0, b"FORM") && at(8, b"AIF"));
    let others: [&[u8]; 4] = [b"fLaC", b"OggS", b"caff", b"\x1a\x45\xdf\xa3"];
    // The size of the atom is before the name. It does not begin with a letter, unlike a text that contains such a
    // word.
    let atoms = ATOMS.iter().any(|kind| at(4, &kind[..])) && (start[0] < b' ' || at(4, b"mdat"));
    chunks || others.iter().any(|bytes| at(0, bytes)) || atoms
}

/// Describes a file without audio by its first bytes `start`, as far as they are known.
pub(crate) fn other(start: &[u8]) -> Option<String> {
    use infer::MatcherType as Kind;
    let found = infer::get(start)?;
    let kind = match found.matcher_type() {
        Kind::Archive if matches!(found.extension(), "pdf" | "rtf" | "epub") => "a document",
        Kind::Image => "a picture",
        Kind::Archive => "an archive",
        Kind::Doc | Kind::Book => "a document",
        Kind::App => "a program",
        Kind::Video => "a video",
        Kind::Font => "a font",
        Kind::Text => "a text",
        Kind::Audio | Kind::Custom => return None,
    };
    Some(format!("{kind} ({})", found.mime_type()))
}

/// Whether `start` is readable text.
pub(crate) fn is_text(start: &[u8]) -> bool {
    let is_sign = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..);
    let plain = start.iter().filter(|byte| byte.is_ascii()).count();
    // The last character may be cut.
    let unicode = std::str::from_utf8(start).map_or_else(|reason| reason.valid_up_to() + 4 > start.len(), |_| true);
    let wide = start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff");
    wide || (start.iter().all(is_sign) && (unicode || 10 * plain > 9 * start.len()))
}

/// The length of the ID3v2 tag at the start of `start`, or 0. The bytes after the tag determine the format.
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
    use super::{id3v2_length, is_container, is_text, other, unsupported};

    #[test]
    fn a_format_is_known_by_its_first_bytes() {
        assert_eq!(unsupported(b"MAC \x96\x0f\x00\x00"), Some("Monkey's Audio"));
        assert_eq!(unsupported(b"RIFF\x00\x00\x00\x00AVI LIST"), Some("AVI"));
        assert_eq!(unsupported(b"RIFF\x00\x00\x00\x00WAVEfmt "), None);
        assert_eq!(unsupported(b""), None);
        let module = [&b"a song"[..], &[0; 1074], b"M.K."].concat();
        assert_eq!(unsupported(&module), Some("a tracker module (MOD)"));
        for (distance, first) in [(188, 0), (192, 4), (204, 0)] {
            let packet = [&vec![7; first][..], b"G", &vec![7; distance - first - 1]].concat();
            assert_eq!(unsupported(&packet.repeat(8)[..1_100]), Some("an MPEG transport stream (MPEG-TS)"));
        }
        assert_eq!(unsupported(&[b'G'; 300]), None);
    }

    #[test]
    fn the_length_of_an_id3_tag_counts_its_header() {
        assert_eq!(id3v2_length(b"ID3\x04\x00\x00\x00\x00\x02\x01....."), 10 + 257);
        assert_eq!(id3v2_length(b"ID3\x04\x00\x10\x00\x00\x00\x01....."), 20 + 1);
        assert_eq!(id3v2_length(b"RIFF............"), 0);
    }

    #[test]
    fn a_container_begins_with_its_mark() {
        for start in [&b"RIFF\0\0\0\0WAVEfmt "[..], b"\0\0\0\x20ftypM4A ", b"OggS", b"fLaC"] {
            assert!(is_container(start), "{start:?}");
        }
        for start in [&b"RIFF\0\0\0\0ACON"[..], b"The free song", b"..RIFF\0\0\0\0WAVE", b"\xff\xfb\x90\x64", b""] {
            assert!(!is_container(start), "{start:?}");
        }
    }

    #[test]
    fn files_without_sound_are_named() {
        let said = |start: &[u8]| other(start).unwrap_or_default();
        let program = [&b"\x7fELF\x02\x01\x01"[..], &[0; 9], b"\x02\0>\0", &[0; 80]].concat();
        assert!(said(b"%PDF-1.7\n").starts_with("a document (application/pdf"));
        assert!(said(b"PK\x03\x04\x14\0\0\0").starts_with("an archive (application/zip"));
        assert!(said(b"\xff\xd8\xff\xe0\0\x10JFIF\0").starts_with("a picture (image/jpeg"));
        assert!(said(&program).starts_with("a program"), "{}", said(&program));
        assert_eq!(said(&[0xff, 0xfb, 0x90, 0x64, 0x55, 0x80]), "");
        assert_eq!(said(&[0x81, 0x92, 0x03, 0x04, 0x05, 0x06]), "");
    }

    #[test]
    fn texts_are_told_from_other_bytes() {
        for text in ["This is a text.\nIt has two lines.", "\u{feff}a.wav\r\n", "\u{4e00}\u{4e01}\u{4e02}\u{4e03}"] {
            assert!(is_text(text.as_bytes()), "{text}");
        }
        assert!(is_text(b"Latin letters: gr\xfc\xdfe"));
        assert!(is_text(b"\xff\xfeT\0e\0x\0t\0"));
        assert!(!is_text(b"\xff\xfb\x90\x64 and so on"));
        assert!(!is_text(b"a\0b"));
    }
}
