//! A file's container: which one it is, and the demuxer for it.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use error::{Code, Error, Result};
use symphonia::core::common::Limit;
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use crate::failure::{broken, no_audio, unsupported};
use crate::guarded_file::GuardedFile;
use crate::input::{Input, Opened};
use crate::repair::Repair;
use crate::{panics, repair, signature};

/// Pictures and long texts in the tags are skipped.
const MAX_TAG_BYTES: usize = 64 << 10;

/// Opens `input` and finds its container and audio track.
pub(crate) fn open(input: &Input) -> Result<(Box<dyn FormatReader>, Track)> {
    let path = input.name();
    let unreadable = |reason| Error::input(path, Code::Decode, &reason);
    let (mut file, length) = match input {
        Input::File(path) => open_file(path)?,
        Input::Memory(_, bytes) => (Opened::memory(bytes), bytes.len() as u64),
    };
    if length == 0 {
        return Err(
            Error::new(Code::NoAudio, format!("no audio in {}: the file is empty", path.display())).with_file(path)
        );
    }
    let (name, repair) = look_at(&mut file).map_err(unreadable)?;
    if let Some(name) = name {
        return Err(unsupported(path, &format!("it is {name}, which cannot be decoded")));
    }
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        hint.with_extension(extension);
    }
    let opened = panics::catch(move || {
        let source = Box::new(GuardedFile::new(file, length, repair));
        let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
        let tags = MetadataOptions::default()
            .limit_tag_bytes(Limit::Maximum(MAX_TAG_BYTES))
            .limit_visual_bytes(Limit::Maximum(MAX_TAG_BYTES));
        let format = symphonia::default::get_probe().probe(&hint, stream, FormatOptions::default(), tags)?;
        let track = format.default_track(TrackType::Audio).cloned();
        Ok::<_, SymphoniaError>((format, track))
    });
    match opened {
        Ok(Ok((format, Some(track)))) => Ok((format, track)),
        Ok(Ok((_, None))) => Err(no_audio(path)),
        // The prober's own words say nothing to the owner of a file.
        Ok(Err(SymphoniaError::Unsupported(reason))) if reason.contains("(probe)") => {
            Err(unsupported(path, "its format is not known"))
        }
        Ok(Err(SymphoniaError::Unsupported(reason))) => Err(unsupported(path, reason)),
        Ok(Err(SymphoniaError::IoError(reason))) if reason.kind() == ErrorKind::UnexpectedEof => {
            Err(broken(path, "it ends in the middle of its header"))
        }
        Ok(Err(reason)) => Err(broken(path, &reason.to_string())),
        Err(panic) => Err(broken(path, &format!("the demuxer panicked: {panic}"))),
    }
}

/// The file `path` and its length.
fn open_file(path: &Path) -> Result<(Opened, u64)> {
    let unreadable = |reason| Error::input(path, Code::Decode, &reason);
    // Asked before it is opened: opening a named pipe waits for a writer.
    let facts = std::fs::metadata(path).map_err(unreadable)?;
    if !facts.is_file() {
        return Err(unsupported(path, "it is not a regular file"));
    }
    Ok((File::open(path).map_err(unreadable)?.into(), facts.len()))
}

/// The name of the format if it is an unsupported one, and what to change for the demuxer; both behind an ID3v2 tag, if
/// there is one.
fn look_at(file: &mut Opened) -> std::io::Result<(Option<&'static str>, Repair)> {
    let mut start = Vec::with_capacity(signature::LENGTH);
    file.by_ref().take(signature::LENGTH as u64).read_to_end(&mut start)?;
    let tag = signature::id3v2_length(&start);
    if tag > 0 {
        start.clear();
        file.seek(SeekFrom::Start(tag))?;
        file.by_ref().take(signature::LENGTH as u64).read_to_end(&mut start)?;
    }
    let repair = repair::find(file, tag)?;
    file.rewind()?;
    Ok((signature::unsupported(&start), repair))
}
