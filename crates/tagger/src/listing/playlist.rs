//! The formats of lists: which lines are paths, and which are directives of players.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode;

/// The format of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFormat {
    /// One path per line.
    Paths,
    /// M3U: one path per line; `#` starts a comment.
    M3u,
    /// PLS: `File1=PATH`.
    Pls,
    /// A cue sheet: `FILE "NAME" TYPE`.
    Cue,
    /// XSPF: `<location>`.
    Xspf,
}

impl ListFormat {
    /// The format of a playlist, by the suffix of its name.
    pub fn of(path: &Path) -> Option<Self> {
        let suffix = path.extension()?.to_str()?.to_ascii_lowercase();
        match suffix.as_str() {
            "m3u" | "m3u8" => Some(ListFormat::M3u),
            "pls" => Some(ListFormat::Pls),
            "cue" => Some(ListFormat::Cue),
            "xspf" => Some(ListFormat::Xspf),
            _ => None,
        }
    }

    /// The format of a list with another suffix, by its first line.
    pub fn of_first_line(line: &[u8]) -> Self {
        let line = line.trim_ascii();
        if line.eq_ignore_ascii_case(b"#EXTM3U") || line.starts_with(b"#EXTM3U ") {
            ListFormat::M3u
        } else if line.eq_ignore_ascii_case(b"[playlist]") {
            ListFormat::Pls
        } else {
            ListFormat::Paths
        }
    }

    /// The path in `line`, if there is one.
    pub fn entry(self, line: &[u8]) -> Option<&[u8]> {
        if line.trim_ascii().is_empty() {
            return None;
        }
        let entry = match self {
            ListFormat::Paths => (!is_directive(line)).then_some(line),
            ListFormat::M3u => (!line.starts_with(b"#")).then_some(line),
            ListFormat::Pls => {
                let at = line.iter().position(|&byte| byte == b'=')?;
                let number = line[..at].trim_ascii().to_ascii_lowercase();
                let digits = number.strip_prefix(b"file")?;
                let numbered = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
                Some(line[at + 1..].trim_ascii()).filter(|_| numbered)
            }
            ListFormat::Cue => {
                let line = line.trim_ascii();
                let (word, rest) = line.split_at_checked(5)?;
                if !word.eq_ignore_ascii_case(b"FILE ") {
                    return None;
                }
                let rest = rest.trim_ascii();
                match rest.strip_prefix(b"\"") {
                    Some(quoted) => quoted.iter().position(|&byte| byte == b'"').map(|end| &quoted[..end]),
                    None => rest.split(|&byte| byte == b' ').next(),
                }
            }
            // XSPF does not consist of lines: `locations` reads it.
            ListFormat::Xspf => None,
        };
        entry.filter(|entry| !entry.is_empty())
    }
}

/// Whether `line` is a directive of M3U, such as `#EXTINF:`.
fn is_directive(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"#EXT") else { return false };
    let word =
        rest.iter().take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || **byte == b'-').count();
    word > 0
        && matches!(rest.get(word), None | Some(b':' | b' ' | b'\r'))
        && (rest.get(word) == Some(&b':') || rest.starts_with(b"M3U"))
}

/// The file for `entry`, a line of a playlist in `folder`. Players on other systems use other separators and encodings:
/// if the path does not exist as written, the first interpretation that exists is used.
pub fn resolve(folder: &Path, entry: &[u8]) -> Option<PathBuf> {
    if let Some(address) = entry.strip_prefix(b"file://") {
        let path = address.strip_prefix(b"localhost").unwrap_or(address);
        return super::path(percent_decode(path).collect()).filter(|path| !path.as_os_str().is_empty());
    }
    let plain = super::path(entry.to_vec()).map(|path| folder.join(path));
    let exists = |path: &PathBuf| path.symlink_metadata().is_ok();
    if plain.as_ref().is_some_and(exists) {
        return plain;
    }
    let text = String::from_utf8(entry.to_vec())
        .unwrap_or_else(|_| encoding_rs::WINDOWS_1252.decode_without_bom_handling(entry).0.into_owned());
    let decoded: String = percent_decode(text.as_bytes()).decode_utf8_lossy().into_owned();
    let readings = [text.clone(), text.trim().to_owned(), text.replace('\\', "/"), decoded];
    let found = readings.into_iter().map(|text| folder.join(text)).find(exists);
    found.or(plain)
}

/// The locations of an XSPF playlist in order, as bytes that may be addresses.
pub fn locations(xml: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    use quick_xml::events::Event;
    let text = String::from_utf8_lossy(xml);
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut locations = Vec::new();
    let mut open: Option<String> = None;
    loop {
        match reader.read_event().map_err(|reason| reason.to_string())? {
            Event::Start(tag) if tag.local_name().as_ref() == "location" => open = Some(String::new()),
            Event::Text(text) => open.iter_mut().for_each(|location| location.push_str(&text)),
            Event::GeneralRef(name) => {
                let character = name.resolve_char_ref().map_err(|reason| reason.to_string())?;
                let named = || quick_xml::escape::resolve_predefined_entity(&name).map(str::to_owned);
                let text = character.map(String::from).or_else(named).unwrap_or_default();
                open.iter_mut().for_each(|location| location.push_str(&text));
            }
            Event::End(tag) if tag.local_name().as_ref() == "location" => {
                let text = open.take().unwrap_or_default();
                let text = text.trim();
                // `resolve` decodes addresses; do not decode them twice.
                let is_address = text.starts_with("file://");
                if !text.is_empty() {
                    locations.push(if is_address { text.into() } else { percent_decode(text.as_bytes()).collect() });
                }
            }
            Event::Eof => return Ok(locations),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_paths_keeps_names_that_begin_with_a_number_sign() {
        for line in ["#1 Hits/a.mp3", "#recycle/b.mp3", "#EXTRA/c.mp3", "#EXTREME.mp3", " d.mp3"] {
            assert_eq!(ListFormat::Paths.entry(line.as_bytes()), Some(line.as_bytes()));
        }
        for line in ["#EXTM3U", "#EXTINF:123,Artist - Song", "#EXTVLCOPT:start=1", "#EXT-X-VERSION:3", "", "  \t"] {
            assert_eq!(ListFormat::Paths.entry(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn each_format_has_its_paths() {
        let entry = |format: ListFormat, line: &'static str| {
            format.entry(line.as_bytes()).map(|entry| String::from_utf8_lossy(entry))
        };
        assert_eq!(entry(ListFormat::M3u, "# a comment"), None);
        assert_eq!(entry(ListFormat::M3u, "a b.mp3").unwrap(), "a b.mp3");
        assert_eq!(entry(ListFormat::Pls, "File12 = x/y.mp3").unwrap(), "x/y.mp3");
        assert_eq!(entry(ListFormat::Pls, "Title1=File"), None);
        assert_eq!(entry(ListFormat::Pls, "NumberOfEntries=1"), None);
        assert_eq!(entry(ListFormat::Cue, r#"FILE "a b.flac" WAVE"#).unwrap(), "a b.flac");
        assert_eq!(entry(ListFormat::Cue, "file c.wav WAVE").unwrap(), "c.wav");
        assert_eq!(entry(ListFormat::Cue, r#"  TITLE "FILE""#), None);
    }

    #[test]
    fn a_playlist_is_known_by_its_name_or_its_first_line() {
        assert_eq!(ListFormat::of(Path::new("x/A.M3U8")), Some(ListFormat::M3u));
        assert_eq!(ListFormat::of(Path::new("list.txt")), None);
        assert_eq!(ListFormat::of_first_line(b"#EXTM3U\r"), ListFormat::M3u);
        assert_eq!(ListFormat::of_first_line(b"[Playlist]"), ListFormat::Pls);
        assert_eq!(ListFormat::of_first_line(b"a.mp3"), ListFormat::Paths);
    }

    #[test]
    fn what_players_of_other_systems_write_is_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("Mot\u{f6}rhead")).unwrap();
        let file = folder.path().join("Mot\u{f6}rhead/100% it.mp3");
        std::fs::write(&file, "").unwrap();
        for entry in [
            "Mot\u{f6}rhead/100% it.mp3".as_bytes().to_vec(),
            b"Mot\xf6rhead\\100% it.mp3".to_vec().into_iter().map(|b| if b == b'\\' { b'/' } else { b }).collect(),
            "Mot\u{f6}rhead\\100% it.mp3".as_bytes().to_vec(),
            "Mot\u{f6}rhead/100% it.mp3 ".as_bytes().to_vec(),
            b"Mot%C3%B6rhead/100%25%20it.mp3".to_vec(),
        ] {
            assert_eq!(
                resolve(folder.path(), &entry).as_deref(),
                Some(file.as_path()),
                "{}",
                String::from_utf8_lossy(&entry)
            );
        }
        let address = format!("file://{}/Mot%C3%B6rhead/100%25%20it.mp3", folder.path().display());
        assert_eq!(resolve(Path::new("/elsewhere"), address.as_bytes()), Some(file));
        assert_eq!(resolve(folder.path(), b"none.mp3"), Some(folder.path().join("none.mp3")));
    }

    #[test]
    fn locations_of_xspf_are_decoded() {
        let xml = br#"<?xml version="1.0"?><playlist xmlns="http://xspf.org/ns/0/"><trackList>
            <track><location>file:///m/a%20b.mp3</location><title>no</title></track>
            <track><location> R&amp;B/c&#x27;s.mp3 </location></track></trackList></playlist>"#;
        let text: Vec<String> =
            locations(xml).unwrap().into_iter().map(|bytes| String::from_utf8(bytes).unwrap()).collect();
        assert_eq!(text, ["file:///m/a%20b.mp3", "R&B/c's.mp3"]);
        let percent = b"<location>file:///m/a%2520b.mp3</location>";
        let entry = locations(percent).unwrap().remove(0);
        assert_eq!(resolve(Path::new("/elsewhere"), &entry), Some("/m/a%20b.mp3".into()));
        assert!(locations(b"<playlist><location>a</b>").is_err());
    }

    #[test]
    fn what_is_empty_is_no_path_and_not_the_folder_of_the_playlist() {
        let folder = tempfile::tempdir().unwrap();
        let entry = |format: ListFormat, line: &'static str| format.entry(line.as_bytes());
        assert_eq!(entry(ListFormat::Cue, r#"FILE "" WAVE"#), None);
        assert_eq!(entry(ListFormat::Pls, "File1= "), None);
        assert!(locations(b"<location></location><location> </location>").unwrap().is_empty());
        for address in ["file://", "file://localhost"] {
            assert_eq!(resolve(folder.path(), address.as_bytes()), None);
        }
    }
}
