//! The addresses of tracks.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;

/// The path of an address such as `file://localhost/Users/me/R%26B.mp3`, or `file://localhost/C:/Music/a.mp3` of
/// Windows. `None` for an address of another kind, such as a track of a streaming service.
pub(super) fn path_of(location: &str) -> Option<PathBuf> {
    let address = location.strip_prefix("file://")?;
    let address = address.strip_prefix("localhost").unwrap_or(address);
    let text = percent_decode_str(address).decode_utf8().ok()?;
    let has_drive = matches!(text.as_bytes(), [b'/', drive, b':', ..] if drive.is_ascii_alphabetic());
    let text = if has_drive && cfg!(windows) { &text[1..] } else { &text };
    (!text.is_empty() && !text.contains('\0')).then(|| PathBuf::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_files_are_paths_and_others_are_not() {
        let path = |location| path_of(location).map(|path| path.to_string_lossy().into_owned());
        assert_eq!(path("file://localhost/a%20b/c+d.mp3").as_deref(), Some("/a b/c+d.mp3"));
        assert_eq!(path("file:///Caf%C3%A9.mp3").as_deref(), Some("/Caf\u{e9}.mp3"));
        let drive = path("file://localhost/C:/Music/a.mp3").unwrap();
        assert_eq!(drive, if cfg!(windows) { "C:/Music/a.mp3" } else { "/C:/Music/a.mp3" });
        for other in ["tidal:tracks:1", "file://localhost", "file://localhost/a%00b", "file://localhost/%ff.mp3"] {
            assert_eq!(path(other), None, "{other}");
        }
    }
}
