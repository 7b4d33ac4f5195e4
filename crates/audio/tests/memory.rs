//! The content of a file in memory is decoded like the file itself.

use std::path::PathBuf;
use std::sync::Arc;

use audio::{read_clip, Bytes, Input};

#[test]
fn content_in_memory_gives_the_samples_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tone.wav");
    testbed::write_wav(&path, 22_050, &testbed::sine(22_050, 1.5, 440.0, 0.5));
    let mut bytes = Bytes::default();
    std::fs::read(&path).unwrap().chunks(1000).for_each(|chunk| bytes.push(chunk));
    let (from_file, _) = read_clip(&path, 16_000).unwrap();
    let (from_memory, decoded) = read_clip(Input::Memory(PathBuf::from("tone.wav"), Arc::new(bytes)), 16_000).unwrap();
    assert!(from_file == from_memory);
    assert_eq!(decoded.samples, 24_000);
}

#[test]
fn nothing_in_memory_is_an_empty_file() {
    let error = read_clip(Input::Memory(PathBuf::from("upload"), Arc::default()), 8000).unwrap_err();
    assert!(error.code == error::Code::NoAudio && error.message.contains("upload"), "{error}");
}
