//! If the system cannot read a file temporarily, or another program writes to it, this is neither damage nor a result.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // The helper functions of the tests are test code too.

#[path = "shared/programs.rs"]
mod programs;

use std::path::Path;
use std::process::Command;

use audio::{read_clip, Reader};
use error::Code;

const FILE: &str = "SAMPLECNN_UNREADABLE";
const OUTCOME: &str = "outcome: ";

/// Ten seconds of a sweep with some noise.
fn wav(path: &Path) {
    let tone = |i: usize| ((i * i) as f32 * 2e-7).sin() * 0.5 + ((i * 7919) % 1000) as f32 * 1e-4;
    programs::write_wav(path, 44_100, 1, &(0..441_000).map(tone).collect::<Vec<_>>());
}

#[cfg(target_os = "linux")]
#[test]
fn an_error_of_the_system_is_told_whatever_the_format_and_wherever_it_comes() {
    let Some(folder) = programs::workplace(&["ffmpeg", "cc"]) else { return };
    let shim = folder.path().join("failing-read.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/failing-read.c");
    programs::run("cc", &["-shared", "-fPIC", "-o", shim.to_str().unwrap(), source, "-ldl"]);
    let first = folder.path().join("failing.wav");
    wav(&first);
    let mut files = vec![first.clone()];
    for (name, encoding) in [
        ("failing.flac", "-c:a flac"),
        ("failing.mp3", "-c:a libmp3lame"),
        ("failing.m4a", "-c:a aac"),
        ("failing.ogg", "-c:a libvorbis"),
        ("failing.aiff", "-c:a pcm_s16be"),
        ("failing.mka", "-c:a flac"),
        ("failing.aac", "-c:a aac"),
    ] {
        let path = folder.path().join(name);
        let arguments = [&["-i", first.to_str().unwrap()], &*encoding.split(' ').collect::<Vec<_>>()].concat();
        programs::ffmpeg(&[&arguments[..], &[path.to_str().unwrap()]].concat());
        files.push(path);
    }
    for path in &files {
        // Failures at the first byte and in the middle; EIO, ESTALE, EMFILE, EINTR, EACCES, ETIMEDOUT.
        let middle = std::fs::metadata(path).unwrap().len() / 2;
        for (from, errno) in [(0, 5), (middle, 5), (middle, 116), (middle, 24), (middle, 4), (middle, 13), (0, 110)] {
            let output = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "child", "--nocapture", "--test-threads=1"])
                .env(FILE, path)
                .env("FAILING_FILE", "failing.")
                .env("FAILING_FROM", from.to_string())
                .env("FAILING_ERRNO", errno.to_string())
                .env("LD_PRELOAD", &shim)
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let outcome = text.lines().find_map(|line| line.strip_prefix(OUTCOME)).unwrap_or(&text);
            let name = path.display();
            assert!(outcome.starts_with("ERR_IO "), "{name}, errno {errno} from byte {from}: {outcome}");
            assert!(outcome.contains("run the same command again"), "{outcome}");
        }
    }
}

/// Runs in a child process; without the environment variable it does nothing.
#[test]
fn child() {
    let Some(file) = std::env::var_os(FILE) else { return };
    match read_clip(Path::new(&file), 22_050) {
        Ok((_, decoded)) => println!("\n{OUTCOME}{decoded:?}"),
        Err(error) => println!("\n{OUTCOME}{} {error}", error.code.as_str()),
    }
}

#[test]
fn a_file_that_becomes_shorter_or_longer_while_it_is_read_gives_no_result() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    for length in [100_000, 900_000] {
        wav(&path);
        let mut reader = Reader::open(&path, 44_100).unwrap();
        reader.read(&mut Vec::new()).unwrap();
        std::fs::File::options().write(true).open(&path).unwrap().set_len(length).unwrap();
        let mut rest = Vec::new();
        let read = loop {
            match reader.read(&mut rest) {
                Ok(true) => {}
                Ok(false) => break reader.finish().map(drop),
                Err(error) => break Err(error),
            }
        };
        let error = read.unwrap_err();
        assert!(error.code == Code::Io && error.message.contains("changed while it was read"), "{length}: {error}");
    }
}

#[test]
fn a_file_that_is_replaced_while_it_is_read_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let (path, new) = (folder.path().join("a.wav"), folder.path().join("b.wav"));
    wav(&path);
    std::fs::write(&new, b"another file").unwrap();
    let mut reader = Reader::open(&path, 44_100).unwrap();
    // On Windows an open file cannot be replaced.
    if std::fs::rename(&new, &path).is_err() {
        return;
    }
    let mut samples = Vec::new();
    while reader.read(&mut samples).unwrap() {}
    assert_eq!((reader.finish().unwrap().samples, samples.len()), (441_000, 441_000));
}
