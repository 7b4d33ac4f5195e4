//! A file that samplecnn did not write is replaced only if the user allows it, and an input never.

use std::io::Write;
use std::path::{Path, PathBuf};

use error::{Code, Result};
use files::{check_output, write_output, Kind, Permission};

const KIND: Kind = Kind { name: "a test file", marks: &["made by", "the test"] };

fn write(path: &Path, inputs: &[PathBuf], force: bool) -> Result<()> {
    write_output(path, &Permission { kind: KIND, inputs, force }, |file| {
        file.write_all(b"made by samplecnn for the test")
    })
}

#[test]
fn a_free_name_an_empty_file_and_a_file_of_the_kind_may_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    write(&path, &[], false).unwrap();
    write(&path, &[], false).unwrap();
    std::fs::write(&path, "").unwrap();
    write(&path, &[], false).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"made by samplecnn for the test");
}

#[test]
fn a_file_of_others_needs_force() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    for content in ["mine", "made by hand", "the test"] {
        std::fs::write(&path, content).unwrap();
        let failure = write(&path, &[], false).unwrap_err();
        assert_eq!(failure.code, Code::Output);
        assert!(failure.message.contains("a test file") && failure.message.contains("--force"), "{failure}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
    write(&path, &[], true).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"made by samplecnn for the test");
}

#[test]
fn an_input_is_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("a"), folder.path().join("b"));
    write(&path, &[], false).unwrap();
    std::fs::hard_link(&path, &other).unwrap();
    for force in [false, true] {
        let failure = write(&path, std::slice::from_ref(&other), force).unwrap_err();
        assert!(failure.message.contains("the input itself"), "{failure}");
    }
}

#[test]
fn what_a_killed_process_left_beside_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join(".samplecnn-abcdef.tmp");
    std::fs::write(&left, "half").unwrap();
    write(&folder.path().join("a"), &[], false).unwrap();
    assert!(!left.exists());
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_full_is_an_output_error() {
    let failure =
        check_output("/dev/full", &Permission { kind: KIND, inputs: &[] as &[PathBuf], force: true }).unwrap_err();
    assert!(failure.message.contains("a device"), "{failure}");
    let folder = tempfile::tempdir().unwrap();
    let failure = write_output(
        folder.path().join("a"),
        &Permission { kind: KIND, inputs: &[] as &[PathBuf], force: false },
        |_| std::fs::File::options().write(true).open("/dev/full")?.write_all(b"x"),
    )
    .unwrap_err();
    assert_eq!(failure.code, Code::Output);
    assert!(failure.message.contains("the disk is full"), "{failure}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
