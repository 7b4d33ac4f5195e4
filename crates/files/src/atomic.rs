//! Atomic writes: a file exists completely or not at all.

use std::fs::{File, Metadata, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use error::{is_passing, Code, Error, Result};
use tempfile::TempPath;

use crate::identity;
use crate::target::Target;

/// The beginning and end of the names of temporary files.
pub(crate) const TEMPORARY: (&str, &str) = (".samplecnn-", ".tmp");

/// Writes `bytes` to `path` and replaces an existing file, in these steps: a temporary file in the same folder, fsync,
/// rename, fsync of the folder. In every case `path` has either its old content or the complete new content. A link is
/// followed. The new file gets the mode of the replaced file and, if permitted, its owner.
///
/// # Errors
/// [`error::Code::Output`] if the folder is missing or not writable, if the disk is full, or if [`Target::of`] refuses
/// the path.
pub fn write_atomic(path: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
    write_atomic_with(path, |file| file.write_all(bytes))
}

/// As [`write_atomic`], for content that `write` writes piece by piece.
///
/// # Errors
/// [`error::Code::Output`], also if `write` fails.
pub fn write_atomic_with(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<()> {
    let target = Target::of(path)?;
    replace(&target, write).map(drop).map_err(|reason| Error::output(target.asked(), &reason))
}

/// As [`write_atomic_with`], but does not wait for the disk: after a power cut the file can be missing, empty or cut,
/// so it needs a checksum, and it must be possible to make it again. A process that is killed leaves nothing
/// incomplete.
///
/// # Errors
/// As [`write_atomic_with`]; [`Code::Io`] if the reason is temporary, such as too many open files.
pub fn write_unsynced_with(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<()> {
    let target = Target::of(path)?;
    put(&target, write, false).map(drop).map_err(|reason| unwritten(target.asked(), &reason))
}

/// The error for a file that cannot be written: [`Code::Output`], or [`Code::Io`] if the reason is temporary.
fn unwritten(path: &Path, reason: &io::Error) -> Error {
    use io::ErrorKind::{FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let stays =
        matches!(reason.kind(), FileTooLarge | PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull);
    if stays || !is_passing(reason) {
        return Error::output(path, reason);
    }
    let message = format!("cannot write {}: {reason}; run the same command again", path.display());
    Error::new(Code::Io, message).with_file(path)
}

/// Replaces `target` by the output of `write`, and returns the new file, still open and locked.
pub(crate) fn replace(target: &Target, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<File> {
    put(target, write, true)
}

fn put(target: &Target, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>, synced: bool) -> io::Result<File> {
    let (file, temporary) = temporary_file(target.folder(), target.existing())?;
    let mut file = BufWriter::new(file);
    write(&mut file)?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    if synced {
        file.sync_all()?;
    }
    temporary.persist(target.file()).map_err(|failure| failure.error)?;
    if synced {
        sync_folder(target.folder())?;
    }
    Ok(file)
}

/// How often a temporary file is made again because another program removes it, or because the file system gives it a
/// new identity each time.
const TRIES: usize = 100;

/// Makes a new, locked temporary file in `folder`. A temporary file that another process can lock is left over
/// ([`crate::sweep`]).
fn temporary_file(folder: &Path, replaced: Option<&Metadata>) -> io::Result<(File, TempPath)> {
    for _ in 0..TRIES {
        // The default function of tempfile hides the number of the system's error.
        let (file, path) = tempfile::Builder::new()
            .prefix(TEMPORARY.0)
            .suffix(TEMPORARY.1)
            .make_in(folder, |path| create(path, replaced.is_some()))?
            .into_parts();
        match file.try_lock() {
            // A sweep removed the file before it was locked.
            Err(TryLockError::WouldBlock) => continue,
            Ok(()) if !identity::leads_to(&path, &file) => continue,
            // Some network file systems have no locks; there, nothing is swept.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        if let Some(replaced) = replaced {
            hand_on(replaced, &file)?;
        }
        return Ok((file, path));
    }
    Err(io::Error::other("another program changes the temporary files of this folder again and again"))
}

/// Creates the file at `path`, which must not exist. A file that will get the mode of another file (`hidden`) stays
/// hidden from other users until then; for others the umask decides, as for any file that a program writes.
#[cfg(unix)]
fn create(path: &Path, hidden: bool) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let mode = if hidden { 0o600 } else { 0o666 };
    File::options().read(true).write(true).create_new(true).mode(mode).open(path)
}

#[cfg(not(unix))]
fn create(path: &Path, _hidden: bool) -> io::Result<File> {
    File::options().read(true).write(true).create_new(true).open(path)
}

/// Gives `file` the owner and the mode of the file that it will replace.
#[cfg(unix)]
fn hand_on(replaced: &Metadata, file: &File) -> io::Result<()> {
    use std::os::unix::fs::{fchown, MetadataExt};
    let ours = file.metadata()?;
    // Only root may change the owner, and only members may set a group; the mode is more important.
    if ours.gid() != replaced.gid() {
        let _ = fchown(file, None, Some(replaced.gid()));
    }
    if ours.uid() != replaced.uid() {
        let _ = fchown(file, Some(replaced.uid()), None);
    }
    match file.set_permissions(replaced.permissions()) {
        // Mounted file systems of other operating systems have no modes.
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
        // Some network file systems cannot sync a folder; at this point the file itself is safe.
        Err(reason) if matches!(reason.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_stays() {
        let path = Path::new("clip.pcm");
        for (number, code) in
            [(5, Code::Io), (24, Code::Io), (28, Code::Output), (13, Code::Output), (30, Code::Output)]
        {
            let failure = unwritten(path, &io::Error::from_raw_os_error(number));
            assert_eq!(failure.code, code, "{failure}");
            assert_eq!(failure.file.as_deref(), Some(path));
        }
    }

    #[test]
    fn an_unsynced_file_is_whole_or_missing_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clip.pcm");
        write_unsynced_with(&path, |file| file.write_all(b"first")).unwrap();
        let failed = write_unsynced_with(&path, |file| {
            file.write_all(b"second")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().code, Code::Output);
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
