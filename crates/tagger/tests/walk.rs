//! The walk from named paths to files.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

use tagger::{Cancel, Found, Listing, Walk};

/// A folder with these files, all empty.
fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"").unwrap();
    }
    folder
}

/// The results of the walk, relative to the folder.
fn walk(folder: &Path, paths: &[&str]) -> Vec<String> {
    let paths = paths.iter().map(|path| folder.join(path)).collect();
    Walk::new(paths, None).map(|found| show(folder, found)).collect()
}

fn show(folder: &Path, found: Found) -> String {
    let relative = |path: PathBuf| path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
    match found {
        Found::File(path) => relative(path),
        Found::Again(path) => format!("again {}", relative(path)),
        Found::Missing(path) => format!("missing {}", relative(path)),
        Found::Unreadable(path, code, _) => format!("{} {}", code.as_str(), relative(path)),
        Found::Odd(path) => format!("odd {}", relative(path)),
        Found::Warning(warning) => format!("warning {}", warning.code.as_str()),
    }
}

#[test]
fn folders_are_walked_by_name_and_known_suffix() {
    let files = ["b/2.mp3", "b/10.FLAC", "b/cover.jpg", "b/notes", "a.wav", "c.m4a"];
    let folder = folder(&files);
    assert_eq!(walk(folder.path(), &[""]), ["a.wav", "b/10.FLAC", "b/2.mp3", "c.m4a"]);
}

#[test]
fn a_dot_in_front_hides_nothing_and_what_systems_keep_is_left_out_and_counted() {
    let folder = folder(&[
        "...And Justice for All/1.mp3",
        ".38 Special/2.flac",
        "b/.hidden.mp3",
        "b/._2.mp3",
        "b/._cover.jpg",
        "b/.DS_Store",
        ".git/x.wav",
        ".Trash-1000/files/x.wav",
        "b/@eaDir/x.mp3/SYNO.mp3",
        "$RECYCLE.BIN/x.wav",
        "lost+found/x.wav",
        "marked/.notmusic",
        "marked/x.wav",
    ]);
    let mut walk = Walk::new(vec![folder.path().into()], None);
    let found: Vec<String> = walk.by_ref().map(|found| show(folder.path(), found)).collect();
    assert_eq!(found, ["...And Justice for All/1.mp3", ".38 Special/2.flac", "b/.hidden.mp3"]);
    assert_eq!(walk.left_out(), 7, "five system folders, a marked folder, and ._2.mp3");
    assert_eq!(self::walk(folder.path(), &[".git"]), [".git/x.wav"], "unless it is named");
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
    assert_eq!(walk(folder.path(), &["a"]), ["warning folder-without-audio"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_once_and_loops_end() {
    use std::os::unix::fs::symlink;
    let folder = folder(&["a/1.mp3", "b/2.mp3", "d/4.mp3"]);
    let path = |name: &str| folder.path().join(name);
    symlink("..", path("a/up")).unwrap();
    symlink(path("b"), path("a/c")).unwrap();
    symlink("self", path("b/self")).unwrap();
    symlink("2.mp3", path("b/3.mp3")).unwrap();
    fs::hard_link(path("b/2.mp3"), path("b/5.mp3")).unwrap();
    // a/c is a link to b: its files are listed where they are found first.
    let found = walk(folder.path(), &["", "a", "b/2.mp3"]);
    assert_eq!(found, ["a/1.mp3", "a/c/2.mp3", "again a/c/3.mp3", "again a/c/5.mp3", "d/4.mp3", "again b/2.mp3"]);
    assert_eq!(walk(folder.path(), &["d", "d", "d/4.mp3"]), ["d/4.mp3", "again d/4.mp3"]);
    let paths = ["", "a", "b/2.mp3"].map(path).to_vec();
    assert_eq!(Walk::new(paths, None).to_count().count(), found.len(), "counting gives the same number");
}

#[cfg(unix)]
#[test]
fn files_of_equal_size_and_time_are_different_files() {
    let folder = folder(&["1.mp3", "2.mp3"]);
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    for name in ["1.mp3", "2.mp3"] {
        fs::File::options().write(true).open(folder.path().join(name)).unwrap().set_modified(time).unwrap();
    }
    assert_eq!(walk(folder.path(), &[""]), ["1.mp3", "2.mp3"]);
}

#[cfg(unix)]
#[test]
fn a_link_to_music_that_is_not_there_is_a_missing_file() {
    use std::os::unix::fs::symlink;
    let folder = folder(&["1.mp3"]);
    for (name, target) in [("gone.mp3", "2.mp3"), ("Albums", "/nas/that/is/away"), ("cover.jpg", "gone.jpg")] {
        symlink(target, folder.path().join(name)).unwrap();
    }
    assert_eq!(walk(folder.path(), &[""]), ["1.mp3", "missing Albums", "missing gone.mp3"]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_read_is_counted() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&["a/1.mp3", "b/2.mp3", "c/3.mp3", "only/d/4.mp3"]);
    let closed = [folder.path().join("b"), folder.path().join("only/d")];
    let mode =
        |mode| closed.iter().for_each(|path| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap());
    mode(0o000);
    if fs::read_dir(&closed[0]).is_ok() {
        mode(0o755);
        return testbed::skip("the superuser reads everything");
    }
    let (all, only) = (walk(folder.path(), &["a", "b", "c"]), walk(folder.path(), &["only"]));
    mode(0o755);
    assert_eq!(all, ["a/1.mp3", "ERR_IO b", "c/3.mp3"]);
    assert_eq!(only, ["ERR_IO only/d"]);
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
fn a_name_that_no_file_can_have_is_missing() {
    let folder = folder(&["1.mp3"]);
    let long = "x".repeat(5000);
    let found = walk(folder.path(), &["a\0b.mp3", &long, "1.mp3"]);
    assert_eq!(found.len(), 3);
    assert!(found[..2].iter().all(|found| found.starts_with("missing ")), "{found:?}");
    assert_eq!(found[2], "1.mp3");
}

#[test]
fn a_list_may_name_files_and_folders() {
    let folder = folder(&["d/1.mp3", "2.mp3"]);
    let list = folder.path().join("list.txt");
    fs::write(&list, format!("{0}/d\n{0}/2.mp3\n{0}/none.mp3\n", folder.path().display())).unwrap();
    let listing = Listing::open(&list, false, &Cancel::new()).unwrap();
    let found: Vec<String> =
        Walk::new(vec![folder.path().join("2.mp3")], Some(listing)).map(|found| show(folder.path(), found)).collect();
    assert_eq!(found, ["2.mp3", "d/1.mp3", "again 2.mp3", "missing none.mp3"]);
    let error = Listing::open(&folder.path().join("no.txt"), false, &Cancel::new()).err().unwrap();
    assert_eq!(error.code, error::Code::FileNotFound);
}

#[test]
fn a_playlist_stands_for_its_files() {
    let folder = folder(&["d/1.mp3", "2.mp3", "d/list.m3u8"]);
    fs::write(folder.path().join("d/list.m3u8"), "#EXTM3U\r\n#EXTINF:1,a\r\n1.mp3\r\n../2.mp3\r\nnone.mp3\r\n")
        .unwrap();
    assert_eq!(walk(folder.path(), &["d/list.m3u8"]), ["d/1.mp3", "d/../2.mp3", "missing d/none.mp3"]);
    assert_eq!(walk(folder.path(), &["d"]), ["d/1.mp3"], "in a folder it is not an audio file");
    fs::write(folder.path().join("again.m3u"), "again.m3u\n2.mp3\n").unwrap();
    assert_eq!(
        walk(folder.path(), &["again.m3u"]),
        ["again.m3u", "2.mp3"],
        "a list in a list is a file like any other"
    );
    assert_eq!(walk(folder.path(), &["d/list.m3u8", "2.mp3"]).last().unwrap(), "again 2.mp3");
}

#[test]
fn a_list_that_breaks_off_is_counted() {
    let folder = folder(&["1.mp3"]);
    let list = folder.path().join("list.txt");
    fs::write(&list, [b"1.mp3\n".as_slice(), &vec![b'x'; 1 << 20]].concat()).unwrap();
    let listing = Listing::open(&list, false, &Cancel::new()).unwrap();
    let found: Vec<String> = Walk::new(Vec::new(), Some(listing)).map(|found| show(folder.path(), found)).collect();
    assert_eq!(found, ["missing 1.mp3", "ERR_INVALID_OPTION list.txt"]);
    assert_eq!(Listing::open(folder.path(), false, &Cancel::new()).err().unwrap().code, error::Code::InvalidOption);
}
