//! A list of paths in a file or on standard input: one per line, as editors and players write them.

mod playlist;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{sync_channel, Receiver, RecvTimeoutError};
use std::time::Duration;

use encoding_rs_io::DecodeReaderBytesBuilder;
use error::{is_passing, shown, Code, Error, Result};

use crate::cancel::Cancel;
pub use playlist::resolve as resolve_entry;
use playlist::ListFormat;

/// No system has longer paths: a file with a longer entry is not a list of paths.
const LONGEST: u64 = 64 * 1024;
/// Size limit for playlists that must be read as a whole (XSPF).
const LARGEST_DOCUMENT: u64 = 64 << 20;

/// The paths of a list, read as they are needed. Empty lines are skipped, and so are the comments of a playlist.
/// Playlists (M3U, PLS, CUE, XSPF) are recognised by their suffix or first line; their paths are relative to their
/// folder. A byte order mark shows that a list is UTF-8 or UTF-16. Entries that end with NUL are used unchanged.
pub struct Listing(ListReader);

enum ListReader {
    File(Box<dyn Iterator<Item = Result<PathBuf>> + Send>),
    /// Standard input and pipes may never end, and reading from them cannot be interrupted: a separate thread reads
    /// them, and nothing waits for that thread to end.
    Input(Receiver<Result<PathBuf>>, Cancel),
}

impl Listing {
    /// Opens the list in the file `path`, or on standard input if `path` is `-`. Entries end with a line feed, or with
    /// NUL if `null` is set.
    ///
    /// # Errors
    /// [`Code::FileNotFound`], [`Code::InvalidOption`] for a folder, [`Code::Io`].
    pub fn open(path: &Path, null: bool, cancel: &Cancel) -> Result<Self> {
        if path == Path::new("-") {
            let open = move || {
                Ok(Entries::new(Patient(std::io::stdin().lock()), null, Path::new("standard input"), PathBuf::new()))
            };
            return beside(open, cancel);
        }
        let failed = |reason| Error::input(path, Code::InvalidOption, &reason);
        // Check before opening: opening a named pipe waits for a writer.
        let facts = std::fs::metadata(path).map_err(failed)?;
        if !facts.is_file() && !facts.is_dir() {
            let name = path.to_path_buf();
            let open = move || {
                let file = File::open(&name).map_err(|reason| Error::input(&name, Code::InvalidOption, &reason))?;
                let folder = name.parent().unwrap_or(Path::new("")).to_path_buf();
                Ok(Entries::new(Patient(file), null, &name, folder))
            };
            return beside(open, cancel);
        }
        let file = File::open(path).map_err(failed)?;
        if facts.is_dir() {
            let message =
                format!("{} is a folder, not a list of paths: give it as one of the paths to tag", path.display());
            return Err(Error::new(Code::InvalidOption, message).with_file(path));
        }
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        if !null && ListFormat::of(path) == Some(ListFormat::Xspf) {
            return Ok(Self(ListReader::File(Box::new(document(path, file, &folder)?.into_iter().map(Ok)))));
        }
        Ok(Self(ListReader::File(Box::new(Entries::new(file, null, path, folder)))))
    }

    /// Whether a file of this name is a playlist.
    pub fn is_playlist(path: &Path) -> bool {
        ListFormat::of(path).is_some()
    }

    /// Whether the list at `path` can be read twice: a pipe (`<(find ...)`) cannot, because each path reaches only one
    /// reader.
    pub fn can_be_read_again(path: &Path) -> bool {
        std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
    }
}

impl Iterator for Listing {
    type Item = Result<PathBuf>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            ListReader::File(entries) => entries.next(),
            ListReader::Input(receiver, cancel) => loop {
                match receiver.recv_timeout(Duration::from_millis(50)) {
                    Ok(entry) => return Some(entry),
                    Err(RecvTimeoutError::Disconnected) => return None,
                    Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => return None,
                    Err(RecvTimeoutError::Timeout) => {}
                }
            },
        }
    }
}

/// The entries returned by `open`, read by a separate thread: the source may never end, or even never open.
fn beside<R: Iterator<Item = Result<PathBuf>>>(
    open: impl FnOnce() -> Result<R> + Send + 'static,
    cancel: &Cancel,
) -> Result<Listing> {
    let (sender, receiver) = sync_channel(64);
    let read = move || match open() {
        Ok(entries) => {
            for entry in entries {
                if sender.send(entry).is_err() {
                    break;
                }
            }
        }
        // Sending fails if the list is no longer used.
        Err(error) => drop(sender.send(Err(error))),
    };
    std::thread::Builder::new()
        .name("samplecnn-list".into())
        .spawn(read)
        .map_err(|reason| Error::new(Code::Internal, format!("cannot start a thread: {reason}")))?;
    Ok(Listing(ListReader::Input(receiver, cancel.clone())))
}

/// A reader that waits for data even if another process has set the pipe to non-blocking.
struct Patient<R>(R);

impl<R: Read> Read for Patient<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(reason) if reason.kind() == std::io::ErrorKind::WouldBlock => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                other => return other,
            }
        }
    }
}

/// The paths of the XSPF playlist `file`.
fn document(path: &Path, file: File, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut xml = Vec::new();
    let read = decoded(file, false).take(LARGEST_DOCUMENT).read_to_end(&mut xml);
    read.map_err(|reason| Error::input(path, Code::InvalidOption, &reason))?;
    let locations = playlist::locations(&xml).map_err(|reason| {
        // The reason may quote the document: control characters are escaped.
        let message = shown(&format!("{} is not an XSPF playlist: {reason}", path.display()));
        Error::new(Code::InvalidOption, message).with_file(path)
    })?;
    Ok(locations.iter().filter_map(|location| playlist::resolve(folder, location)).collect())
}

/// Converts the bytes of a list to UTF-8 and removes the byte order mark; without a mark they are unchanged.
fn decoded<R: Read>(reader: R, null: bool) -> impl Read {
    DecodeReaderBytesBuilder::new()
        .bom_override(true)
        .strip_bom(!null)
        .utf8_passthru(true)
        .bom_sniffing(!null)
        .build(reader)
}

struct Entries<R> {
    /// `None` after a failure.
    reader: Option<R>,
    null: bool,
    /// `None` before the first line.
    format: Option<ListFormat>,
    name: PathBuf,
    folder: PathBuf,
    number: u64,
}

impl Entries<()> {
    /// The entries of the list `name`. If it is a playlist, relative paths are resolved from `folder`.
    fn new<R: Read>(reader: R, null: bool, name: &Path, folder: PathBuf) -> Entries<impl BufRead> {
        let format = if null { Some(ListFormat::Paths) } else { ListFormat::of(name) };
        Entries {
            reader: Some(BufReader::new(decoded(reader, null))),
            null,
            format,
            name: name.into(),
            folder,
            number: 0,
        }
    }
}

impl<R: BufRead> Entries<R> {
    /// The path in `line`: `None` if it has none, an error if it cannot be a path.
    fn path(&mut self, mut line: Vec<u8>) -> Option<Result<PathBuf, String>> {
        let unusable = |number| Some(Err(format!("entry {number} is not a path")));
        if self.null {
            return if line.is_empty() {
                None
            } else {
                path(line).map_or_else(|| unusable(self.number), |path| Some(Ok(path)))
            };
        }
        while line.last() == Some(&b'\r') {
            line.pop();
        }
        let format = *self.format.get_or_insert_with(|| ListFormat::of_first_line(&line));
        let entry = format.entry(&line)?;
        if entry.contains(&0) {
            let message = "contains a NUL byte; if the list is separated by NUL, set nullSeparated (-0)";
            return Some(Err(format!("entry {} {message}", self.number)));
        }
        let found =
            if format == ListFormat::Paths { path(entry.to_vec()) } else { playlist::resolve(&self.folder, entry) };
        found.map_or_else(|| unusable(self.number), |path| Some(Ok(path)))
    }

    /// The next path; `None` at the end; an error if it cannot be read.
    fn advance(&mut self) -> Result<Option<PathBuf>, Error> {
        let end = if self.null { 0 } else { b'\n' };
        while let Some(reader) = &mut self.reader {
            // Old Macintosh programs end the lines of a playlist with a carriage return. A file name may contain one.
            let is_playlist = self.format.is_some_and(|format| format != ListFormat::Paths);
            let mut line = Vec::new();
            let failed = |reason: String| {
                let message = format!(
                    "{}: {reason}; the rest of the list is left out (expected one path per line)",
                    self.name.display()
                );
                Error::new(Code::InvalidOption, message).with_file(&self.name)
            };
            let is_end = |byte: u8| byte == end || is_playlist && byte == b'\r';
            let length = read_line(&mut reader.by_ref().take(LONGEST), is_end, &mut line).map_err(|reason| {
                let error = failed(reason.to_string());
                if is_passing(&reason) {
                    Error { code: Code::Io, ..error }
                } else {
                    error
                }
            })?;
            self.number += 1;
            if length == 0 {
                return Ok(None);
            }
            if length == LONGEST {
                return Err(failed(format!("entry {} is longer than any path", self.number)));
            }
            if line.last().is_some_and(|&byte| is_end(byte)) {
                line.pop();
            }
            match self.path(line) {
                Some(Ok(path)) => return Ok(Some(path)),
                Some(Err(reason)) => {
                    let message = format!("{}: {reason}; the rest of the list is left out", self.name.display());
                    return Err(Error::new(Code::InvalidOption, message).with_file(&self.name));
                }
                None => {}
            }
        }
        Ok(None)
    }
}

/// Reads a line with its end, or the rest if there is no end. Returns the number of bytes.
fn read_line(reader: &mut impl BufRead, is_end: impl Fn(u8) -> bool, line: &mut Vec<u8>) -> std::io::Result<u64> {
    loop {
        let buffer = match reader.fill_buf() {
            Err(reason) if reason.kind() == std::io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let end = buffer.iter().position(|&byte| is_end(byte));
        let length = end.map_or(buffer.len(), |at| at + 1);
        line.extend_from_slice(&buffer[..length]);
        reader.consume(length);
        if end.is_some() || length == 0 {
            return Ok(line.len() as u64);
        }
    }
}

impl<R: BufRead> Iterator for Entries<R> {
    type Item = Result<PathBuf>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().transpose();
        if !matches!(next, Some(Ok(_))) {
            self.reader = None;
        }
        next
    }
}

/// The path with these bytes; `None` if this system does not allow such a path.
#[cfg(unix)]
pub(crate) fn path(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

/// The path with these bytes; `None` if this system does not allow such a path.
#[cfg(not(unix))]
pub(crate) fn path(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_as(name: &str, text: &[u8], null: bool) -> Vec<Result<PathBuf, String>> {
        let entries = Entries::new(text, null, Path::new(name), PathBuf::from("/m"));
        entries.map(|entry| entry.map_err(|error| error.message)).collect()
    }

    fn read(text: &[u8]) -> Vec<Result<PathBuf, String>> {
        read_as("list", text, false)
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
    }

    #[test]
    fn lines_are_paths_whatever_their_ends() {
        let paths = read("a b.mp3\r\n\n \n/c/d\u{e9}.mp3".as_bytes());
        assert_eq!(paths, [Ok("a b.mp3".into()), Ok("/c/d\u{e9}.mp3".into())]);
    }

    #[test]
    fn a_carriage_return_ends_a_line_of_a_playlist_but_is_a_part_of_other_paths() {
        let text = b"#EXTM3U\ra.mp3\rb.mp3\r\nc.mp3\n";
        let paths = read_as("old.m3u", text, false);
        assert_eq!(paths, [Ok("/m/a.mp3".into()), Ok("/m/b.mp3".into()), Ok("/m/c.mp3".into())]);
        assert_eq!(read(b"a\rb.mp3\n"), [Ok("a\rb.mp3".into())]);
        let long = "a.mp3\r".repeat(LONGEST as usize / 3);
        assert_eq!(read_as("old.m3u", long.as_bytes(), false).len(), LONGEST as usize / 3);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_without_a_writer_can_be_left() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let cancel = Cancel::default();
        let mut listing = Listing::open(&pipe, false, &cancel).unwrap();
        cancel.cancel();
        assert!(listing.next().is_none());
        // Release the thread of the list, which waits for a writer.
        drop(std::fs::OpenOptions::new().write(true).open(&pipe).unwrap());
    }

    #[test]
    fn a_pipe_that_does_not_wait_is_waited_for() {
        struct Hesitant(Vec<&'static [u8]>);
        impl Read for Hesitant {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                match self.0.pop() {
                    Some(b"") => Err(std::io::ErrorKind::WouldBlock.into()),
                    Some(bytes) => {
                        buffer[..bytes.len()].copy_from_slice(bytes);
                        Ok(bytes.len())
                    }
                    None => Ok(0),
                }
            }
        }
        let input = Patient(Hesitant(vec![b"p3\nb.mp3", b"", b"", b"a.m"]));
        let entries: Vec<PathBuf> =
            Entries::new(input, false, Path::new("list"), PathBuf::new()).map(|entry| entry.unwrap()).collect();
        assert_eq!(entries, [PathBuf::from("a.mp3"), PathBuf::from("b.mp3")]);
    }

    #[test]
    fn a_byte_order_mark_says_how_a_list_is_written() {
        let text = "/m/\u{e9}.mp3\r\nb.mp3\r\n";
        for bytes in
            [[b"\xef\xbb\xbf", text.as_bytes()].concat(), utf16(text, u16::to_le_bytes), utf16(text, u16::to_be_bytes)]
        {
            assert_eq!(read(&bytes), [Ok("/m/\u{e9}.mp3".into()), Ok("b.mp3".into())], "{bytes:x?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_unicode_stay_as_they_are() {
        use std::os::unix::ffi::OsStrExt;
        let expected = PathBuf::from(std::ffi::OsStr::from_bytes(b"/caf\xe9.mp3"));
        assert_eq!(read(b"/caf\xe9.mp3\n"), [Ok(expected.clone())]);
        assert_eq!(read_as("list", b"/caf\xe9.mp3\0", true), [Ok(expected)]);
    }

    #[test]
    fn nul_keeps_line_feeds_marks_and_number_signs() {
        let paths = read_as("list", b"a\nb.mp3\r\0#EXTM3U\0\0 c", true);
        assert_eq!(paths, [Ok("a\nb.mp3\r".into()), Ok("#EXTM3U".into()), Ok(" c".into())]);
    }

    #[test]
    fn paths_of_a_playlist_are_relative_to_it() {
        let m3u = b"#EXTM3U\r\n#EXTINF:12,Artist - Song\r\na.mp3\r\n# told\r\n/x/b.mp3\r\n";
        let expected = [Ok("/m/a.mp3".into()), Ok("/x/b.mp3".into())];
        assert_eq!(read_as("list.m3u8", m3u, false), expected);
        assert_eq!(read_as("list.txt", m3u, false), expected, "recognised by its first line");
        assert_eq!(read_as("x.PLS", b"[playlist]\nFile1=a.mp3\nTitle1=A\nFile2=/x/b.mp3\n", false), expected);
        assert_eq!(
            read_as("x.cue", b"REM GENRE Rock\nFILE \"a.mp3\" MP3\n  TRACK 01 AUDIO\nFILE /x/b.mp3 MP3\n", false),
            expected
        );
    }

    #[test]
    fn a_plain_list_may_have_the_lines_of_players() {
        assert_eq!(read(b"a.mp3\n#EXTINF:1,x\nb.mp3\n"), [Ok("a.mp3".into()), Ok("b.mp3".into())]);
    }

    #[test]
    fn what_a_message_quotes_of_a_document_steers_no_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.xspf");
        std::fs::write(&path, "<playlist><a\u{1b}[2J></b\u{1b}[2J></playlist>").unwrap();
        let error = Listing::open(&path, false, &Cancel::new()).err().unwrap();
        assert!(error.message.contains("not an XSPF playlist"), "{error}");
        assert_eq!(shown(&error.message), error.message);
    }

    #[test]
    fn a_list_that_is_none_is_not_read_into_memory() {
        let read = read(&vec![b'x'; 1 << 20]);
        assert_eq!(read.len(), 1);
        assert!(read[0].as_ref().unwrap_err().contains("longer than any path"));
    }

    #[test]
    fn a_list_separated_by_nul_is_recognised_without_the_option() {
        let read = read(b"a.mp3\0b.mp3\0");
        assert_eq!(read.len(), 1);
        assert!(read[0].as_ref().unwrap_err().contains("nullSeparated (-0)"), "{read:?}");
    }
}
