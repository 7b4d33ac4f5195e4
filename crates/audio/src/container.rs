//! Recognises the container of a file, and opens the demuxer for it.

use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use error::{Code, Error, Result};
use symphonia::core::codecs::audio::well_known as id;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::common::Limit;
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known as format;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::default::formats::MpaReader;

use crate::elementary::Stream;
use crate::failure::{broken, foreign, no_audio, only_tags, protected, unsupported};
use crate::guarded_file::GuardedFile;
use crate::input::Input;
use crate::ogg_codec::Unheard;
use crate::pcm::Found;
use crate::promise::Promise;
use crate::repair::Repair;
use crate::watch::Watch;
use crate::watched_file::WatchedFile;
use crate::{elementary, flac, mkv, mp4, mp4_codec, mpeg, ogg, ogg_codec, panics, pcm, signature, tail};

/// Pictures and long texts in the tags are skipped.
const MAX_TAG_BYTES: usize = 64 << 10;
/// The most ID3v2 tags in a row that are skipped.
const MAX_TAGS: usize = 16;

/// An open container.
pub(crate) struct Opened {
    pub(crate) format: Box<dyn FormatReader>,
    /// Its audio track.
    pub(crate) track: Track,
    /// The length that it promises.
    pub(crate) promise: Promise,
    /// What the readers find while the container is read.
    pub(crate) watch: Watch,
    /// The file itself: if a read failed, everything that was read from it is invalid.
    pub(crate) file: WatchedFile,
}

type Demuxed = std::result::Result<(Box<dyn FormatReader>, Option<Track>), SymphoniaError>;

/// Opens `input` and finds its container and audio track.
pub(crate) fn open(input: &Input) -> Result<Opened> {
    let path = input.name();
    let file = match input {
        Input::File(path) => open_file(path)?,
        Input::Memory(_, bytes) => WatchedFile::memory(bytes),
    };
    if file.length() == 0 {
        return Err(
            Error::new(Code::NoAudio, format!("no audio in {}: the file is empty", path.display())).with_file(path)
        );
    }
    open_at(path, file, 0)
}

fn open_file(path: &Path) -> Result<WatchedFile> {
    let unreadable = |reason| Error::input(path, Code::Decode, &reason);
    // Checked before the file is opened: opening a named pipe waits for a writer.
    let facts = std::fs::metadata(path).map_err(unreadable)?;
    if !facts.is_file() {
        return Err(unsupported(path, "it is not a regular file"));
    }
    WatchedFile::open(path).map_err(unreadable)
}

/// Finds the container that begins at byte `from` of `file` (the file at `path`), and its audio track.
pub(crate) fn open_at(path: &Path, file: WatchedFile, from: u64) -> Result<Opened> {
    let opened = find(path, file.clone(), from);
    // If a read failed, its error takes precedence over any other result.
    file.check(path)?;
    opened
}

fn find(path: &Path, mut file: WatchedFile, from: u64) -> Result<Opened> {
    let unreadable = |reason| Error::input(path, Code::Decode, &reason);
    let length = file.length();
    let (start, beginning) = skip_tags(&mut file, from).map_err(unreadable)?;
    let end = tail::end_of_sound(&mut file, start..length).map_err(unreadable)?;
    if end <= start {
        return Err(only_tags(path));
    }
    match pcm::find(&mut file, start..end).map_err(unreadable)? {
        Found::Samples(layout) => {
            let promise = layout.promised.map(|bytes| Promise::frames(layout.frames(bytes), layout.rate, 0));
            file.rewind().map_err(unreadable)?;
            let source = GuardedFile::new(file.clone(), Repair::default());
            let demuxed = demux(path, move || {
                let format = pcm::Packets::open(stream(source), layout)?;
                let track = format.default_track(TrackType::Audio).cloned();
                Ok((Box::new(format), track))
            });
            return opened(path, file, demuxed?, promise.unwrap_or_default(), Watch::default());
        }
        Found::Mpeg(place) => {
            return frames(path, file, Repair { start: place.start, length: Some(place.end), ..Repair::default() })
        }
        Found::Unsupported(name) => return Err(foreign(path, &name)),
        Found::NoSound => return Err(no_audio(path)),
        Found::Broken(reason) => return Err(broken(path, reason)),
        Found::Other => {}
    }
    if let Some(name) = signature::unsupported(&beginning) {
        return Err(foreign(path, name));
    }
    let mut repair = Repair { start, length: Some(end), ..Repair::default() };
    if !signature::is_container(&beginning) {
        match bare_stream(path, &mut file, start..end, &beginning)? {
            (at, Stream::Mpeg) => return frames(path, file, Repair { start: at, ..repair }),
            (at, _) => repair.start = at,
        }
    }
    let mut promise = Promise::default();
    let mut sound = start;
    if beginning.starts_with(b"fLaC") {
        (repair, promise, sound) = flac::look(&mut file, start..end).map_err(unreadable)?;
    }
    if beginning.starts_with(b"OggS") {
        if let Some(last) = ogg::last_page(&mut file, start..length).map_err(unreadable)? {
            repair.length = Some(last.end);
            promise.cut = last.cut || !last.closes;
        }
        sound = ogg::end_of_headers(&mut file, start..end).map_err(unreadable)?;
        match ogg_codec::unheard(&mut file, start).map_err(unreadable)? {
            Some(Unheard::Sound(name)) => return Err(foreign(path, name)),
            Some(Unheard::NoSound) => return Err(no_audio(path)),
            None => {}
        }
    }
    if beginning.get(4..).is_some_and(|kind| kind.starts_with(b"ftyp")) {
        match mp4::look(&mut file, start..end).map_err(unreadable)? {
            mp4::Found::Shown(shown, cut) => (repair, promise.cut) = (shown, cut),
            mp4::Found::Broken(reason) => return Err(broken(path, reason)),
        }
    }
    if beginning.starts_with(b"\x1a\x45\xdf\xa3") {
        (repair, promise.cut) = mkv::look(&mut file, start..end).map_err(unreadable)?;
    }
    let hint = hint_of(path);
    file.seek(SeekFrom::Start(repair.start)).map_err(unreadable)?;
    let mut source = GuardedFile::new(file.clone(), repair.clone());
    let mut watch = Watch { zeros: Some(source.zeros(sound)), ..Watch::default() };
    let source: Box<dyn MediaSource> = if beginning.starts_with(b"fLaC") {
        let joined = flac::Joined::new(source);
        watch.joined = Some((start, joined.next()));
        Box::new(joined)
    } else {
        Box::new(source)
    };
    let demuxed = demux(path, move || {
        let tags = MetadataOptions::default()
            .limit_tag_bytes(Limit::Maximum(MAX_TAG_BYTES))
            .limit_visual_bytes(Limit::Maximum(MAX_TAG_BYTES));
        let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
        let format = symphonia::default::get_probe().probe(&hint, stream, FormatOptions::default(), tags)?;
        let track = format.default_track(TrackType::Audio).cloned();
        Ok((format, track))
    })?;
    let (format, track) = demuxed;
    match (format.format_info().format, &track) {
        (format::FORMAT_ID_MP1 | format::FORMAT_ID_MP2 | format::FORMAT_ID_MP3, _) => {
            // Found further on: the frames are inside another container, whose header is not valid.
            return Err(broken(path, "its header is damaged"));
        }
        (format::FORMAT_ID_FLAC, _) => watch.zeros = watch.zeros.filter(|_| promise.seconds.is_none()),
        (format::FORMAT_ID_ADTS, _) => {}
        (kind, Some(track)) => {
            watch.zeros = watch.zeros.filter(|_| kind == format::FORMAT_ID_OGG);
            let cut = promise.cut;
            promise = Promise { cut, ..stated(format.as_ref(), track) };
        }
        // Symphonia omits the tracks that it cannot decode.
        (_, None) => {
            if let Some(reason) = mp4_codec::unheard(&mut file, start..end).map_err(unreadable)? {
                return Err(if reason == mp4_codec::DRM { protected(path) } else { unsupported(path, &reason) });
            }
        }
    }
    opened(path, file, (format, track), promise, watch)
}

/// What the name of the file at `path` says about its format.
pub(crate) fn hint_of(path: &Path) -> Hint {
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        hint.with_extension(extension);
    }
    hint
}

/// The stream that makes up `span` of a file without a container, and where it begins.
fn bare_stream(path: &Path, file: &mut WatchedFile, span: Range<u64>, beginning: &[u8]) -> Result<(u64, Stream)> {
    let unreadable = |reason| Error::input(path, Code::Decode, &reason);
    if let Some(stream) = elementary::at_start(file, span.clone()).map_err(unreadable)? {
        return match stream {
            Stream::Foreign(name) => Err(foreign(path, name)),
            stream => Ok((span.start, stream)),
        };
    }
    if let Some(what) = signature::other(beginning) {
        return Err(foreign(path, &what));
    }
    let found = elementary::after_junk(file, span).map_err(unreadable)?;
    found.ok_or_else(|| match signature::is_text(beginning) {
        true => foreign(path, "a text"),
        false => unsupported(path, "its format is unknown"),
    })
}

/// Opens an MPEG stream: its frames without the data between them.
fn frames(path: &Path, mut file: WatchedFile, repair: Repair) -> Result<Opened> {
    file.seek(SeekFrom::Start(repair.start)).map_err(|reason| Error::input(path, Code::Decode, &reason))?;
    let source = GuardedFile::new(file.clone(), repair);
    let length = source.byte_len().unwrap_or(0);
    let filter = mpeg::Filter::new(source, length);
    let findings = filter.findings();
    let (format, track) = demux(path, move || {
        let format = MpaReader::try_new(stream(filter), FormatOptions::default())?;
        let track = format.default_track(TrackType::Audio).cloned();
        Ok((Box::new(format), track))
    })?;
    let promise = match &track {
        Some(track) if findings.counts_frames() => stated(format.as_ref(), track),
        _ => Promise::default(),
    };
    opened(path, file, (format, track), promise, Watch { mpeg: Some(findings), ..Watch::default() })
}

/// The length that a track states. Intact files can be one or two packets shorter: the last packet is short, or an
/// encoder counted its own tag as a packet.
pub(crate) fn stated(format: &dyn FormatReader, track: &Track) -> Promise {
    let kind = format.format_info().format;
    let Some(CodecParameters::Audio(codec)) = &track.codec_params else { return Promise::default() };
    let Some(rate) = codec.sample_rate.filter(|&rate| rate > 0) else { return Promise::default() };
    let packet = match codec.codec {
        id::CODEC_ID_ALAC => 4_096,
        id::CODEC_ID_AAC => 1_024,
        id::CODEC_ID_MP1 | id::CODEC_ID_MP2 | id::CODEC_ID_MP3 => 3 * 1_152,
        id::CODEC_ID_VORBIS => 2_048,
        _ => 0,
    };
    let seconds = match (track.num_frames, track.duration, track.time_base) {
        (Some(frames), _, _) => Some(frames as f64 / f64::from(rate)),
        (None, Some(duration), Some(base)) => {
            Some(duration.get() as f64 * f64::from(base.numer.get()) / f64::from(base.denom.get()))
        }
        _ => None,
    };
    // Matroska states the length of the whole file, usually in milliseconds; a video track may be longer.
    let (seconds, rounding) = match (kind, format.media_info().duration, format.media_info().time_base) {
        (format::FORMAT_ID_MKV, Some(duration), Some(base)) if format.tracks().len() == 1 => {
            (Some(duration.get() as f64 * f64::from(base.numer.get()) / f64::from(base.denom.get())), 0.03)
        }
        _ => (seconds, 0.0),
    };
    Promise {
        seconds: seconds.filter(|&seconds| seconds > 0.0),
        tolerance: f64::from(packet) / f64::from(rate) + rounding,
        cut: false,
    }
}

fn stream<'s>(source: impl MediaSource + 's) -> MediaSourceStream<'s> {
    MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default())
}

fn opened(
    path: &Path,
    file: WatchedFile,
    (format, track): (Box<dyn FormatReader>, Option<Track>),
    promise: Promise,
    watch: Watch,
) -> Result<Opened> {
    let track = track.ok_or_else(|| no_audio(path))?;
    Ok(Opened { format, track, promise, watch, file })
}

/// Opens a demuxer; a panic of the demuxer becomes an error.
fn demux(path: &Path, open: impl FnOnce() -> Demuxed) -> Result<(Box<dyn FormatReader>, Option<Track>)> {
    match panics::catch(open) {
        Ok(Ok(demuxed)) => Ok(demuxed),
        // The message of symphonia's probe is not useful to the owner of a file.
        Ok(Err(SymphoniaError::Unsupported(reason))) if reason.contains("(probe)") => {
            Err(unsupported(path, "its format is unknown"))
        }
        Ok(Err(SymphoniaError::Unsupported(reason))) => Err(unsupported(path, reason)),
        Ok(Err(SymphoniaError::IoError(reason))) if reason.kind() == ErrorKind::UnexpectedEof => {
            Err(broken(path, "it ends in the middle of its header"))
        }
        Ok(Err(reason)) => Err(broken(path, &reason.to_string())),
        Err(panic) => Err(broken(path, &format!("the demuxer panicked: {panic}"))),
    }
}

/// Returns where the container begins, after the ID3v2 tags at `start`, and its first bytes.
fn skip_tags(file: &mut WatchedFile, mut start: u64) -> std::io::Result<(u64, Vec<u8>)> {
    let mut beginning = Vec::with_capacity(signature::LENGTH);
    for _ in 0..=MAX_TAGS {
        beginning.clear();
        file.seek(SeekFrom::Start(start))?;
        file.by_ref().take(signature::LENGTH as u64).read_to_end(&mut beginning)?;
        match signature::id3v2_length(&beginning) {
            0 => break,
            length => start = start.saturating_add(length),
        }
    }
    file.seek(SeekFrom::Start(start))?;
    Ok((start, beginning))
}
