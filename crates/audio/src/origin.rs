//! What the tags of an audio file say about its origin.

use std::fs::File;
use std::path::Path;

use symphonia::core::formats::FormatOptions;
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::{MetadataOptions, StandardTag};

use crate::container::hint_of;
use crate::panics;

/// Artist and album of a file, as its tags name them: ID3v2, Vorbis comments, MP4, APE. The INFO chunk of WAVE is not
/// read, because symphonia 0.6 does not pass it on.
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
        let stream = MediaSourceStream::new(Box::new(File::open(path).ok()?), MediaSourceStreamOptions::default());
        let options = (FormatOptions::default(), MetadataOptions::default());
        let mut format = symphonia::default::get_probe().probe(&hint_of(path), stream, options.0, options.1).ok()?;
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

    /// An ID3v2.4 tag with an artist and an album, in front of a WAVE file of 800 zeros.
    fn tagged(artist: &str, album: &str) -> Vec<u8> {
        let mut frames = Vec::new();
        for (id, text) in [(b"TPE1", artist), (b"TALB", album)] {
            frames.extend(id);
            frames.extend([0, 0, 0, text.len() as u8 + 1, 0, 0, 3]);
            frames.extend(text.as_bytes());
        }
        let mut file = b"ID3\x04\0\0\0\0\0".to_vec();
        file.push(frames.len() as u8);
        file.extend(frames);
        file.extend(
            b"RIFF\x64\x06\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x40\x06\0\0",
        );
        file.extend([0; 1600]);
        file
    }

    #[test]
    fn artist_and_album_are_read_and_strange_files_have_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        std::fs::write(&path, tagged("Ada", "First songs")).unwrap();
        let expected = FileOrigin { artist: Some("Ada".into()), album: Some("First songs".into()) };
        assert_eq!(FileOrigin::read(&path), expected);
        for bytes in [&b"no audio"[..], b"", b"ID3\x04\0\0\x7f\x7f\x7f\x7f"] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(FileOrigin::read(&path), FileOrigin::default());
        }
        assert_eq!(FileOrigin::read(folder.path()), FileOrigin::default());
    }
}
