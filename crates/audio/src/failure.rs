//! The errors for files that cannot be decoded.

use std::path::Path;

use error::{Code, Error};

use crate::mp4_codec::DRM;

/// The error for a container of a known format without audio in it.
pub(crate) fn no_audio(path: &Path) -> Error {
    Error::new(Code::NoAudio, format!("no audio in {}: its container has no audio track", path.display()))
        .with_file(path)
}

/// The error for a file that contains only tags.
pub(crate) fn only_tags(path: &Path) -> Error {
    Error::new(Code::NoAudio, format!("no audio in {}: it contains only tags", path.display())).with_file(path)
}

/// The error for a file whose audio is copy-protected.
pub(crate) fn protected(path: &Path) -> Error {
    let message = format!("cannot decode {}: {DRM}: use a file without copy protection", path.display());
    Error::new(Code::UnsupportedFormat, message).with_file(path)
}

/// The error for a format, codec or header that cannot be decoded, with the reason.
pub(crate) fn unsupported(path: &Path, reason: &str) -> Error {
    Error::new(
        Code::UnsupportedFormat,
        format!(
            "cannot decode {}: {reason}; supported are MP1/2/3, AAC-LC, ALAC, FLAC, Vorbis, PCM and ADPCM in MP3, \
             ADTS, MP4, FLAC, OGG, WAV, AIFF, CAF and MKV: convert the file to one of them",
            path.display()
        ),
    )
    .with_file(path)
}

/// The error for a file of the kind `what`, which cannot be decoded although it may be intact.
pub(crate) fn foreign(path: &Path, what: &str) -> Error {
    unsupported(path, &format!("it is {what}, which cannot be decoded"))
}

/// The error for a file of a known format that is too damaged to be used, with the reason.
pub(crate) fn broken(path: &Path, reason: &str) -> Error {
    Error::new(Code::Decode, format!("cannot decode {}: {reason}; the file is broken, replace it", path.display()))
        .with_file(path)
}
