//! Temporary errors of the system: they leave no row, and the same job continues once they are over.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod network;
mod wav;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use network::{options, run, RATE};
use tagger::{Event, TagOptions};

/// The child: opens as many files as allowed except one, tags `SAMPLECNN_TEST_PATH/music`, and tags it again after
/// closing them.
#[test]
#[ignore = "runs in a child process of the other tests here"]
fn child() {
    let folder = PathBuf::from(std::env::var_os("SAMPLECNN_TEST_PATH").unwrap());
    let names = std::env::var("SAMPLECNN_TEST_NAMES").unwrap();
    let paths: Vec<PathBuf> = names.split(',').map(|name| folder.join(name)).collect();
    let options = TagOptions {
        out: Some(folder.join("out.jsonl")),
        jobs: 1,
        ..options(&paths.iter().map(PathBuf::as_path).collect::<Vec<_>>())
    };
    let mut open: Vec<fs::File> = std::iter::from_fn(|| fs::File::open("/dev/null").ok()).collect();
    // One for the output.
    open.pop();
    let said = run(options.clone());
    drop(open);
    let Some(Event::Done(done)) = said.events.last() else { panic!("{:?}", said.events) };
    println!("\nfirst {} {} {} {}", said.lines().join(" "), done.failed, done.unfinished, done.files);
    let said = run(options);
    println!("\nsecond {}", said.lines().join(" "));
}

/// Runs the child on `names` in a folder with two files; returns what it printed, and the output afterwards.
fn with_few_descriptors(names: &str) -> (Vec<String>, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("music")).unwrap();
    for name in ["music/a.wav", "music/b.wav"] {
        wav::sine(&folder.path().join(name), RATE, 1.0, 440.0, 0.5);
    }
    let ran = Command::new("sh")
        .args(["-c", "ulimit -n 40; exec \"$0\" --ignored --exact child --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .env("SAMPLECNN_TEST_PATH", folder.path())
        .env("SAMPLECNN_TEST_NAMES", names)
        .output()
        .unwrap();
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{text}\n{}", String::from_utf8_lossy(&ran.stderr));
    let said = text.lines().filter(|line| line.starts_with("first") || line.starts_with("second")).map(String::from);
    (said.collect(), fs::read_to_string(folder.path().join("out.jsonl")).unwrap())
}

#[test]
fn too_many_open_files_leave_no_row_and_the_same_job_goes_on() {
    let (said, output) = with_few_descriptors("music/a.wav,music/b.wav");
    assert_eq!(said, ["first a.wav: ERR_IO b.wav: ERR_IO 2 2 2", "second a.wav: ok b.wav: ok"]);
    assert_eq!(output.lines().count(), 3, "{output}");
    assert!(!output.contains("failed"), "{output}");
}

#[test]
fn a_folder_that_cannot_be_read_is_a_failure_that_passes() {
    let (said, output) = with_few_descriptors("music");
    assert_eq!(said, ["first music: ERR_IO 1 1 1", "second a.wav: ok b.wav: ok"]);
    assert_eq!(output.lines().count(), 3, "{output}");
}

#[test]
fn a_file_that_is_away_for_a_while_keeps_its_row() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.wav");
    wav::sine(&file, RATE, 1.0, 440.0, 0.5);
    for name in ["out.jsonl", "out.csv"] {
        let out = folder.path().join(name);
        let options = TagOptions { out: Some(out.clone()), ..options(&[&file]) };
        assert_eq!(run(options.clone()).lines(), ["a.wav: ok"]);
        let before = fs::read(&out).unwrap();
        let away = folder.path().join("away");
        fs::rename(&file, &away).unwrap();
        assert_eq!(run(options.clone()).lines(), ["a.wav: ERR_FILE_NOT_FOUND"]);
        assert_eq!(fs::read(&out).unwrap(), before, "{name}");
        fs::rename(&away, &file).unwrap();
        assert_eq!(run(options).lines(), ["a.wav: skipped"]);
    }
}

#[test]
fn what_was_left_out_and_what_failed_before_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in [".git", "music"] {
        fs::create_dir(path(name)).unwrap();
    }
    wav::sine(&path("music/a.wav"), RATE, 1.0, 440.0, 0.5);
    fs::write(path("music/._a.wav"), b"").unwrap();
    fs::write(path("music/b.mp3"), b"no music").unwrap();
    let options = TagOptions { out: Some(path("out.jsonl")), ..options(&[folder.path()]) };
    let done = |options: TagOptions| match run(options).events.last() {
        Some(Event::Done(done)) => *done,
        other => panic!("{other:?}"),
    };
    let first = done(options.clone());
    assert_eq!((first.failed, first.unfinished, first.left_out, first.failed_before), (1, 0, 2, 0));
    let second = done(options);
    assert_eq!((second.failed, second.skipped, second.left_out, second.failed_before), (0, 2, 2, 1));
}

#[test]
fn a_list_that_can_be_read_once_gives_all_its_paths_to_the_job() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let mut names = String::new();
    for number in 0..300 {
        let file = folder.path().join(format!("{number:03}.wav"));
        wav::sine(&file, RATE, 0.2, 440.0, 0.5);
        names += &format!("{}\n", file.display());
    }
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = {
        let pipe = pipe.clone();
        std::thread::spawn(move || fs::write(pipe, names).unwrap())
    };
    let said = run(TagOptions { files_from: Some(pipe), ..options(&[] as &[&Path]) });
    writer.join().unwrap();
    assert_eq!(said.records.len(), 300);
}
