//! How anything in samplecnn fails or warns: two lists of stable codes and one error type.
//!
//! The codes are part of the public interface: scripts branch on them, the TypeScript unions `ErrorCode` and `WarningCode`
//! are generated from [`Code::ALL`] and [`WarningCode::ALL`]. A message names the thing, the value received, what was expected and what to do.

mod code;
mod list;
mod passing;
mod shown;
mod warning_code;

use std::fmt;
use std::path::{Path, PathBuf};

pub use code::Code;
pub use passing::is_passing;
use passing::is_too_many_files;
pub use shown::{shown, shown_path};
pub use warning_code::WarningCode;

/// The result of anything that can fail with a coded [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure with a stable code, a message for people, and the file it is about, where there is one.
#[derive(Debug)]
pub struct Error {
    /// What kind of failure this is; stable across versions.
    pub code: Code,
    /// What happened, the value received, what was expected, what to do.
    pub message: String,
    /// The file the failure is about.
    pub file: Option<PathBuf>,
}

impl Error {
    /// A failure of the kind `code`.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), file: None }
    }

    /// The same failure, about `file`.
    #[must_use]
    pub fn with_file(mut self, file: impl AsRef<Path>) -> Self {
        self.file = Some(file.as_ref().to_path_buf());
        self
    }

    /// A failed write of `file`: unwritable, full, or gone. The reason of the operating system is in the message.
    pub fn output(file: impl AsRef<Path>, reason: &std::io::Error) -> Self {
        let file = file.as_ref();
        let advice = match reason.kind() {
            std::io::ErrorKind::StorageFull => "the disk is full: free some space",
            std::io::ErrorKind::PermissionDenied => "choose a folder that you may write to",
            std::io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only: choose another folder",
            std::io::ErrorKind::NotADirectory => "a part of the path is a file, not a folder",
            _ => "check that the folder exists and can be written",
        };
        Self::new(Code::Output, format!("cannot write {}: {reason}; {advice}", shown_path(file))).with_file(file)
    }

    /// A failed read of `file`: a missing one is [`Code::FileNotFound`], a reason that passes ([`is_passing`]) is [`Code::Io`],
    /// anything else is `code`.
    pub fn input(file: impl AsRef<Path>, code: Code, reason: &std::io::Error) -> Self {
        let file = file.as_ref();
        if matches!(reason.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) {
            return Self::new(Code::FileNotFound, format!("no such file: {}", shown_path(file))).with_file(file);
        }
        let message = format!("cannot read {}: {reason}", shown_path(file));
        if is_passing(reason) {
            let advice = match reason.kind() {
                std::io::ErrorKind::PermissionDenied => "allow reading it, then run the same line again",
                _ if is_too_many_files(reason) => {
                    "close some of the open files or raise `ulimit -n`, then run the same line again"
                }
                _ => "run the same line again once the system answers",
            };
            return Self::new(Code::Io, format!("{message}; {advice}")).with_file(file);
        }
        Self::new(code, message).with_file(file)
    }

    /// The failure that a cancelled job ends with.
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
            (libc::EIO, Code::Io),
            (libc::EACCES, Code::Io),
            (libc::EMFILE, Code::Io),
            (libc::EISDIR, Code::Decode),
        ] {
            let error = Error::input("a.wav", Code::Decode, &Reason::from_raw_os_error(number));
            assert_eq!(error.code, code, "{error}");
            assert!(error.message.contains("a.wav"), "{error}");
            assert_eq!(error.message.contains("run the same line again"), code == Code::Io, "{error}");
        }
    }
}
