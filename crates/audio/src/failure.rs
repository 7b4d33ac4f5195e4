//! The failures of files that cannot be decoded: what they say, and what to do.

use std::path::Path;

use error::{Code, Error};

use crate::mp4_codec::DRM;

/// A container of a known format without sound in it.
pub(crate) fn no_audio(path: &Path) -> Error {
    Error::new(Code::NoAudio, format!("no audio in {}: its container holds no sound", path.display())).with_file(path)
}

/// A file that is nothing but tags.
pub(crate) fn only_tags(path: &Path) -> Error {
    Error::new(Code::NoAudio, format!("no audio in {}: it holds tags and nothing else", path.display())).with_file(path)
}

/// A file whose sound may not be decoded.
pub(crate) fn protected(path: &Path) -> Error {
    let message = format!("cannot decode {}: {DRM}: use a file without protection", path.display());
    Error::new(Code::UnsupportedFormat, message).with_file(path)
}

/// A format, codec or header that cannot be decoded, for `reason`.
pub(crate) fn unsupported(path: &Path, reason: &str) -> Error {
    Error::new(
        Code::UnsupportedFormat,
        format!(
            "cannot decode {}: {reason}; supported are MP1/2/3, AAC-LC, ALAC, FLAC, Vorbis, PCM and ADPCM in MP3, ADTS, \
             MP4, FLAC, OGG, WAV, AIFF, CAF and MKV: convert the file to one of them",
            path.display()
        ),
    )
    .with_file(path)
}

/// A file that is `what`, and intact as far as anybody knows.
pub(crate) fn foreign(path: &Path, what: &str) -> Error {
    unsupported(path, &format!("it is {what}, which cannot be decoded"))
}

/// A file of a known format that is damaged beyond use; `reason` says how.
pub(crate) fn broken(path: &Path, reason: &str) -> Error {
    Error::new(Code::Decode, format!("cannot decode {}: {reason}; the file is broken, replace it", path.display()))
        .with_file(path)
}
