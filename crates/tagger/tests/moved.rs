//! A library that was moved: its files are recognised by their content.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod network;
mod wav;

use std::fs;
use std::path::Path;

use network::{options, run, RATE};
use tagger::TagOptions;

const OUTPUTS: [&str; 2] = ["out.jsonl", "out.csv"];

/// A folder with `music/one/{a,b}.wav`, of equal names and sizes in `music/two`, and the broken `music/one/c.mp3`.
fn library() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (album, amplitude) in [("one", 0.5), ("two", 0.25)] {
        let album = folder.path().join("music").join(album);
        fs::create_dir_all(&album).unwrap();
        wav::sine(&album.join("a.wav"), RATE, 1.0, 440.0, amplitude);
        wav::sine(&album.join("b.wav"), RATE, 1.0, 220.0, amplitude);
    }
    fs::write(folder.path().join("music/one/c.mp3"), b"no music").unwrap();
    // As after copying a disk: all files have the same time.
    set_times(folder.path());
    folder
}

fn set_times(folder: &Path) {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_500_000_000);
    for entry in walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file()) {
        fs::File::options().write(true).open(entry.path()).unwrap().set_modified(time).unwrap();
    }
}

fn tag(folder: &Path, music: &str, name: &str) -> Vec<String> {
    run(TagOptions { out: Some(folder.join(name)), ..options(&[&folder.join(music)]) }).lines()
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn a_moved_library_is_not_tagged_again_and_its_rows_have_the_new_paths() {
    for name in OUTPUTS {
        let folder = library();
        let path = |name: &str| folder.path().join(name);
        let all = tag(folder.path(), "music", name);
        assert_eq!(all.iter().filter(|line| line.ends_with(": ok")).count(), 4, "{all:?}");
        let before = text(folder.path(), name);
        fs::rename(path("music"), path("disk")).unwrap();
        let again = tag(folder.path(), "disk", name);
        assert!(again.iter().all(|line| line.ends_with("skipped")), "{name}: {again:?}");
        let (old, new) = (path("music/").display().to_string(), path("disk/").display().to_string());
        let after = text(folder.path(), name);
        assert_eq!(after, before.replace(&old, &new), "{name}");
        assert!(tag(folder.path(), "disk", name).iter().all(|line| line.ends_with("skipped")));
        assert_eq!(text(folder.path(), name), after);
    }
}

#[test]
fn files_of_equal_name_size_and_time_are_told_apart_by_what_they_hold() {
    for name in OUTPUTS {
        let folder = library();
        let path = |name: &str| folder.path().join(name);
        tag(folder.path(), "music", name);
        // The albums swap places, and the content of one file changes.
        fs::rename(path("music/one"), path("music/three")).unwrap();
        fs::rename(path("music/two"), path("music/four")).unwrap();
        wav::sine(&path("music/four/b.wav"), RATE, 1.0, 330.0, 0.25);
        set_times(folder.path());
        let again = tag(folder.path(), "music", name);
        assert_eq!(
            again,
            ["a.wav: skipped", "b.wav: ok", "a.wav: skipped", "b.wav: skipped", "c.mp3: skipped"],
            "{name}"
        );
        let text = text(folder.path(), name);
        let row = |file: &str| {
            text.lines().find(|row| row.contains(file)).unwrap_or_else(|| panic!("{name}: {file}")).to_string()
        };
        let loud = |row: String| row.contains("0.125") || row.contains("0.12499") || row.contains("0.12500");
        assert!(loud(row("three/a.wav")) && !loud(row("four/a.wav")), "{name}: {text}");
        assert!(!text.contains("two/a.wav") && !text.contains("one/"), "{name}: {text}");
        assert!(text.contains("two/b.wav"), "{name}: nothing says that this file is another one now: its row stays");
    }
}

#[test]
fn a_copy_is_a_file_of_its_own() {
    let folder = library();
    let path = |name: &str| folder.path().join(name);
    tag(folder.path(), "music/one", "out.jsonl");
    fs::create_dir(path("copy")).unwrap();
    fs::copy(path("music/one/a.wav"), path("copy/a.wav")).unwrap();
    set_times(folder.path());
    assert_eq!(tag(folder.path(), "copy", "out.jsonl"), ["a.wav: ok"]);
    assert_eq!(text(folder.path(), "out.jsonl").lines().count(), 5);
    assert!(text(folder.path(), "out.jsonl").contains("one/a.wav"));
}

#[test]
fn a_row_that_a_killed_job_left_under_both_paths_goes() {
    for name in OUTPUTS {
        let folder = library();
        let path = |name: &str| folder.path().join(name);
        tag(folder.path(), "music/one", name);
        let before = text(folder.path(), name);
        fs::rename(path("music/one"), path("music/new")).unwrap();
        // The output of a job that was killed after it had moved the first row.
        let row = before.lines().find(|row| row.contains("a.wav")).unwrap();
        let brought = row.replace("music/one", "music/new");
        fs::write(path(name), format!("{before}{brought}\n")).unwrap();
        assert!(tag(folder.path(), "music/new", name).iter().all(|line| line.ends_with("skipped")));
        let after = text(folder.path(), name);
        assert_eq!(after.lines().count(), before.lines().count(), "{name}: {after}");
        assert!(!after.lines().any(|row| row.contains("one/a.wav") || row.contains("one/b.wav")), "{name}: {after}");
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_not_unicode_are_brought_along() {
    use std::os::unix::ffi::OsStrExt;
    for name in OUTPUTS {
        let folder = library();
        let path = |name: &str| folder.path().join(name);
        let odd = std::ffi::OsStr::from_bytes(b"e\xe9.wav");
        wav::sine(&path("music/two").join(odd), RATE, 1.0, 440.0, 0.5);
        tag(folder.path(), "music/two", name);
        let broken = folder.path().join(std::ffi::OsStr::from_bytes(b"n\xffw"));
        fs::rename(path("music/two"), &broken).unwrap();
        let out = Some(path(name));
        for _ in 0..2 {
            let said = run(TagOptions { out: out.clone(), ..options(&[&broken]) }).lines();
            assert!(said.len() == 3 && said.iter().all(|line| line.ends_with("skipped")), "{name}: {said:?}");
        }
        fs::rename(&broken, path("plain")).unwrap();
        assert!(tag(folder.path(), "plain", name).iter().all(|line| line.ends_with("skipped")));
        assert_eq!(text(folder.path(), name).lines().count(), 4, "{name}");
        assert!(text(folder.path(), name).contains("plain/a.wav"), "{name}");
    }
}

#[test]
fn what_failed_before_can_be_tried_again_after_a_move() {
    let folder = library();
    let path = |name: &str| folder.path().join(name);
    tag(folder.path(), "music/one", "out.jsonl");
    fs::rename(path("music/one"), path("music/new")).unwrap();
    let options = TagOptions { out: Some(path("out.jsonl")), retry_failed: true, ..options(&[&path("music/new")]) };
    assert_eq!(run(options).lines(), ["a.wav: skipped", "b.wav: skipped", "c.mp3: ERR_UNSUPPORTED_FORMAT"]);
    assert_eq!(text(folder.path(), "out.jsonl").lines().count(), 4);
    assert!(!text(folder.path(), "out.jsonl").contains("one/"));
}

#[test]
fn a_table_of_an_older_version_is_continued() {
    let folder = library();
    tag(folder.path(), "music/one", "out.csv");
    let table = folder.path().join("out.csv");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(&table).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let newer = ["promised", "heard", "fingerprint"];
    let older = |row: &csv::StringRecord| -> Vec<String> {
        rows[0].iter().zip(row).filter(|(name, _)| !newer.contains(name)).map(|(_, cell)| cell.to_owned()).collect()
    };
    let mut writer = csv::Writer::from_path(&table).unwrap();
    for row in &rows {
        writer.write_record(older(row)).unwrap();
    }
    drop(writer);
    let said = tag(folder.path(), "music", "out.csv");
    assert_eq!(said.iter().filter(|line| line.ends_with("skipped")).count(), 3, "{said:?}");
    let mut reader = csv::Reader::from_path(&table).unwrap();
    assert_eq!(reader.headers().unwrap().len(), rows[0].len() - newer.len());
    assert_eq!(reader.records().map(Result::unwrap).count(), 5);
}
