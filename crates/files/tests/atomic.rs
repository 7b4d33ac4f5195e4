//! A write is complete or changes nothing, and the new file keeps the mode and owner of the replaced file.

#![allow(clippy::unwrap_used)] // The helper functions of the tests are test code too.

use std::io::{self, Write};
use std::path::Path;

use error::Code;
use files::{write_atomic, write_atomic_with};

fn entries(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn replaces_a_file_and_leaves_nothing_else_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    write_atomic(&path, b"first").unwrap();
    write_atomic(&path, b"second").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"second");
    assert_eq!(entries(folder.path()), 1);
}

#[test]
fn a_failed_write_keeps_the_old_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    write_atomic(&path, b"first").unwrap();
    let failure = write_atomic_with(&path, |file| {
        file.write_all(b"half")?;
        Err(io::Error::new(io::ErrorKind::StorageFull, "no space left"))
    })
    .unwrap_err();
    assert_eq!(failure.code, Code::Output);
    assert!(failure.message.contains("disk is full"), "{failure}");
    assert_eq!(std::fs::read(&path).unwrap(), b"first");
    assert_eq!(entries(folder.path()), 1);
}

#[test]
fn a_missing_folder_and_a_folder_in_the_way_are_output_errors() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("no/such/file"), folder.path().to_path_buf()] {
        let failure = write_atomic(&path, b"x").unwrap_err();
        assert_eq!(failure.code, Code::Output);
        assert!(failure.message.contains(&path.display().to_string()), "{failure}");
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{symlink, MetadataExt, PermissionsExt};

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn the_umask_decides_who_may_read_a_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        write_atomic(&ours, b"x").unwrap();
        std::fs::write(&plain, b"x").unwrap();
        assert_eq!(mode(&ours), mode(&plain));
    }

    #[test]
    fn a_replaced_file_hands_on_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        for wanted in [0o600, 0o640, 0o755, 0o666] {
            std::fs::write(&path, "old").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(wanted)).unwrap();
            // Users who could not read the old content must not be able to read the new content, not even while it is
            // written.
            write_atomic_with(&path, |file| {
                assert_eq!(file.get_ref().metadata()?.permissions().mode() & 0o777, wanted);
                file.write_all(b"new")
            })
            .unwrap();
            assert_eq!((mode(&path), std::fs::read(&path).unwrap()), (wanted, b"new".to_vec()));
        }
    }

    #[test]
    fn a_replaced_file_hands_on_its_owner_where_that_is_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "old").unwrap();
        // Only root can test this.
        if std::os::unix::fs::chown(&path, Some(1234), Some(4321)).is_err() {
            return;
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        write_atomic(&path, b"new").unwrap();
        let facts = std::fs::metadata(&path).unwrap();
        assert_eq!((facts.uid(), facts.gid(), mode(&path)), (1234, 4321, 0o640));
    }

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("far")).unwrap();
        std::fs::write(at("far/file"), "old").unwrap();
        symlink("far/file", at("near")).unwrap();
        symlink(at("near"), at("nearer")).unwrap();
        write_atomic(at("nearer"), b"new").unwrap();
        assert!(at("near").is_symlink() && at("nearer").is_symlink() && !at("far/file").is_symlink());
        assert_eq!(std::fs::read(at("far/file")).unwrap(), b"new");
        assert_eq!((entries(folder.path()), entries(&at("far"))), (3, 1));
    }

    #[test]
    fn a_link_to_nothing_is_a_name_for_a_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        symlink("new", at("link")).unwrap();
        write_atomic(at("link"), b"x").unwrap();
        assert!(at("link").is_symlink());
        assert_eq!(std::fs::read(at("new")).unwrap(), b"x");
        symlink("no/such/folder", at("lost")).unwrap();
        assert_eq!(write_atomic(at("lost"), b"x").unwrap_err().code, Code::Output);
    }

    #[test]
    fn other_names_of_a_replaced_file_keep_the_old_content() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&path, "old").unwrap();
        std::fs::hard_link(&path, &other).unwrap();
        write_atomic(&path, b"new").unwrap();
        assert_eq!((std::fs::read(&path).unwrap(), std::fs::read(&other).unwrap()), (b"new".to_vec(), b"old".to_vec()));
    }
}
