//! Folders are created, listed and cleared by name.

use error::Code;
use files::{make_folder, present, remove_files};

#[test]
fn a_folder_is_made_with_those_above_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/c");
    make_folder(&path).unwrap();
    make_folder(&path).unwrap();
    assert!(path.is_dir());
}

#[test]
fn what_is_in_the_way_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    for path in [file.clone(), file.join("run")] {
        let failure = make_folder(&path).unwrap_err();
        assert_eq!(failure.code, Code::Output);
        assert!(failure.message.contains(&format!("{} is a file", file.display())), "{failure}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_is_one_and_a_link_to_nothing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("real")).unwrap();
    std::os::unix::fs::symlink(at("real"), at("link")).unwrap();
    make_folder(at("link")).unwrap();
    make_folder(at("link/run")).unwrap();
    assert!(at("real/run").is_dir());
    std::os::unix::fs::symlink(at("nothing"), at("lost")).unwrap();
    let failure = make_folder(at("lost/run")).unwrap_err();
    assert!(failure.message.contains("a broken link"), "{failure}");
}

#[test]
fn names_are_found_and_removed_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c"] {
        std::fs::write(folder.path().join(name), "x").unwrap();
    }
    std::fs::create_dir(folder.path().join("d")).unwrap();
    assert_eq!(present(folder.path(), &["a", "d", "x"]).unwrap(), [folder.path().join("a"), folder.path().join("d")]);
    remove_files(folder.path(), &["a", "x", "b"]).unwrap();
    assert_eq!(present(folder.path(), &["a", "b", "c"]).unwrap(), [folder.path().join("c")]);
    assert_eq!(remove_files(folder.path(), &["d"]).unwrap_err().code, Code::Output);
}

#[cfg(unix)]
#[test]
fn a_link_is_present_and_goes_without_its_target() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("target"), "x").unwrap();
    std::os::unix::fs::symlink(at("target"), at("a")).unwrap();
    std::os::unix::fs::symlink(at("nothing"), at("b")).unwrap();
    assert_eq!(present(folder.path(), &["a", "b"]).unwrap().len(), 2);
    remove_files(folder.path(), &["a", "b"]).unwrap();
    assert_eq!(std::fs::read(at("target")).unwrap(), b"x");
}
