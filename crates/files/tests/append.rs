//! A growing file has one writer, which detects when the file is removed or replaced.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use error::Code;
use files::AppendFile;

const NONE: &[PathBuf] = &[];

#[test]
fn opening_changes_nothing_and_excludes_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    std::fs::write(&path, "there\n").unwrap();
    let mut open = AppendFile::open(&path, NONE).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"there\n");
    let failure = AppendFile::open(&path, NONE).unwrap_err();
    assert_eq!(failure.code, Code::Output);
    assert!(failure.message.contains("another process writes"), "{failure}");
    open.file().seek(SeekFrom::End(0)).unwrap();
    open.file().write_all(b"more\n").unwrap();
    drop(open);
    let mut text = String::new();
    AppendFile::open(&path, NONE).unwrap().file().read_to_string(&mut text).unwrap();
    assert_eq!(text, "there\nmore\n");
}

#[test]
fn a_file_that_is_the_input_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    std::fs::write(&path, "a.wav\n").unwrap();
    assert_eq!(AppendFile::open(&path, &[&path]).unwrap_err().code, Code::Output);
    assert_eq!(std::fs::read(&path).unwrap(), b"a.wav\n");
}

#[cfg(unix)]
#[test]
fn a_file_that_is_deleted_renamed_or_replaced_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("out"), folder.path().join("old"));
    type Harm<'a> = &'a dyn Fn();
    let harms: [Harm; 3] =
        [&|| std::fs::remove_file(&path).unwrap(), &|| std::fs::rename(&path, &other).unwrap(), &|| {
            std::fs::write(&other, "x").unwrap();
            std::fs::rename(&other, &path).unwrap();
        }];
    for harm in harms {
        let mut open = AppendFile::open(&path, NONE).unwrap();
        open.check_in_place().unwrap();
        harm();
        assert!(!open.is_in_place());
        assert_eq!(open.check_in_place().unwrap_err().code, Code::Output);
        assert_eq!(open.rewrite(|_, copy| copy.write_all(b"y")).unwrap_err().code, Code::Output);
    }
    assert_eq!(std::fs::read(&path).unwrap(), b"x");
}

#[test]
fn rewriting_keeps_the_file_open_locked_and_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    std::fs::write(&path, "abc").unwrap();
    let mut open = AppendFile::open(&path, NONE).unwrap();
    let failed = open.rewrite(|_, copy| {
        copy.write_all(b"half")?;
        Err(std::io::ErrorKind::StorageFull.into())
    });
    assert_eq!(failed.unwrap_err().code, Code::Output);
    open.rewrite(|old, copy| {
        let mut text = String::new();
        old.read_to_string(&mut text)?;
        copy.write_all(text.to_uppercase().as_bytes())
    })
    .unwrap();
    open.check_in_place().unwrap();
    assert_eq!(AppendFile::open(&path, NONE).unwrap_err().code, Code::Output);
    open.file().write_all(b"D").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"ABCD");
}

#[cfg(unix)]
#[test]
fn two_names_of_one_file_are_one_output() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("out"), folder.path().join("link"));
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let open = AppendFile::open(&link, NONE).unwrap();
    assert!(link.is_symlink() && path.is_file());
    assert_eq!(AppendFile::open(&path, NONE).unwrap_err().code, Code::Output);
    drop(open);
    AppendFile::open(&path, NONE).unwrap();
}

#[test]
fn a_copy_of_the_descriptor_holds_no_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let mut first = AppendFile::open(&path, NONE).unwrap();
    // The copy that a child has between fork and exec.
    let copy = first.file().try_clone().unwrap();
    assert_eq!(AppendFile::open(&path, NONE).unwrap_err().code, Code::Output);
    drop(first);
    AppendFile::open(&path, NONE).unwrap();
    drop(copy);
}

#[cfg(unix)]
#[test]
fn children_that_start_meanwhile_hold_no_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                std::process::Command::new("true").status().unwrap();
            }
        });
        let opened = (0..300).map(|_| AppendFile::open(&path, NONE).map(drop)).collect::<Vec<_>>();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    });
}
