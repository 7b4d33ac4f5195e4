//! Which errors of the operating system pass, and which are final: the one table.

use std::io::{Error, ErrorKind};

/// Whether `reason` may be gone when the same thing is tried again: a disk or a server that did not answer, a lost
/// connection, too many open files, too little memory, a missing permission. Nothing is to be concluded from it about the
/// file, and nothing recorded.
///
/// Final is what the path or the file itself is: missing, a folder, a name that is too long, or content that is not what
/// it should be. Errors that did not come from the system (an early end, a failed check) say something about the content,
/// and are final too. Whatever else the system reports passes: a file that is tried once too often does no harm, one that
/// is never tried again does.
pub fn is_passing(reason: &Error) -> bool {
    match reason.kind() {
        // What the path is.
        ErrorKind::NotFound
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::InvalidFilename
        | ErrorKind::AlreadyExists
        | ErrorKind::DirectoryNotEmpty
        // What was asked for.
        | ErrorKind::InvalidInput
        | ErrorKind::ArgumentListTooLong
        | ErrorKind::NotSeekable
        | ErrorKind::Unsupported
        | ErrorKind::FileTooLarge
        | ErrorKind::BrokenPipe
        // What the content is.
        | ErrorKind::InvalidData
        | ErrorKind::UnexpectedEof
        | ErrorKind::WriteZero => false,
        ErrorKind::PermissionDenied
        | ErrorKind::Interrupted
        | ErrorKind::WouldBlock
        | ErrorKind::TimedOut
        | ErrorKind::OutOfMemory
        | ErrorKind::ResourceBusy
        | ErrorKind::ExecutableFileBusy
        | ErrorKind::Deadlock
        | ErrorKind::StaleNetworkFileHandle
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::NotConnected
        | ErrorKind::ConnectionRefused
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted => true,
        // EIO, EMFILE, ENFILE, ENODEV, EREMOTEIO, EKEYEXPIRED ... have no kind of their own.
        _ => reason.raw_os_error().is_some_and(|code| !FINAL.contains(&code)),
    }
}

/// Errors without a kind of their own in the standard library that say what the path is: ELOOP on Linux and on macOS.
#[cfg(unix)]
const FINAL: &[i32] = if cfg!(target_os = "linux") { &[40] } else { &[62] };
/// Errors without a kind of their own in the standard library that say what the path is: ERROR_BAD_PATHNAME.
#[cfg(not(unix))]
const FINAL: &[i32] = &[161];

/// What the user of a file that cannot be read for now is to do.
pub(crate) fn advice(reason: &Error) -> &'static str {
    match reason.kind() {
        ErrorKind::PermissionDenied => "give yourself the right to read it, then run the same line again",
        ErrorKind::OutOfMemory => "free some memory, then run the same line again",
        _ if is_too_many_files(reason) => {
            "too many files are open: close some programs or raise the limit (`ulimit -n`), then run the same line again"
        }
        _ => "the system could not read it this time, which says nothing about the file: run the same line again later",
    }
}

/// EMFILE and ENFILE, or their counterpart on Windows.
fn is_too_many_files(reason: &Error) -> bool {
    let codes: &[i32] = if cfg!(windows) { &[4] } else { &[23, 24] };
    reason.raw_os_error().is_some_and(|code| codes.contains(&code))
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::is_passing;

    #[cfg(target_os = "linux")]
    #[test]
    fn what_the_system_could_not_do_this_time_passes() {
        // EPERM, EINTR, EIO, ENXIO, EAGAIN, ENOMEM, EACCES, EBUSY, ENODEV, ENFILE, EMFILE, ENETDOWN, ENETUNREACH,
        // ECONNRESET, ENOTCONN, ESHUTDOWN, ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH, ESTALE, EREMOTEIO, ENOMEDIUM, EKEYEXPIRED.
        for code in [1, 4, 5, 6, 11, 12, 13, 16, 19, 23, 24, 100, 101, 104, 107, 108, 110, 112, 113, 116, 121, 123, 127]
        {
            let reason = Error::from_raw_os_error(code);
            assert!(is_passing(&reason), "{code}: {reason}");
        }
        // ENOENT, ENOTDIR, EISDIR, EINVAL, EFBIG, ESPIPE, ENAMETOOLONG, ELOOP.
        for code in [2, 20, 21, 22, 27, 29, 36, 40] {
            let reason = Error::from_raw_os_error(code);
            assert!(!is_passing(&reason), "{code}: {reason}");
        }
    }

    #[test]
    fn what_the_content_is_does_not_pass() {
        for kind in [ErrorKind::UnexpectedEof, ErrorKind::InvalidData, ErrorKind::Other] {
            assert!(!is_passing(&Error::new(kind, "not what it should be")), "{kind:?}");
        }
        assert!(is_passing(&Error::new(ErrorKind::TimedOut, "interrupted again and again")));
    }
}
