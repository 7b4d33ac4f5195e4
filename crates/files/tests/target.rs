//! Everything except a regular file is refused at once, under any name.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // The helper functions of the tests are test code too.

use std::os::unix::fs::{symlink, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use error::Code;
use files::{write_atomic, AppendFile, Target};

fn refusals(path: &Path) -> Vec<String> {
    let failures = [
        Target::of(path).map(drop).unwrap_err(),
        write_atomic(path, b"x").unwrap_err(),
        AppendFile::open(path, &[] as &[PathBuf]).map(drop).unwrap_err(),
    ];
    failures
        .map(|failure| {
            assert_eq!(failure.code, Code::Output);
            assert!(failure.message.contains(&path.display().to_string()), "{failure}");
            failure.message
        })
        .to_vec()
}

#[test]
fn devices_pipes_sockets_and_folders_are_refused_also_behind_links() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert!(Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    let _listener = UnixListener::bind(at("socket")).unwrap();
    std::fs::create_dir(at("folder")).unwrap();
    let cases = [
        (at("pipe"), "a named pipe"),
        (at("socket"), "a socket"),
        (at("folder"), "a folder"),
        (PathBuf::from("/dev/full"), "a device"),
        (PathBuf::from("/dev/null"), "a device"),
    ];
    for (index, (path, what)) in cases.iter().enumerate() {
        let (link, longer) = (at(&format!("link-{index}")), at(&format!("longer-{index}")));
        symlink(path, &link).unwrap();
        symlink(&link, &longer).unwrap();
        for name in [path, &link, &longer] {
            for message in refusals(name) {
                assert!(message.contains(&format!("it is {what}")), "{message}");
            }
        }
        assert!(link.is_symlink() && path.exists());
    }
}

#[test]
fn a_device_node_is_refused_and_stays_one() {
    let folder = tempfile::tempdir().unwrap();
    let node = folder.path().join("null");
    // Only root can create a device.
    if !Command::new("mknod").arg(&node).args(["c", "1", "3"]).output().is_ok_and(|made| made.status.success()) {
        return;
    }
    refusals(&node);
    use std::os::unix::fs::FileTypeExt;
    assert!(std::fs::metadata(&node).unwrap().file_type().is_char_device());
}

#[test]
fn links_in_a_circle_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    symlink(&a, &b).unwrap();
    symlink(&b, &a).unwrap();
    refusals(&a);
    // A loop of links in a parent folder of the file.
    refusals(&a.join("file"));
}

#[test]
fn a_write_protected_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("precious");
    std::fs::write(&path, "x").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
    for message in refusals(&path) {
        assert!(message.contains("write-protected"), "{message}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), b"x");
}

#[test]
fn an_input_is_found_under_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("sub")).unwrap();
    std::fs::write(at("input"), "x").unwrap();
    std::fs::write(at("other"), "x").unwrap();
    symlink("input", at("link")).unwrap();
    std::fs::hard_link(at("input"), at("hard")).unwrap();
    let inputs = [at("missing"), at("input")];
    for name in ["input", "link", "hard", "sub/../input"] {
        let failure = Target::of(at(name)).unwrap().refuse_inputs(&inputs).unwrap_err();
        assert!(failure.code == Code::Output && failure.message.contains("the input itself"), "{failure}");
    }
    Target::of(at("other")).unwrap().refuse_inputs(&inputs).unwrap();
    Target::of(at("missing")).unwrap().refuse_inputs(&inputs).unwrap();
    // Also if the input itself is given as a link.
    Target::of(at("input")).unwrap().refuse_inputs(&[at("link")]).unwrap_err();
}
