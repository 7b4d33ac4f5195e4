//! The metadata of an audio file, read by lofty. The audio is not decoded and pictures are left out.

mod block;
mod blocks;
mod genre_number;
mod limited_file;
mod rating;

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use error::{shown_path, Code, Error, Result};
use lofty::config::{apply_global_options, GlobalOptions, ParseOptions, ParsingMode};
use lofty::error::FileParseError;
use lofty::file::{AudioFile, FileType};
use lofty::probe::Probe;

pub(crate) use block::{Block, Field};
use limited_file::{LimitedFile, Stop, LONGEST, MOST_BYTES};
pub(crate) use rating::{stars_of_byte, tag_of_stars};

/// The largest block of metadata that is read into memory, in bytes.
const LARGEST_BLOCK: usize = 64 << 20;

/// The metadata blocks of the file at `path`, the usual one of its format first. `None` for a format whose metadata is
/// not read. A panic of the parser is caught.
///
/// # Errors
/// [`Code::Decode`] for damaged metadata and for more than 128 MiB of it; [`Code::NoAudio`] for an empty file;
/// [`Code::FileNotFound`]; [`Code::Io`], also if the file takes longer than 30 seconds.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<Block>>> {
    let file = File::open(path).map_err(|reason| Error::input(path, Code::Decode, &reason))?;
    // Also a file of the system, such as /proc/kmsg, of which reading may wait for ever.
    if file.metadata().is_ok_and(|facts| facts.len() == 0) {
        let message = format!("no audio in {}: the file is empty", shown_path(path));
        return Err(Error::new(Code::NoAudio, message).with_file(path));
    }
    let mut file = LimitedFile::new(file);
    let parsed = audio::catch(|| parse(&mut file, path));
    let name = shown_path(path);
    let damaged = |reason: String| {
        let message = format!(
            "{name}: its metadata is damaged ({reason}): write its tags again with a tag editor, or give them in a \
             manifest"
        );
        Error::new(Code::Decode, message).with_file(path).shown()
    };
    // A limit explains whatever the parser made of it, even a result.
    match file.stop() {
        Some(Stop::Bytes) => return Err(damaged(format!("more than {} MiB", MOST_BYTES >> 20))),
        Some(Stop::Time) => {
            let message = format!(
                "{name}: reading its metadata took longer than {} seconds; run the same command again when the disk or \
                 server answers",
                LONGEST.as_secs()
            );
            return Err(Error::new(Code::Io, message).with_file(path));
        }
        Some(Stop::System(number)) => {
            return Err(Error::input(path, Code::Decode, &std::io::Error::from_raw_os_error(number)));
        }
        None => {}
    }
    match parsed {
        Ok(Ok(blocks)) => Ok(blocks),
        Ok(Err(reason)) => Err(damaged(reason.to_string())),
        Err(panic) => Err(damaged(format!("the parser failed: {panic}"))),
    }
}

fn parse(file: &mut LimitedFile<File>, path: &Path) -> Result<Option<Vec<Block>>, FileParseError> {
    // An option of the thread. Larger blocks, such as the scan of a cover, would make the whole file fail.
    apply_global_options(GlobalOptions::new().allocation_limit(LARGEST_BLOCK));
    let by_content = Probe::new(&mut *file).guess_file_type().map(|probe| probe.file_type());
    let kind = by_content.ok().flatten().or_else(|| FileType::from_path(path));
    file.rewind()?;
    let Some(kind) = kind else { return Ok(None) };
    of_kind(file, kind)
}

/// The blocks of a file of the format `kind`.
fn of_kind<R: Read + Seek>(file: &mut R, kind: FileType) -> Result<Option<Vec<Block>>, FileParseError> {
    let options =
        ParseOptions::new().read_properties(false).read_cover_art(false).parsing_mode(ParsingMode::BestAttempt);
    let id3v2 = |tag: Option<_>| tag.map(blocks::id3v2);
    let id3v1 = |tag: Option<_>| tag.map(blocks::id3v1);
    let ape = |tag: Option<_>| tag.map(blocks::ape);
    let blocks: Vec<Option<Block>> = match kind {
        FileType::Mpeg => {
            let file = lofty::mpeg::MpegFile::read_from(file, options)?;
            vec![id3v2(file.id3v2()), ape(file.ape()), id3v1(file.id3v1())]
        }
        FileType::Aac => {
            let file = lofty::aac::AacFile::read_from(file, options)?;
            vec![id3v2(file.id3v2()), id3v1(file.id3v1())]
        }
        FileType::Flac => {
            let file = lofty::flac::FlacFile::read_from(file, options)?;
            vec![file.vorbis_comments().map(blocks::vorbis_comments), id3v2(file.id3v2())]
        }
        FileType::Vorbis => {
            vec![Some(blocks::vorbis_comments(lofty::ogg::VorbisFile::read_from(file, options)?.vorbis_comments()))]
        }
        FileType::Opus => {
            vec![Some(blocks::vorbis_comments(lofty::ogg::OpusFile::read_from(file, options)?.vorbis_comments()))]
        }
        FileType::Speex => {
            vec![Some(blocks::vorbis_comments(lofty::ogg::SpeexFile::read_from(file, options)?.vorbis_comments()))]
        }
        FileType::Mp4 => vec![lofty::mp4::Mp4File::read_from(file, options)?.ilst().map(blocks::ilst)],
        FileType::Wav => {
            let file = lofty::iff::wav::WavFile::read_from(file, options)?;
            vec![id3v2(file.id3v2()), file.riff_info().map(blocks::riff_info)]
        }
        FileType::Aiff => {
            let file = lofty::iff::aiff::AiffFile::read_from(file, options)?;
            vec![id3v2(file.id3v2()), file.text_chunks().map(blocks::aiff_text)]
        }
        FileType::Ape => {
            let file = lofty::ape::ApeFile::read_from(file, options)?;
            vec![ape(file.ape()), id3v2(file.id3v2()), id3v1(file.id3v1())]
        }
        FileType::WavPack => {
            let file = lofty::wavpack::WavPackFile::read_from(file, options)?;
            vec![ape(file.ape()), id3v1(file.id3v1())]
        }
        FileType::Mpc => {
            let file = lofty::musepack::MpcFile::read_from(file, options)?;
            vec![ape(file.ape()), id3v2(file.id3v2()), id3v1(file.id3v1())]
        }
        _ => return Ok(None),
    };
    Ok(Some(blocks.into_iter().flatten().collect()))
}
