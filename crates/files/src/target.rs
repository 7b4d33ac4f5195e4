//! Finds the file to which an output is written: links are followed, and everything except regular files is refused.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};

use crate::identity;

/// The most links in a row that are followed, as in Linux.
const LINKS: usize = 40;

/// A regular file that may be written, or a free name.
#[derive(Debug)]
pub struct Target {
    asked: PathBuf,
    file: PathBuf,
    existing: Option<Metadata>,
}

impl Target {
    /// Finds the file to which writing to `path` leads. Nothing is opened or changed.
    ///
    /// # Errors
    /// [`Code::Output`] if the path leads to a folder, a device, a named pipe, a socket, a write-protected file or a
    /// loop of links, or if it cannot be examined.
    pub fn of(path: impl AsRef<Path>) -> Result<Self> {
        let asked = path.as_ref().to_path_buf();
        let failed = |reason: io::Error| Error::output(&asked, &reason);
        let mut file = asked.clone();
        for _ in 0..LINKS {
            let facts = match std::fs::symlink_metadata(&file) {
                Ok(facts) => facts,
                Err(reason) if reason.kind() == io::ErrorKind::NotFound => {
                    // Special links of the operating system (/proc/self/fd/1) do not lead to the path that they
                    // contain.
                    if let Ok(facts) = std::fs::metadata(&asked) {
                        return Err(refused(&asked, what_is(facts.file_type()).unwrap_or("a file without a name")));
                    }
                    return Ok(Self { asked, file, existing: None });
                }
                Err(reason) => return Err(failed(reason)),
            };
            if facts.is_symlink() {
                let next = std::fs::read_link(&file).map_err(failed)?;
                file = parent(&file).join(next);
                continue;
            }
            if let Some(what) = what_is(facts.file_type()) {
                return Err(refused(&asked, what));
            }
            if facts.permissions().readonly() {
                let message = format!(
                    "cannot write {}: it is write-protected; make it writable, or choose another file",
                    asked.display()
                );
                return Err(Error::new(Code::Output, message).with_file(&asked));
            }
            return Ok(Self { asked, file, existing: Some(facts) });
        }
        let message = format!(
            "cannot write {}: it is a link that leads back to itself; remove it, or choose another file",
            asked.display()
        );
        Err(Error::new(Code::Output, message).with_file(&asked))
    }

    /// The path as it was given.
    pub fn asked(&self) -> &Path {
        &self.asked
    }

    /// The file itself, after all links.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The metadata of the existing file; `None` if the name is free.
    pub fn existing(&self) -> Option<&Metadata> {
        self.existing.as_ref()
    }

    /// The folder of the file.
    pub fn folder(&self) -> &Path {
        parent(&self.file)
    }

    /// Fails if the file is one of `inputs`, which the same job reads, under any name, including links and hard links.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub fn refuse_inputs<P: AsRef<Path>>(&self, inputs: &[P]) -> Result<()> {
        if self.existing.is_none() {
            return Ok(());
        }
        match inputs.iter().find(|input| identity::same(&self.file, input.as_ref())) {
            None => Ok(()),
            Some(input) => {
                let (asked, input) = (self.asked.display(), input.as_ref().display());
                let message = format!(
                    "cannot write {asked}: it is the input itself ({input}); choose another name for the output"
                );
                Err(Error::new(Code::Output, message).with_file(&self.asked))
            }
        }
    }
}

/// The folder of `path`.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Opens the file at `path` without following a link in its last part, and without waiting for the other end of a pipe.
pub(crate) fn open_plainly(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY);
    }
    options.open(path)
}

/// Describes something that is not a regular file.
pub(crate) fn what_is(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        return None;
    }
    if kind.is_dir() {
        return Some("a folder");
    }
    if kind.is_symlink() {
        return Some("a link");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("a named pipe");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("a device");
        }
    }
    Some("not a regular file")
}

fn refused(path: &Path, what: &str) -> Error {
    let message = format!("cannot write {}: it is {what}; give the path of a file", path.display());
    Error::new(Code::Output, message).with_file(path)
}
