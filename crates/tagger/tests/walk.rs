//! From named paths to files.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

use samplecnn_tagger::{Cancel, Found, Listing, Walk};

/// A folder with these empty files.
fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"").unwrap();
    }
    folder
}

/// What the walk finds, relative to the folder.
fn walk(folder: &Path, paths: &[&str]) -> Vec<String> {
    let paths = paths.iter().map(|path| folder.join(path)).collect();
    Walk::new(paths, None).map(|found| show(folder, found)).collect()
}

fn show(folder: &Path, found: Found) -> String {
    let relative = |path: PathBuf| path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
    match found {
        Found::File(path) => relative(path),
        Found::Missing(path) => format!("missing {}", relative(path)),
        Found::Odd(path) => format!("odd {}", relative(path)),
        Found::Warning(warning) => format!("warning {}", warning.code),
    }
}

#[test]
fn folders_are_walked_by_name_and_known_suffix() {
    let files = [
        "b/2.mp3",
        "b/10.FLAC",
        "b/cover.jpg",
        "b/notes",
        "a.wav",
        "c.m4a",
        "b/.hidden.mp3",
        "b/._2.mp3",
        ".git/x.wav",
    ];
    let folder = folder(&files);
    assert_eq!(walk(folder.path(), &[""]), ["a.wav", "b/10.FLAC", "b/2.mp3", "c.m4a"]);
}

#[test]
fn named_files_keep_their_order_and_need_no_suffix() {
    let folder = folder(&["z", "a.txt", "d/1.mp3"]);
    assert_eq!(walk(folder.path(), &["z", "none.mp3", "d", "a.txt"]), ["z", "missing none.mp3", "d/1.mp3", "a.txt"]);
}

#[test]
fn a_marked_folder_is_left_out_with_all_below() {
    let folder = folder(&["a/1.mp3", "b/.notmusic", "b/2.mp3", "b/deep/3.mp3"]);
    assert_eq!(walk(folder.path(), &[""]), ["a/1.mp3"]);
    assert_eq!(walk(folder.path(), &["b/2.mp3"]), ["b/2.mp3"], "unless it is named");
}

#[test]
fn a_folder_without_audio_is_a_warning() {
    let folder = folder(&["a/cover.jpg"]);
    assert_eq!(walk(folder.path(), &["a"]), ["warning ERR_NO_AUDIO"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_once_and_loops_end() {
    use std::os::unix::fs::symlink;
    let folder = folder(&["a/1.mp3", "b/2.mp3"]);
    let path = |name: &str| folder.path().join(name);
    symlink("..", path("a/up")).unwrap();
    symlink(path("b"), path("a/c")).unwrap();
    symlink("self", path("b/self")).unwrap();
    symlink("gone.mp3", path("b/gone.mp3")).unwrap();
    symlink("2.mp3", path("b/3.mp3")).unwrap();
    // a/c is b: its files appear where they are met first.
    let found = walk(folder.path(), &[""]);
    let files: Vec<&str> = found.iter().map(String::as_str).filter(|line| !line.starts_with("warning")).collect();
    assert_eq!(files, ["a/1.mp3", "a/c/2.mp3", "a/c/3.mp3"]);
}

#[cfg(unix)]
#[test]
fn names_that_are_not_unicode_are_kept() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder(&[]);
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.mp3");
    fs::write(folder.path().join(name), b"").unwrap();
    let found: Vec<Found> = Walk::new(vec![folder.path().into()], None).collect();
    assert_eq!(found, [Found::File(folder.path().join(name))]);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_opened() {
    let folder = folder(&["1.mp3"]);
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe.mp3")).status().unwrap();
    assert!(made.success());
    assert_eq!(walk(folder.path(), &["", "pipe.mp3"]), ["1.mp3", "odd pipe.mp3"]);
}

#[test]
fn a_list_may_name_files_and_folders() {
    let folder = folder(&["d/1.mp3", "2.mp3"]);
    let list = folder.path().join("list.txt");
    fs::write(&list, format!("{0}/d\n{0}/2.mp3\n{0}/none.mp3\n", folder.path().display())).unwrap();
    let listing = Listing::open(&list, false, &Cancel::new()).unwrap();
    let found: Vec<String> =
        Walk::new(vec![folder.path().join("2.mp3")], Some(listing)).map(|found| show(folder.path(), found)).collect();
    assert_eq!(found, ["2.mp3", "d/1.mp3", "2.mp3", "missing none.mp3"]);
    let error = Listing::open(&folder.path().join("no.txt"), false, &Cancel::new()).err().unwrap();
    assert_eq!(error.code, error::Code::FileNotFound);
}
