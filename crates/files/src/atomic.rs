//! Files that are there completely or not at all.

use std::fs::{File, Metadata, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use error::{Error, Result};
use tempfile::TempPath;

use crate::identity;
use crate::target::Target;

/// What the names of temporary files begin and end with.
pub(crate) const TEMPORARY: (&str, &str) = (".samplecnn-", ".tmp");

/// Writes `bytes` to `path`, replacing what is there: a temporary file in the same folder, fsync, rename, fsync of the folder.
/// Whatever happens, `path` holds either its old content or all of the new one. A link is followed; a file that is replaced
/// hands on its mode and, where that is allowed, its owner.
///
/// # Errors
/// [`error::Code::Output`] where the folder is missing, cannot be written, or is full, and for what [`Target::of`] refuses.
pub fn write_atomic(path: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
    write_atomic_with(path, |file| file.write_all(bytes))
}

/// As [`write_atomic`], for content that `write` produces piece by piece.
///
/// # Errors
/// [`error::Code::Output`], also where `write` fails.
pub fn write_atomic_with(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<()> {
    let target = Target::of(path)?;
    replace(&target, write).map(drop).map_err(|reason| Error::output(target.asked(), &reason))
}

/// Puts what `write` produces in the place of `target`; the new file, still open and locked.
pub(crate) fn replace(target: &Target, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<File> {
    let (file, temporary) = temporary_file(target.folder(), target.existing())?;
    let mut file = BufWriter::new(file);
    write(&mut file)?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    temporary.persist(target.file()).map_err(|failure| failure.error)?;
    sync_folder(target.folder())?;
    Ok(file)
}

/// How often a temporary file is made that others remove, or that the file system gives another identity each time.
const TRIES: usize = 100;

/// A new temporary file in `folder`, locked: one that can be locked by others is left over ([`crate::sweep`]).
fn temporary_file(folder: &Path, replaced: Option<&Metadata>) -> io::Result<(File, TempPath)> {
    for _ in 0..TRIES {
        let (file, path) = builder(replaced).tempfile_in(folder)?.into_parts();
        match file.try_lock() {
            // A sweep took it for left over before it was locked.
            Err(TryLockError::WouldBlock) => continue,
            Ok(()) if !identity::leads_to(&path, &file) => continue,
            // Some network file systems have no locks; nothing is swept there.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        if let Some(replaced) = replaced {
            hand_on(replaced, &file)?;
        }
        return Ok((file, path));
    }
    Err(io::Error::other("temporary files of this folder change all the time"))
}

#[cfg(unix)]
fn builder(replaced: Option<&Metadata>) -> tempfile::Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt;
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY.0).suffix(TEMPORARY.1);
    // tempfile's default hides the file from others; the umask decides instead, as for any file a program writes. One that will
    // get the mode of another stays hidden until then.
    builder.permissions(std::fs::Permissions::from_mode(if replaced.is_some() { 0o600 } else { 0o666 }));
    builder
}

#[cfg(not(unix))]
fn builder(_replaced: Option<&Metadata>) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY.0).suffix(TEMPORARY.1);
    builder
}

/// Gives `file` the owner and the mode of the file that it will replace.
#[cfg(unix)]
fn hand_on(replaced: &Metadata, file: &File) -> io::Result<()> {
    use std::os::unix::fs::{fchown, MetadataExt};
    let ours = file.metadata()?;
    // Only root may give files away, and to a group only its members may: the mode matters more.
    if ours.gid() != replaced.gid() {
        let _ = fchown(file, None, Some(replaced.gid()));
    }
    if ours.uid() != replaced.uid() {
        let _ = fchown(file, Some(replaced.uid()), None);
    }
    match file.set_permissions(replaced.permissions()) {
        // Mounts of other systems' file systems have no modes to set.
        Err(reason) if matches!(reason.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

#[cfg(not(unix))]
fn hand_on(_replaced: &Metadata, _file: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some network file systems cannot sync a folder; the file itself is safe by then.
        Err(reason) if matches!(reason.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
