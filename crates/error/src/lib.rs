//! How anything in samplecnn fails: one list of stable codes and one error type.
//!
//! The codes are part of the public interface: scripts branch on them, the TypeScript union `ErrorCode` is generated from
//! [`Code::ALL`]. A message names the thing, the value received, what was expected and what to do.

mod code;
mod shown;

use std::fmt;
use std::path::{Path, PathBuf};

pub use code::Code;
pub use shown::{shown, shown_path};

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
            std::io::ErrorKind::StorageFull => "the disk is full: free some space, then run the same command again",
            std::io::ErrorKind::PermissionDenied => "choose a folder that you may write to",
            std::io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only: choose another folder",
            std::io::ErrorKind::NotADirectory => "a part of the path is a file, not a folder",
            _ => "check that the folder exists and can be written",
        };
        Self::new(Code::Output, format!("cannot write {}: {reason}; {advice}", shown_path(file))).with_file(file)
    }

    /// A failed read of `file`; a missing one gets [`Code::FileNotFound`], anything else `code`.
    pub fn input(file: impl AsRef<Path>, code: Code, reason: &std::io::Error) -> Self {
        let file = file.as_ref();
        if reason.kind() == std::io::ErrorKind::NotFound {
            return Self::new(Code::FileNotFound, format!("no such file: {}", shown_path(file))).with_file(file);
        }
        Self::new(code, format!("cannot read {}: {reason}", shown_path(file))).with_file(file)
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
