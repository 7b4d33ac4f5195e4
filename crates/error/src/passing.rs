//! Temporary errors of the operating system, which say nothing about the file.

use std::io::{self, ErrorKind};

/// Whether `reason` is a temporary error, which says nothing about the file or its name, so that the same call may
/// succeed later: a disk or server that did not answer, no file descriptor or memory left, a file without read
/// permission. Errors that did not come from a system call (for example those of a parser, or an unexpected end of
/// file) are not temporary.
pub fn is_passing(reason: &io::Error) -> bool {
    let Some(number) = reason.raw_os_error() else {
        return matches!(reason.kind(), ErrorKind::Interrupted | ErrorKind::OutOfMemory | ErrorKind::TimedOut);
    };
    let about_the_name = matches!(
        reason.kind(),
        ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::InvalidFilename
            | ErrorKind::InvalidInput
            | ErrorKind::Unsupported
    );
    !about_the_name && !is_loop(number)
}

/// Whether error `number` means a loop of links; `ErrorKind` has no stable name for it.
#[cfg(unix)]
fn is_loop(number: i32) -> bool {
    number == libc::ELOOP
}

/// Whether error `number` means a loop of links.
#[cfg(not(unix))]
fn is_loop(_number: i32) -> bool {
    false
}

/// Whether `reason` means too many open files, in this process or in the whole system.
#[cfg(unix)]
pub(crate) fn is_too_many_files(reason: &io::Error) -> bool {
    matches!(reason.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

/// Whether `reason` means too many open files: ERROR_TOO_MANY_OPEN_FILES.
#[cfg(not(unix))]
pub(crate) fn is_too_many_files(reason: &io::Error) -> bool {
    reason.raw_os_error() == Some(4)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_system_that_does_not_answer_passes() {
        for number in [
            libc::EIO,
            libc::ESTALE,
            libc::EACCES,
            libc::EPERM,
            libc::EMFILE,
            libc::ENFILE,
            libc::ENOMEM,
            libc::EAGAIN,
            libc::EINTR,
            libc::EBUSY,
            libc::ETIMEDOUT,
            libc::ENODEV,
            libc::ENOTCONN,
            libc::EHOSTDOWN,
        ] {
            let reason = io::Error::from_raw_os_error(number);
            assert!(is_passing(&reason), "{reason}");
        }
    }

    #[test]
    fn what_is_wrong_with_the_name_or_the_content_stays() {
        for number in [libc::ENOENT, libc::ENOTDIR, libc::EISDIR, libc::ENAMETOOLONG, libc::ELOOP, libc::EINVAL] {
            let reason = io::Error::from_raw_os_error(number);
            assert!(!is_passing(&reason), "{reason}");
        }
        for kind in [ErrorKind::UnexpectedEof, ErrorKind::InvalidData, ErrorKind::Other] {
            assert!(!is_passing(&io::Error::new(kind, "a parser's")), "{kind}");
        }
    }
}
