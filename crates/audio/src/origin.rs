//! What the tags of an audio file say about its origin.

use std::fs::File;
use std::path::Path;

use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::FormatOptions;
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::{MetadataOptions, StandardTag};

use crate::panics;

/// Artist and album of a file, as its tags name them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileOrigin {
    /// The artist of the album if the tags name one, else that of the track.
    pub artist: Option<String>,
    /// The title of the album.
    pub album: Option<String>,
}

impl FileOrigin {
    /// Reads the tags of the file at `path`. A file that cannot be read, or that has no tags, has no known origin.
    pub fn read(path: &Path) -> Self {
        panics::catch(|| Self::of_file(path)).ok().flatten().unwrap_or_default()
    }

    fn of_file(path: &Path) -> Option<Self> {
        // Opening a named pipe would wait for a writer.
        if !std::fs::metadata(path).ok()?.is_file() {
            return None;
        }
        let mut hint = Hint::new();
        if let Some(suffix) = path.extension().and_then(|suffix| suffix.to_str()) {
            hint.with_extension(suffix);
        }
        let stream = MediaSourceStream::new(Box::new(File::open(path).ok()?), MediaSourceStreamOptions::default());
        let options = (FormatOptions::default(), MetadataOptions::default());
        let mut format = symphonia::default::get_probe().probe(&hint, stream, options.0, options.1).ok()?;
        let (mut album_artist, mut artist, mut album) = (None, None, None);
        let mut metadata = format.metadata();
        while let Some(revision) = metadata.current() {
            for tag in &revision.media.tags {
                let (slot, value) = match &tag.std {
                    Some(StandardTag::AlbumArtist(value)) => (&mut album_artist, value),
                    Some(StandardTag::Artist(value)) => (&mut artist, value),
                    Some(StandardTag::Album(value)) => (&mut album, value),
                    _ => continue,
                };
                let value = value.trim().trim_end_matches('\0');
                if slot.is_none() && !value.is_empty() {
                    *slot = Some(value.to_owned());
                }
            }
            if metadata.pop().is_none() {
                break;
            }
        }
        Some(Self { artist: album_artist.or(artist), album })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A WAVE file of 800 zeros with a LIST chunk that names an artist and an album.
    fn wave(artist: &str, album: &str) -> Vec<u8> {
        let mut info = b"INFO".to_vec();
        for (id, text) in [(b"IART", artist), (b"IPRD", album)] {
            let mut text = text.as_bytes().to_vec();
            text.push(0);
            info.extend(id);
            info.extend((text.len() as u32).to_le_bytes());
            text.resize(text.len().next_multiple_of(2), 0);
            info.extend(text);
        }
        let mut body = b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0".to_vec();
        body.extend(b"LIST");
        body.extend((info.len() as u32).to_le_bytes());
        body.extend(info);
        body.extend(b"data");
        body.extend(1600u32.to_le_bytes());
        body.extend([0; 1600]);
        let mut file = b"RIFF".to_vec();
        file.extend((body.len() as u32).to_le_bytes());
        file.extend(body);
        file
    }

    #[test]
    fn artist_and_album_are_read_and_strange_files_have_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        std::fs::write(&path, wave("Ada", "First songs")).unwrap();
        let expected = FileOrigin { artist: Some("Ada".into()), album: Some("First songs".into()) };
        assert_eq!(FileOrigin::read(&path), expected);
        for bytes in [&b"no audio"[..], b"", b"ID3\x04\0\0\x7f\x7f\x7f\x7f"] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(FileOrigin::read(&path), FileOrigin::default());
        }
        assert_eq!(FileOrigin::read(folder.path()), FileOrigin::default());
    }
}
