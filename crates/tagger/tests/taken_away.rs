//! Output files that other programs write to, remove or replace while a job runs.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod network;
mod wav;

use std::fs;
use std::path::{Path, PathBuf};

use error::Code;
use network::{options, run, start, RATE};
use tagger::{TagOptions, Tagger};

const OUTPUTS: [&str; 2] = ["out.jsonl", "out.csv"];

/// A folder with `music/{0..n}.wav`.
fn library(files: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("music")).unwrap();
    for number in 0..files {
        wav::sine(&folder.path().join(format!("music/{number:03}.wav")), RATE, 0.5, 300.0 + number as f64, 0.5);
    }
    folder
}

fn into(folder: &Path, name: &str) -> TagOptions {
    TagOptions { out: Some(folder.join(name)), ..options(&[&folder.join("music")]) }
}

/// Runs the job; returns the error that ends it, if any.
fn end(tagger: &Tagger) -> Option<error::Error> {
    loop {
        match tagger.next() {
            Ok(Some(_)) => {}
            Ok(None) => return None,
            Err(error) => return Some(error),
        }
    }
}

#[test]
fn a_second_writer_is_refused_and_the_first_loses_nothing() {
    for name in OUTPUTS {
        let folder = library(30);
        let options = into(folder.path(), name);
        let (first, _) = start(options.clone(), "hash").unwrap();
        first.next().unwrap();
        let error = start(options.clone(), "hash").err().unwrap();
        assert_eq!(error.code, Code::Output);
        assert!(error.message.contains("another process") && error.message.contains(name), "{}", error.message);
        // Another name of the same file is equivalent.
        let other = folder.path().join(format!("other-{name}"));
        std::os::unix::fs::symlink(name, &other).unwrap();
        assert_eq!(start(TagOptions { out: Some(other), ..options.clone() }, "hash").err().unwrap().code, Code::Output);
        assert!(end(&first).is_none());
        drop(first);
        assert!(run(options).lines().iter().all(|line| line.ends_with("skipped")));
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap().lines().count(), 31, "{name}");
    }
}

#[test]
fn an_output_is_free_as_soon_as_its_job_is_done_or_given_up() {
    let folder = library(8);
    let options = TagOptions { jobs: 4, ..into(folder.path(), "out.jsonl") };
    for round in 0..60 {
        let (tagger, _) = start(options.clone(), "hash").unwrap_or_else(|error| panic!("round {round}: {error}"));
        tagger.next().unwrap();
    }
    let (done, _) = start(options.clone(), "hash").unwrap();
    assert!(end(&done).is_none());
    run(options);
}

#[test]
fn an_output_that_is_deleted_renamed_or_replaced_is_noticed() {
    type Deed = fn(&Path);
    let deeds: [(&str, Deed); 5] = [
        ("deleted", |path| fs::remove_file(path).unwrap()),
        ("renamed", |path| fs::rename(path, path.with_extension("old")).unwrap()),
        ("replaced", |path| {
            let copy = path.with_extension("copy");
            fs::copy(path, &copy).unwrap();
            fs::rename(copy, path).unwrap();
        }),
        ("emptied", |path| drop(fs::File::create(path).unwrap())),
        ("appended to", |path| {
            use std::io::Write;
            fs::File::options().append(true).open(path).unwrap().write_all(b"x").unwrap();
        }),
    ];
    for name in OUTPUTS {
        for (what, deed) in deeds {
            // In the middle of the job, and after the last row.
            for rows in [3, 12] {
                let folder = library(12);
                let out = folder.path().join(name);
                let (tagger, events) = start(into(folder.path(), name), "hash").unwrap();
                for _ in 0..rows {
                    tagger.next().unwrap().unwrap();
                }
                deed(&out);
                let error = end(&tagger).unwrap_or_else(|| panic!("{name} {what} after {rows} rows went unnoticed"));
                assert_eq!(error.code, Code::Output, "{name} {what}");
                assert!(error.message.contains(out.to_str().unwrap()), "{}", error.message);
                let done = |event: &tagger::Event| matches!(event, tagger::Event::Done(_));
                assert!(!events.lock().unwrap().iter().any(done), "{name} {what}");
            }
        }
    }
}

#[test]
fn an_output_that_is_no_regular_file_is_refused_at_once() {
    let folder = library(1);
    let path = |name: &str| folder.path().join(name);
    std::os::unix::fs::symlink("/dev/full", path("full.jsonl")).unwrap();
    std::os::unix::fs::symlink("/dev/null", path("null.csv")).unwrap();
    std::os::unix::fs::symlink("loop.jsonl", path("loop.jsonl")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(path("pipe.jsonl")).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(path("socket.jsonl")).unwrap();
    fs::create_dir(path("folder.jsonl")).unwrap();
    for name in ["full.jsonl", "null.csv", "loop.jsonl", "pipe.jsonl", "socket.jsonl", "folder.jsonl"] {
        let before = std::time::Instant::now();
        let error = start(into(folder.path(), name), "hash").err().unwrap();
        assert_eq!(error.code, Code::Output, "{name}");
        assert!(error.message.contains(name), "{}", error.message);
        assert!(before.elapsed() < std::time::Duration::from_secs(1), "{name}");
    }
}

#[test]
fn the_list_is_no_output() {
    let folder = library(1);
    let list = folder.path().join("list.jsonl");
    fs::write(&list, "").unwrap();
    let options = TagOptions { files_from: Some(list.clone()), out: Some(list.clone()), ..TagOptions::default() };
    assert_eq!(start(options, "hash").err().unwrap().code, Code::Output);
    assert_eq!(fs::read(&list).unwrap(), b"");
}

#[test]
fn a_link_stays_and_what_it_leads_to_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;
    for name in OUTPUTS {
        let folder = library(3);
        let (real, link) = (folder.path().join(format!("real-{name}")), folder.path().join(name));
        fs::write(&real, "").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        run(into(folder.path(), name));
        // A changed audio file makes the job rewrite the output.
        wav::sine(&folder.path().join("music/001.wav"), RATE, 1.0, 300.0, 0.5);
        assert_eq!(run(into(folder.path(), name)).lines(), ["000.wav: skipped", "001.wav: ok", "002.wav: skipped"]);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "{name}");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        assert_eq!(fs::read_to_string(&real).unwrap().lines().count(), 4, "{name}");
    }
}

#[test]
fn a_table_without_the_file_beside_it_is_told_which_one_is_missing() {
    let folder = library(1);
    let beside = PathBuf::from(format!("{}.start.json", folder.path().join("out.csv").display()));
    run(into(folder.path(), "out.csv"));
    let (table, owner) = (fs::read(folder.path().join("out.csv")).unwrap(), fs::read(&beside).unwrap());
    fs::remove_file(&beside).unwrap();
    let error = start(into(folder.path(), "out.csv"), "hash").err().unwrap();
    assert_eq!(error.code, Code::Output);
    assert!(error.message.contains(beside.to_str().unwrap()), "{}", error.message);
    assert_eq!(fs::read(folder.path().join("out.csv")).unwrap(), table);
    fs::write(&beside, owner).unwrap();
    assert_eq!(run(into(folder.path(), "out.csv")).lines(), ["000.wav: skipped"]);
}

#[test]
fn a_file_of_others_beside_a_new_table_is_not_overwritten() {
    let folder = library(1);
    let beside = folder.path().join("out.csv.start.json");
    fs::write(&beside, "{\"mine\":1}").unwrap();
    let error = start(into(folder.path(), "out.csv"), "hash").err().unwrap();
    assert_eq!(error.code, Code::Output);
    assert!(error.message.contains("out.csv.start.json"), "{}", error.message);
    assert_eq!(fs::read(&beside).unwrap(), b"{\"mine\":1}");
}
