//! Errors about the files of the cache.

use std::io;
use std::path::Path;

use error::{Code, Error};

/// The error for a file of the cache that cannot be read this time: nothing is recorded, so the same command tries
/// again.
pub(super) fn unread(path: &Path, reason: &io::Error) -> Error {
    let what = if reason.kind() == io::ErrorKind::UnexpectedEof {
        "another program shortened it while it was in use".to_owned()
    } else {
        reason.to_string()
    };
    let message = format!(
        "cannot read the prepared audio in {}: {what}; run the same command again (a training: with resume), which \
         prepares the missing audio again",
        path.display()
    );
    Error::new(Code::Io, message).with_file(path)
}

/// The error for a clip whose file cannot be opened: [`Code::Io`] if the reason is temporary, else
/// [`Code::FileNotFound`].
pub(super) fn unopened(path: &Path, reason: &io::Error) -> Error {
    Error::input(path, Code::FileNotFound, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_stays() {
        let path = Path::new("clip.pcm");
        for (number, code) in
            [(2, Code::FileNotFound), (20, Code::FileNotFound), (13, Code::Io), (5, Code::Io), (24, Code::Io)]
        {
            assert_eq!(unopened(path, &io::Error::from_raw_os_error(number)).code, code, "{number}");
        }
        let cut = unread(path, &io::ErrorKind::UnexpectedEof.into());
        assert!(cut.code == Code::Io && cut.message.contains("shortened it"), "{cut}");
    }
}
