//! A lock keeps other processes out, and files that are not lock files are never changed.

use error::Code;
use files::Lock;

#[test]
fn a_lock_is_held_by_one_and_can_be_taken_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".lock");
    let held = Lock::take(&path).unwrap();
    assert!(held.is_some());
    assert!(Lock::take(&path).unwrap().is_none());
    drop(held);
    assert!(Lock::take(&path).unwrap().is_some());
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("samplecnn"));
}

#[test]
fn an_empty_lock_of_an_older_version_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".lock");
    std::fs::write(&path, "").unwrap();
    assert!(Lock::take(&path).unwrap().is_some());
}

#[test]
fn a_file_of_others_is_refused_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".lock");
    for content in ["1234\n", "{\"pid\": 1}", "samplecnn lock\nand more", "s3"] {
        std::fs::write(&path, content).unwrap();
        let failure = Lock::take(&path).unwrap_err();
        assert_eq!(failure.code, Code::Output);
        assert!(failure.message.contains(".lock"), "{failure}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert_eq!(Lock::take(&path).unwrap_err().code, Code::Output);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, target) = (folder.path().join(".lock"), folder.path().join("diary"));
    for content in [Some("dear diary"), Some(""), None] {
        if let Some(content) = content {
            std::fs::write(&target, content).unwrap();
        }
        std::os::unix::fs::symlink(&target, &path).unwrap();
        assert_eq!(Lock::take(&path).unwrap_err().code, Code::Output);
        assert_eq!(std::fs::read_to_string(&target).ok().as_deref(), content);
        std::fs::remove_file(&path).unwrap();
        let _ = std::fs::remove_file(&target);
    }
}
