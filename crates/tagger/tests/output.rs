//! Output files: their content, and how a second run continues.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod network;
mod wav;

use std::fs;
use std::path::{Path, PathBuf};

use audio::SegmentPolicy;
use error::Code;
use network::{options, run, start, RATE};
use tagger::{TagOptions, CSV_COLUMNS};

/// A folder with `music/{a,b}.wav` and the broken `music/c.mp3`.
fn library() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().join("music");
    fs::create_dir(&music).unwrap();
    wav::sine(&music.join("a.wav"), RATE, 1.0, 440.0, 0.5);
    wav::sine(&music.join("b.wav"), RATE, 2.0, 440.0, 0.25);
    fs::write(music.join("c.mp3"), b"no music").unwrap();
    folder
}

fn into(folder: &Path, name: &str) -> TagOptions {
    TagOptions { out: Some(folder.join(name)), ..options(&[&folder.join("music")]) }
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().map(String::from).collect()
}

const ALL_DONE: [&str; 3] = ["a.wav: ok", "b.wav: ok", "c.mp3: ERR_UNSUPPORTED_FORMAT"];
const ALL_SKIPPED: [&str; 3] = ["a.wav: skipped", "b.wav: skipped", "c.mp3: skipped"];

#[test]
fn json_lines_hold_the_start_and_the_records() {
    let folder = library();
    let said = run(into(folder.path(), "out.jsonl"));
    let lines = lines(&folder.path().join("out.jsonl"));
    assert_eq!(lines.len(), 4);
    assert!(lines[0].starts_with(r#"{"type":"start","schema":1,"#), "{}", lines[0]);
    for (line, record) in lines[1..].iter().zip(&said.records) {
        assert_eq!(*line, serde_json::to_string(record).unwrap());
    }
}

#[test]
fn csv_holds_a_row_a_file_and_every_score() {
    let folder = library();
    run(TagOptions { top: Some(2), ..into(folder.path(), "out.csv") });
    let mut reader = csv::Reader::from_path(folder.path().join("out.csv")).unwrap();
    let header: Vec<String> = reader.headers().unwrap().iter().map(String::from).collect();
    assert_eq!(header[..CSV_COLUMNS.len()], CSV_COLUMNS);
    assert_eq!(header[CSV_COLUMNS.len()..], ["score:power", "score:middle", "score:left", "score:right"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    let field =
        |row: usize, name: &str| rows[row][header.iter().position(|column| column == name).unwrap()].to_string();
    assert_eq!(rows.len(), 3);
    assert_eq!(field(0, "status"), "ok");
    assert_eq!(field(0, "duration"), "1");
    assert_eq!(field(0, "tags"), "left|right");
    assert!((field(0, "score:power").parse::<f32>().unwrap() - 0.125).abs() < 1e-3);
    assert_eq!(field(2, "status"), "failed");
    assert_eq!(field(2, "code"), "ERR_UNSUPPORTED_FORMAT");
    assert_eq!(field(2, "score:power"), "");
}

#[test]
fn a_second_run_skips_what_is_there_and_changes_nothing() {
    for name in ["out.jsonl", "out.csv"] {
        let folder = library();
        let options = into(folder.path(), name);
        assert_eq!(run(options.clone()).lines(), ALL_DONE);
        let before = fs::read(folder.path().join(name)).unwrap();
        assert_eq!(run(options.clone()).lines(), ALL_SKIPPED, "{name}");
        assert_eq!(fs::read(folder.path().join(name)).unwrap(), before);
        let again = run(TagOptions { retry_failed: true, ..options });
        assert_eq!(again.lines(), ["a.wav: skipped", "b.wav: skipped", "c.mp3: ERR_UNSUPPORTED_FORMAT"]);
        assert_eq!(
            fs::read(folder.path().join(name)).unwrap(),
            before,
            "the row that was tried again replaces the old one"
        );
    }
}

#[test]
fn changed_and_new_files_are_tagged_and_replace_their_rows() {
    for name in ["out.jsonl", "out.csv"] {
        let folder = library();
        run(into(folder.path(), name));
        wav::sine(&folder.path().join("music/b.wav"), RATE, 3.0, 440.0, 0.25);
        wav::sine(&folder.path().join("music/d.wav"), RATE, 1.0, 440.0, 0.25);
        let said = run(into(folder.path(), name));
        assert_eq!(said.lines(), ["a.wav: skipped", "b.wav: ok", "c.mp3: skipped", "d.wav: ok"]);
        let lines = lines(&folder.path().join(name));
        assert_eq!(lines.len(), 5, "{lines:#?}");
        assert_eq!(lines.iter().filter(|line| line.contains("b.wav")).count(), 1);
    }
}

#[test]
fn a_cut_last_row_is_dropped_wherever_it_was_cut() {
    for name in ["out.jsonl", "out.csv"] {
        let folder = library();
        let (path, options) = (folder.path().join(name), into(folder.path(), name));
        run(options.clone());
        let whole = fs::read(&path).unwrap();
        let rows = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == b'\n').count();
        for cut in (1..whole.len()).filter(|cut| cut % 9 == 0 || whole[cut - 1] == b'\n' || whole[*cut] == b'\n') {
            fs::write(&path, &whole[..cut]).unwrap();
            let (tagger, _) =
                start(options.clone(), "hash").unwrap_or_else(|error| panic!("{name} cut at {cut}: {error}"));
            // Opening repairs the file; the audio files need not be decoded for that.
            drop(tagger);
            let mended = fs::read(&path).unwrap();
            assert!(rows(&mended) >= 1 && mended.last() == Some(&b'\n'), "{name} cut at {cut}");
            assert!(whole.starts_with(&mended), "{name} cut at {cut}");
        }
        fs::write(&path, &whole[..whole.len() - 20]).unwrap();
        assert_eq!(run(options).lines(), ["a.wav: skipped", "b.wav: skipped", "c.mp3: ERR_UNSUPPORTED_FORMAT"]);
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
}

#[test]
fn results_of_another_model_or_other_options_are_refused() {
    for name in ["out.jsonl", "out.csv"] {
        let folder = library();
        let options = into(folder.path(), name);
        run(options.clone());
        let before = fs::read(folder.path().join(name)).unwrap();
        let error = start(options.clone(), "another").err().unwrap();
        assert_eq!(error.code, Code::Output);
        assert!(error.message.contains("another model"), "{}", error.message);
        let facts = network::network("hash", Box::<network::Meter>::default()).start;
        for (other, expected) in [
            (tagger::Start { segments: SegmentPolicy::Spread(3), ..facts.clone() }, "segments (\"all\", now 3)"),
            (
                tagger::Start { precision: engine::Precision::Int8, ..facts.clone() },
                "precision (\"f32\", now \"int8\")",
            ),
        ] {
            let network = network::network("hash", Box::<network::Meter>::default());
            let network = tagger::ReadyModel { start: other, ..network };
            let quiet = std::sync::Arc::new(|_| {});
            let error = tagger::Tagger::start_with(options.clone(), network, quiet).err().unwrap();
            assert!(error.message.contains(expected), "{}", error.message);
        }
        assert_eq!(fs::read(folder.path().join(name)).unwrap(), before);
    }
}

#[test]
fn a_file_that_is_not_an_output_is_not_touched() {
    for (name, text) in [
        ("out.jsonl", "my notes"),
        ("out.jsonl", "{\"a\":1}"),
        ("out.jsonl", "{\"type\":\"other\"}\n"),
        ("out.csv", "a,b\n1,2\n"),
        ("newer.jsonl", "{\"type\":\"start\",\"schema\":2}\n"),
    ] {
        let folder = library();
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let error = start(into(folder.path(), name), "hash").err().unwrap();
        assert_eq!(error.code, Code::Output, "{text}");
        assert!(error.message.contains(&path.display().to_string()), "{}", error.message);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn text_that_took_the_place_of_a_table_is_not_touched() {
    for text in ["my notes\n", "my notes", "a,b\n", &format!("{}x\n", "x,".repeat(CSV_COLUMNS.len() + 3))] {
        let folder = library();
        let path = folder.path().join("out.csv");
        run(into(folder.path(), "out.csv"));
        fs::write(&path, text).unwrap();
        let error = start(into(folder.path(), "out.csv"), "hash").err().unwrap();
        assert!(error.code == Code::Output && error.message.contains("row 1"), "{text}: {}", error.message);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_table_that_is_refused_keeps_its_incomplete_row() {
    let folder = library();
    let path = folder.path().join("out.csv");
    run(into(folder.path(), "out.csv"));
    let cut = &fs::read(&path).unwrap()[..30];
    fs::write(&path, cut).unwrap();
    // The settings are those of this job, but the file is not one that the program may replace.
    let owner = folder.path().join("out.csv.start.json");
    let settings = fs::read_to_string(&owner).unwrap().replace(r#""type":"start""#, r#""type":"other""#);
    fs::write(&owner, &settings).unwrap();
    let error = start(into(folder.path(), "out.csv"), "hash").err().unwrap();
    assert_eq!(error.code, Code::Output, "{error}");
    assert_eq!((fs::read(&path).unwrap(), fs::read_to_string(&owner).unwrap()), (cut.to_vec(), settings));
}

#[test]
fn damage_in_the_middle_is_named_by_line() {
    let folder = library();
    let path = folder.path().join("out.jsonl");
    run(into(folder.path(), "out.jsonl"));
    let damaged = fs::read_to_string(&path).unwrap().replacen(r#"{"type":"result""#, "{\"type:", 1);
    fs::write(&path, &damaged).unwrap();
    let error = start(into(folder.path(), "out.jsonl"), "hash").err().unwrap();
    assert_eq!(error.code, Code::Output);
    assert!(error.message.contains("line 2"), "{}", error.message);
    assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
}

#[test]
fn a_missing_file_is_reported_each_time_and_written_once() {
    let folder = library();
    let out = folder.path().join("out.jsonl");
    let options = TagOptions { out: Some(out.clone()), ..options(&[&folder.path().join("gone.wav")]) };
    for _ in 0..2 {
        assert_eq!(run(options.clone()).lines(), ["gone.wav: ERR_FILE_NOT_FOUND"]);
        assert_eq!(lines(&out).len(), 2);
    }
    wav::sine(&folder.path().join("gone.wav"), RATE, 1.0, 440.0, 0.5);
    assert_eq!(run(options).lines(), ["gone.wav: ok"]);
    assert_eq!(lines(&out).len(), 2);
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_anything_is_decoded() {
    let folder = library();
    for name in ["no/such/folder/out.jsonl", "music/a.wav/out.jsonl", "music"] {
        let error = start(into(folder.path(), name), "hash").err().unwrap();
        assert_eq!(error.code, Code::Output, "{name}: {}", error.message);
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_not_unicode_are_recognised() {
    use std::os::unix::ffi::OsStrExt;
    for name in ["out.jsonl", "out.csv"] {
        let folder = library();
        let odd = |bytes| folder.path().join("music").join(std::ffi::OsStr::from_bytes(bytes));
        wav::sine(&odd(b"e\xe9.wav"), RATE, 1.0, 440.0, 0.5);
        wav::sine(&odd(b"e\xe8.wav"), RATE, 1.0, 440.0, 0.5);
        assert_eq!(run(into(folder.path(), name)).lines().len(), 5);
        let again = run(into(folder.path(), name));
        assert!(again.lines().iter().all(|line| line.ends_with("skipped")), "{:?}", again.lines());
    }
}

/// A file system of 64 KiB, unmounted on drop.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(path: PathBuf) -> Option<Self> {
        fs::create_dir(&path).unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(&path).stderr(std::process::Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then_some(Self(path))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_an_output_error_and_the_finished_rows_stay() {
    for name in ["out.jsonl", "out.csv"] {
        let folder = library();
        let Some(disk) = SmallDisk::mount(folder.path().join("disk")) else {
            return testbed::skip("this user may not mount a file system");
        };
        let out = disk.0.join(name);
        for number in 0..500 {
            wav::sine(&folder.path().join(format!("music/{number:03}.wav")), RATE, 0.11, 440.0, 0.5);
        }
        let options = TagOptions { out: Some(out.clone()), ..into(folder.path(), name) };
        let (tagger, _) = start(options.clone(), "hash").unwrap();
        let mut records = 0;
        let error = loop {
            match tagger.next() {
                Ok(record) => records += usize::from(record.is_some()),
                Err(error) => break error,
            }
            assert!(records < 503, "the disk did not fill up");
        };
        assert_eq!(error.code, Code::Output);
        assert!(error.message.contains("full"), "{}", error.message);
        drop(tagger);
        let text = fs::read_to_string(&out).unwrap();
        assert!(text.ends_with('\n'));
        assert_eq!(text.lines().count(), records + 1, "every record that was returned is in the file");
        // With enough room again, the job continues where it stopped.
        let roomy = folder.path().join(name);
        fs::copy(&out, &roomy).unwrap();
        let owner = PathBuf::from(format!("{}.start.json", out.display()));
        if owner.exists() {
            fs::copy(owner, format!("{}.start.json", roomy.display())).unwrap();
        }
        let said = run(TagOptions { out: Some(roomy), ..options });
        assert_eq!(said.lines().iter().filter(|line| line.ends_with("skipped")).count(), records);
    }
}
