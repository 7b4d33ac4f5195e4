//! One copy of a file serves all datasets, names, lengths and processes.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test helpers: clippy exempts only test functions.

mod shared;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;

use shared::{copies, copy_of, tone, write_wav};
use train::cache::{fill, Filled, Key};
use train::dataset::{Dataset, DatasetOptions};

const RATE: u32 = 8000;

/// A manifest of the files `names` below `folder`.
fn manifest(folder: &Path, list: &str, names: &[String]) -> DatasetOptions {
    let rows: String = names.iter().map(|name| format!("{name},x,train\n")).collect();
    let path = folder.join(list);
    fs::write(&path, format!("path,tags,split\n{rows}")).unwrap();
    DatasetOptions::manifest(path)
}

fn fill_at(options: &DatasetOptions, base: &Path, seconds: Option<f64>) -> Filled {
    let dataset = Dataset::load(options, None, 0).unwrap();
    fill(&dataset, &Key::new(options, RATE, seconds), base, 2, false, &mut |_| {}, &AtomicBool::new(false)).unwrap()
}

/// Clips of 2 seconds.
fn clips(folder: &Path, count: usize) -> Vec<String> {
    let name = |clip: usize| {
        write_wav(folder.join(format!("{clip}.wav")), RATE, &tone(RATE, 100.0 + clip as f32, 2.0));
        format!("{clip}.wav")
    };
    (0..count).map(name).collect()
}

#[test]
fn files_with_the_same_bytes_are_decoded_once_whatever_their_names_and_lists_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut names = clips(folder.path(), 4);
    let base = folder.path().join("cache");
    for clip in 0..4 {
        let copy = format!("copy of {clip}.wav");
        fs::copy(folder.path().join(&names[clip]), folder.path().join(&copy)).unwrap();
        names.push(copy);
    }
    let first = fill_at(&manifest(folder.path(), "all.csv", &names), &base, None);
    assert_eq!((first.decoded, copies(&first.folder).len()), (4, 4));
    for clip in 0..4 {
        let audio = |name: &str| first.cache.clip(name).unwrap();
        assert_eq!(audio(&names[clip]), audio(&names[clip + 4]));
    }
    // Another list, another folder, another name.
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::copy(folder.path().join("2.wav"), other.join("renamed.wav")).unwrap();
    for options in [
        manifest(folder.path(), "some.csv", &names[1..6]),
        manifest(&other, "list.csv", &["renamed.wav".to_owned()]),
        manifest(folder.path(), "all.csv", &names),
    ] {
        assert_eq!(fill_at(&options, &base, None).decoded, 0);
    }
    assert_eq!(copies(&first.folder).len(), 4);
}

#[test]
fn a_shorter_wish_uses_a_longer_copy_and_a_longer_one_replaces_it() {
    let folder = tempfile::tempdir().unwrap();
    let names = clips(folder.path(), 3);
    let options = manifest(folder.path(), "list.csv", &names);
    let base = folder.path().join("cache");
    let file = |filled: &Filled| copy_of(&filled.folder, &folder.path().join("1.wav"));
    // (seconds, whether the clips are decoded, the samples that the copies then hold)
    for (seconds, decodes, held) in [
        (Some(0.5), true, 4000),
        (Some(0.25), false, 4000),
        (Some(1.0), true, 8000),
        (Some(0.5), false, 8000),
        (None, true, 16_000),
        (Some(0.75), false, 16_000),
        (Some(30.0), false, 16_000),
        (None, false, 16_000),
    ] {
        let filled = fill_at(&options, &base, seconds);
        assert_eq!(filled.decoded, if decodes { 3 } else { 0 }, "{seconds:?}");
        assert_eq!(copies(&filled.folder).len(), 3, "{seconds:?}: replaced copies are removed");
        let length = fs::metadata(file(&filled)).unwrap().len();
        assert!((2 * held..2 * held + 1000).contains(&length), "{seconds:?}: {length}");
        // A cache of its own, into which nothing else was decoded, gives the same samples and the same hash.
        let alone = tempfile::tempdir().unwrap();
        let fresh = fill_at(&options, alone.path(), seconds);
        for name in &names {
            let (ours, theirs) = (filled.cache.clip(name).unwrap(), fresh.cache.clip(name).unwrap());
            assert_eq!((ours.samples, ours.audio), (theirs.samples, theirs.audio), "{seconds:?} {name}");
            assert!(filled.cache.pcm(ours).unwrap() == fresh.cache.pcm(theirs).unwrap());
        }
    }
}

#[test]
fn what_a_file_gives_does_not_depend_on_what_was_decoded_before() {
    let folder = tempfile::tempdir().unwrap();
    // Silence and then sound, a cut file, and one that is silent.
    let mut late = vec![0.0; 40_000];
    late.extend(tone(RATE, 300.0, 3.0));
    write_wav(folder.path().join("late.wav"), RATE, &late);
    write_wav(folder.path().join("cut.wav"), RATE, &tone(RATE, 200.0, 4.0));
    let bytes = fs::read(folder.path().join("cut.wav")).unwrap();
    fs::write(folder.path().join("cut.wav"), &bytes[..bytes.len() / 2]).unwrap();
    write_wav(folder.path().join("silent.wav"), RATE, &[0.0; 20_000]);
    let options = manifest(folder.path(), "list.csv", &["late.wav", "cut.wav", "silent.wav"].map(String::from));
    let told = |filled: &Filled| {
        let bad = filled.bad.iter().map(|bad| (bad.file.clone(), bad.error.clone(), bad.damage.clone()));
        let audio = |name: &str| filled.cache.clip(name).map(|clip| (clip.samples, clip.audio));
        (bad.collect::<Vec<_>>(), audio("late.wav"), audio("cut.wav"), audio("silent.wav"))
    };
    let base = folder.path().join("cache");
    fill_at(&options, &base, None);
    for seconds in [Some(1.0), Some(6.0), None, Some(100.0), Some(2.0), Some(0.5), Some(1.0)] {
        let alone = tempfile::tempdir().unwrap();
        let expected = told(&fill_at(&options, alone.path(), seconds));
        assert_eq!(told(&fill_at(&options, &base, seconds)), expected, "{seconds:?}");
    }
}

#[test]
fn a_message_names_the_file_of_the_dataset_and_not_another_one_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.mp3", "b.mp3"] {
        fs::write(folder.path().join(name), "this is no music").unwrap();
    }
    let base = folder.path().join("cache");
    fill_at(&manifest(folder.path(), "a.csv", &["a.mp3".to_owned()]), &base, None);
    let both = fill_at(&manifest(folder.path(), "both.csv", &["a.mp3".to_owned(), "b.mp3".to_owned()]), &base, None);
    assert_eq!(both.decoded, 0);
    for (bad, name) in both.bad.iter().zip(["a.mp3", "b.mp3"]) {
        let message = &bad.error.as_ref().unwrap().message;
        assert!(message.contains(&folder.path().join(name).display().to_string()), "{message}");
    }
    let report = fs::read_to_string(&both.report).unwrap();
    assert!(report.contains("b.mp3") && both.report.parent().unwrap().ends_with("reports"), "{report}");
}

/// The process of the next test.
#[test]
fn fill_in_a_process() {
    let Some(folder) = std::env::var_os("SAMPLECNN_SHARING").map(PathBuf::from) else { return };
    let filled = fill_at(&DatasetOptions::manifest(folder.join("list.csv")), &folder.join("cache"), None);
    let usable = (0..30).filter(|clip| filled.cache.clip(&format!("{clip}.wav")).is_some()).count();
    println!("decoded {} usable {usable}", filled.decoded);
}

#[test]
fn processes_that_prepare_at_once_decode_every_clip_once_and_all_get_it() {
    let folder = tempfile::tempdir().unwrap();
    manifest(folder.path(), "list.csv", &clips(folder.path(), 30));
    let start = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "fill_in_a_process", "--nocapture"])
            .env("SAMPLECNN_SHARING", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let processes = [start(), start(), start()];
    let mut decoded = 0;
    for process in processes {
        let output = process.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let words: Vec<&str> = text.split_whitespace().skip_while(|word| *word != "decoded").take(4).collect();
        assert!(output.status.success() && words.len() == 4, "{text}");
        assert_eq!(words[3], "30");
        decoded += words[1].parse::<usize>().unwrap();
    }
    assert_eq!(decoded, 30);
    let cache = folder.path().join("cache/prepared-2");
    for part in ["leases", "claims"] {
        assert_eq!(fs::read_dir(cache.join(part)).unwrap().count(), 0, "{part} end with their jobs");
    }
}
