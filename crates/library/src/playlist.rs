//! M3U and M3U8 playlists: the name of the playlist is a tag of its files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use encoding_rs::WINDOWS_1252;
use encoding_rs_io::DecodeReaderBytesBuilder;
use error::{Code, Error, Result};
use tagger::resolve_entry;
use walkdir::WalkDir;

use crate::list::{broken, existing, Entry, Facts, List, Missing};
use crate::source::Source;

/// The largest playlist, in bytes.
const LARGEST: u64 = 64 << 20;

/// The playlists behind the named paths: a folder stands for the playlists in it and below it, sorted by name.
///
/// # Errors
/// [`Code::FileNotFound`]; [`Code::Dataset`] for a file of another kind and for a folder without playlists.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        let facts = std::fs::metadata(path).map_err(|reason| Error::input(path, Code::Dataset, &reason))?;
        if facts.is_dir() {
            let before = files.len();
            let entries = WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter();
            // A link in a circle or a folder without permission hides no other playlist.
            let entries = entries.filter_map(std::result::Result::ok).filter(|entry| entry.file_type().is_file());
            files.extend(entries.map(walkdir::DirEntry::into_path).filter(|path| is_playlist(path)));
            if files.len() == before {
                let message = format!("{}: it contains no .m3u or .m3u8 playlist", path.display());
                return Err(Error::new(Code::Dataset, message).with_file(path).shown());
            }
        } else if facts.is_file() && is_playlist(path) {
            files.push(path.clone());
        } else {
            let message = format!("{}: a playlist must be a file that ends in .m3u or .m3u8", path.display());
            return Err(Error::new(Code::Dataset, message).with_file(path).shown());
        }
    }
    Ok(files)
}

fn is_playlist(path: &Path) -> bool {
    let suffix = path.extension().and_then(|suffix| suffix.to_str());
    suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case("m3u") || suffix.eq_ignore_ascii_case("m3u8"))
}

/// Reads a playlist. Its name is that of a `#PLAYLIST:` line, or else of the file. Paths are relative to its folder, in
/// UTF-8, UTF-16 with a byte order mark, or Windows-1252, with `/` or `\`.
///
/// # Errors
/// [`Code::Dataset`] for a file that is no text or is larger than 64 MiB; [`Code::FileNotFound`]; [`Code::Io`].
pub(crate) fn read(file: &Path) -> Result<List> {
    let failed = |reason: &std::io::Error| Error::input(file, Code::Dataset, reason);
    let opened = File::open(file).map_err(|reason| failed(&reason))?;
    let mut decoded =
        DecodeReaderBytesBuilder::new().bom_override(true).strip_bom(true).utf8_passthru(true).build(opened);
    let mut bytes = Vec::new();
    decoded.by_ref().take(LARGEST + 1).read_to_end(&mut bytes).map_err(|reason| failed(&reason))?;
    if bytes.len() as u64 > LARGEST {
        return Err(broken(file, 1, format!("a playlist is at most {} MiB long", LARGEST >> 20)));
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (mut missing, mut total) = (Missing::default(), 0);
    let mut entries = Vec::new();
    let mut announced = Facts::default();
    for (number, line) in (1..).zip(bytes.split(|&byte| matches!(byte, b'\n'))) {
        // Old Macintosh line ends are spaces here.
        let line = line.trim_ascii();
        if line.contains(&0) {
            return Err(broken(file, number, "it contains a NUL byte: expected a text, one path per line"));
        }
        if line.is_empty() {
            continue;
        }
        if line.starts_with(b"#") {
            let text = text_of(line);
            if let Some(title) = text.strip_prefix("#PLAYLIST:").map(str::trim).filter(|title| !title.is_empty()) {
                title.clone_into(&mut name);
            } else if let Some(info) = text.strip_prefix("#EXTINF:") {
                announced = facts_of(info);
            }
            continue;
        }
        total += 1;
        let facts = std::mem::take(&mut announced);
        match resolve_entry(folder, line).and_then(|path| existing(&path)) {
            Some(path) => entries.push(Entry { path, line: number, texts: Vec::new(), facts }),
            None => missing.add(number, &text_of(line)),
        }
    }
    for entry in &mut entries {
        entry.texts.push((Source::Playlist, name.clone()));
    }
    let warnings = missing.warning(file, total).into_iter().collect();
    Ok(List { file: file.to_path_buf(), entries, warnings })
}

/// A line as text: UTF-8, or else Windows-1252, which contains Latin-1.
fn text_of(line: &[u8]) -> String {
    match std::str::from_utf8(line) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(line).0.into_owned(),
    }
}

/// Artist and title of `#EXTINF:SECONDS,Artist - Title`.
fn facts_of(info: &str) -> Facts {
    let Some((artist, title)) = info.split_once(',').and_then(|(_, shown)| shown.split_once(" - ")) else {
        return Facts::default();
    };
    let named = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    Facts { artist: named(artist), title: named(title), ..Facts::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_bytes(name: &str, bytes: &[u8], songs: &[&str]) -> Result<List> {
        let folder = tempfile::tempdir().unwrap();
        for song in songs {
            let path = folder.path().join(song);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        read(&file)
    }

    fn found(list: &List) -> Vec<String> {
        list.entries.iter().map(|entry| entry.path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn what_players_write_is_read() {
        let text =
            "#EXTM3U\r\n#PLAYLIST:Warm Up\r\n#EXTINF:12,Mot\u{f6}rhead - Bomber\r\nsub\\Bomb\u{e9}r.mp3\r\n\r\nb.mp3";
        let songs = ["sub/Bomb\u{e9}r.mp3", "b.mp3"];
        let utf16: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
        for bytes in [text.as_bytes().to_vec(), [b"\xef\xbb\xbf", text.as_bytes()].concat(), utf16, latin] {
            let list = read_bytes("x.m3u", &bytes, &songs).unwrap();
            assert_eq!(found(&list), ["Bomb\u{e9}r.mp3", "b.mp3"]);
            assert_eq!(list.entries[0].texts, [(Source::Playlist, "Warm Up".to_owned())]);
            assert_eq!(list.entries[0].facts.artist.as_deref(), Some("Mot\u{f6}rhead"));
            assert_eq!(list.entries[0].facts.title.as_deref(), Some("Bomber"));
            assert_eq!(list.entries[1].facts, Facts::default());
            assert!(list.warnings.is_empty());
        }
        let list = read_bytes("Late Night.M3U8", b"b.mp3\n", &songs).unwrap();
        assert_eq!(list.entries[0].texts, [(Source::Playlist, "Late Night".to_owned())]);
    }

    #[test]
    fn a_file_that_is_not_there_is_told_with_its_line() {
        let list = read_bytes("x.m3u", b"#EXTM3U\n\ngone.mp3\nhttp://example.org/live\nb.mp3\n", &["b.mp3"]).unwrap();
        assert_eq!(found(&list), ["b.mp3"]);
        let message = &list.warnings[0].message;
        assert!(message.contains("2 of 3 files") && message.contains("line 3: gone.mp3"), "{message}");
        assert!(message.contains("line 4: http://example.org/live"), "{message}");
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_line() {
        let error = read_bytes("x.m3u", b"a.mp3\n\0\0\x01", &[]).err().unwrap();
        assert!(error.code == Code::Dataset && error.message.contains("x.m3u: line 2"), "{error}");
    }

    #[test]
    fn a_folder_stands_for_its_playlists() {
        let folder = tempfile::tempdir().unwrap();
        let refused = files(&[folder.path().to_path_buf()]).unwrap_err();
        assert!(refused.code == Code::Dataset && refused.message.contains("no .m3u"), "{refused}");
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        for name in ["sub/b.m3u8", "a.m3u", "c.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path(), folder.path().join("sub/circle")).unwrap();
        let expected = ["a.m3u", "sub/b.m3u8"].map(|name| folder.path().join(name));
        assert_eq!(files(&[folder.path().to_path_buf()]).unwrap(), expected);
        assert_eq!(files(&[folder.path().join("c.txt")]).unwrap_err().code, Code::Dataset);
        assert_eq!(files(&[folder.path().join("d.m3u")]).unwrap_err().code, Code::FileNotFound);
    }
}
