//! The errors and warnings of samplecnn: two lists of stable codes and one error type.
//!
//! The codes are part of the public interface: scripts branch on them, the TypeScript unions `ErrorCode` and
//! `WarningCode` are generated from [`Code::ALL`] and [`WarningCode::ALL`]. A message names the thing, the value
//! received, what was expected and what to do.

mod code;
mod list;
mod panic_text;
mod passing;
mod shown;
mod warning_code;

use std::fmt;
use std::path::{Path, PathBuf};

pub use code::Code;
pub use panic_text::panic_text;
pub use passing::is_passing;
use passing::is_too_many_files;
pub use shown::{shown, shown_path};
pub use warning_code::WarningCode;

/// The result of a function that can fail with a coded [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure with a stable code, a message for people, and the file that it concerns, if there is one.
#[derive(Debug)]
pub struct Error {
    /// The kind of the failure; stable across versions.
    pub code: Code,
    /// A message that says what happened, the value received, what was expected and what to do.
    pub message: String,
    /// The file that the failure concerns.
    pub file: Option<PathBuf>,
}

impl Error {
    /// Makes a failure of the kind `code`.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), file: None }
    }

    /// Returns the same failure for `file`.
    #[must_use]
    pub fn with_file(mut self, file: impl AsRef<Path>) -> Self {
        self.file = Some(file.as_ref().to_path_buf());
        self
    }

    /// Returns the same failure with a message that is safe to print on a terminal, whatever names it contains: see
    /// [`shown`]. The middle of a message longer than 4,000 bytes is left out.
    #[must_use]
    pub fn shown(mut self) -> Self {
        self.message = shown(&self.message);
        self
    }

    /// Makes the failure for a failed write of `file`: not writable, disk full, or missing. The message contains the
    /// reason that the operating system gave.
    pub fn output(file: impl AsRef<Path>, reason: &std::io::Error) -> Self {
        let file = file.as_ref();
        let advice = match reason.kind() {
            std::io::ErrorKind::StorageFull => "the disk is full: free some space",
            std::io::ErrorKind::QuotaExceeded => "your disk quota is used up: free some space",
            std::io::ErrorKind::FileTooLarge => {
                "the file would be larger than the file system or `ulimit -f` allows: choose another disk or raise the limit"
            }
            std::io::ErrorKind::PermissionDenied => "choose a folder in which you have write permission",
            std::io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only: choose another folder",
            std::io::ErrorKind::NotADirectory => "a part of the path is a file, not a folder",
            _ if is_too_many_files(reason) => "close some of the open files or raise `ulimit -n`",
            _ => "check that the folder exists and is writable",
        };
        Self::new(Code::Output, format!("cannot write {}: {reason}; {advice}", shown_path(file))).with_file(file)
    }

    /// Makes the failure for a failed read of `file`: [`Code::FileNotFound`] if it is missing or if no file can have
    /// this name, [`Code::Io`] for a temporary reason ([`is_passing`]), and `code` for anything else.
    pub fn input(file: impl AsRef<Path>, code: Code, reason: &std::io::Error) -> Self {
        let file = file.as_ref();
        if matches!(reason.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) {
            return Self::not_found("file", file);
        }
        if reason.kind() == std::io::ErrorKind::InvalidFilename {
            let message = format!("no such file, because the path is too long: {}", shown_path(file));
            return Self::new(Code::FileNotFound, message).with_file(file);
        }
        let message = format!("cannot read {}: {reason}", shown_path(file));
        if is_passing(reason) {
            let advice = match reason.kind() {
                std::io::ErrorKind::PermissionDenied => {
                    "give yourself read permission, then run the same command again"
                }
                _ if is_too_many_files(reason) => {
                    "close some of the open files or raise `ulimit -n`, then run the same command again"
                }
                _ => "run the same command again when the disk or server answers",
            };
            return Self::new(Code::Io, format!("{message}; {advice}")).with_file(file);
        }
        Self::new(code, message).with_file(file)
    }

    /// The failure for a `kind` ("file", "file or folder") that does not exist. An address on the web is no path.
    pub fn not_found(kind: &str, file: impl AsRef<Path>) -> Self {
        let file = file.as_ref();
        let is_web = |part: &std::ffi::OsStr| part == "http:" || part == "https:";
        let advice = match file.iter().any(is_web) {
            true => " (an address on the web is not read: download the file first)",
            false => "",
        };
        Self::new(Code::FileNotFound, format!("no such {kind}: {}{advice}", shown_path(file))).with_file(file)
    }

    /// The failure of a cancelled job.
    pub fn aborted() -> Self {
        Self::new(Code::Aborted, "the job was cancelled")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Error as Reason;

    use super::{Code, Error};

    #[test]
    fn a_failed_read_has_the_code_of_its_reason() {
        for (number, code) in [
            (libc::ENOENT, Code::FileNotFound),
            (libc::ENOTDIR, Code::FileNotFound),
            (libc::ENAMETOOLONG, Code::FileNotFound),
            (libc::EIO, Code::Io),
            (libc::EACCES, Code::Io),
            (libc::EMFILE, Code::Io),
            (libc::EISDIR, Code::Decode),
        ] {
            let error = Error::input("a.wav", Code::Decode, &Reason::from_raw_os_error(number));
            assert_eq!(error.code, code, "{error}");
            assert!(error.message.contains("a.wav"), "{error}");
            assert_eq!(error.message.contains("run the same command again"), code == Code::Io, "{error}");
        }
    }

    #[test]
    fn an_address_on_the_web_is_told_from_a_path() {
        let message = |file: &str| Error::not_found("file or folder", file).message;
        assert_eq!(message("/a/http/b.wav"), "no such file or folder: /a/http/b.wav");
        for address in ["https://example.org/a.mp3", "/home/me/http:/example.org/a.mp3"] {
            assert!(message(address).contains("download the file first"), "{address}");
        }
    }

    #[test]
    fn a_failed_write_gives_the_advice_for_its_reason() {
        for (number, advice) in [
            (libc::ENOSPC, "disk is full"),
            (libc::EMFILE, "ulimit -n"),
            (libc::EIO, "exists and is writable"),
            (libc::EDQUOT, "quota"),
            (libc::EFBIG, "ulimit -f"),
        ] {
            let error = Error::output("a.csv", &Reason::from_raw_os_error(number));
            assert!(error.code == Code::Output && error.message.contains(advice), "{error}");
        }
    }
}
