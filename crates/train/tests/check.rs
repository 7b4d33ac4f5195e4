//! Checking a dataset: what is found, and how much it matters.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test helpers: clippy exempts only test functions.

mod shared;

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::Code;
use shared::{tone, write_wav};
use train::dataset::{DatasetOptions, Selection};
use train::{check_dataset, CheckDone, CheckEvent, CheckOptions, DatasetFacts, Finding, Severity};

const RATE: u32 = 8000;

/// The dataset record, the findings and the result.
struct Checked {
    facts: DatasetFacts,
    findings: Vec<Finding>,
    done: CheckDone,
}

impl Checked {
    fn kinds(&self) -> Vec<&str> {
        self.findings.iter().map(|finding| finding.kind.as_str()).collect()
    }

    fn finding(&self, kind: &str) -> &Finding {
        self.findings
            .iter()
            .find(|finding| finding.kind == kind)
            .unwrap_or_else(|| panic!("{kind}: {:?}", self.kinds()))
    }
}

fn options(folder: &Path, dataset: DatasetOptions, quick: bool) -> CheckOptions {
    CheckOptions {
        dataset,
        task: None,
        seed: 0,
        sampling_rate: RATE,
        quick,
        model: None,
        device: "cpu".into(),
        threads: 1,
        cache: Some(folder.join("cache")),
    }
}

fn check(folder: &Path, dataset: DatasetOptions, quick: bool) -> Checked {
    let mut facts = Vec::new();
    let mut findings = Vec::new();
    let mut on_event = |event| match event {
        CheckEvent::Dataset(found) => facts.push(found),
        CheckEvent::Finding(finding) => findings.push(finding),
        _ => {}
    };
    let done = check_dataset(&options(folder, dataset, quick), &mut on_event, &AtomicBool::new(false)).unwrap();
    assert_eq!(facts.len(), 1);
    Checked { facts: facts.remove(0), findings, done }
}

fn list(folder: &Path, text: &str) -> DatasetOptions {
    let path = folder.join("list.csv");
    fs::write(&path, text).unwrap();
    DatasetOptions::manifest(path)
}

/// Six different tones `0.wav` to `5.wav`.
fn tones(folder: &Path) {
    (0..6).for_each(|i| write_wav(folder.join(format!("{i}.wav")), RATE, &tone(RATE, 200.0 + 50.0 * i as f32, 0.5)));
}

const GOOD: &str = "path,tags,split\n0.wav,x,train\n1.wav,y,train\n2.wav,x,valid\n3.wav,y|z,valid\n4.wav,x|y|z,test\n\
                    5.wav,y,test\n";

#[test]
fn counts_of_parts_and_tags_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path());
    for quick in [true, false] {
        let checked = check(folder.path(), list(folder.path(), GOOD), quick);
        let facts = &checked.facts;
        assert_eq!((facts.parts.train, facts.parts.valid, facts.parts.test), (2, 2, 2));
        assert_eq!((facts.missing, facts.broken, facts.short), (0, (!quick).then_some(0), (!quick).then_some(0)));
        let y = &facts.tags[1];
        assert_eq!((y.tag.as_str(), y.train, y.valid, y.test), ("y", 1, 1, 2));
        assert_eq!(facts.duration.map(|seconds| (seconds * 10.0).round()), (!quick).then_some(30.0));
        assert!(facts.comparable.is_empty());
        // z has no positives in train, y is in every test clip.
        assert_eq!((checked.done.errors, checked.done.clips, checked.done.usable), (0, 6, 6));
        assert!(checked.finding("tags-without-positives").message.contains("in the train part 1 tags"));
        assert!(checked.finding("tags-without-negatives").message.ends_with(": y"));
    }
}

#[test]
fn missing_and_broken_files_are_errors_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path());
    fs::write(folder.path().join("broken.wav"), "no sound").unwrap();
    let text = format!("{GOOD}gone.wav,x,train\nbroken.wav,x,train\n");
    let checked = check(folder.path(), list(folder.path(), &text), false);
    assert_eq!((checked.facts.missing, checked.facts.broken), (1, Some(1)));
    assert_eq!((checked.done.errors, checked.done.usable), (2, 6));
    let missing = checked.finding("missing-files");
    assert_eq!((missing.severity, &missing.clips[..]), (Severity::Error, &["gone.wav".to_owned()][..]));
    assert!(missing.message.contains("list.csv: line 8: "), "{}", missing.message);
    assert_eq!(checked.finding("broken-files").clips, ["broken.wav"]);
    assert_eq!(checked.findings[0].severity, Severity::Error, "errors come first");
    let quick = check(folder.path(), list(folder.path(), &text), true);
    assert_eq!((quick.facts.missing, quick.facts.broken, quick.done.usable), (1, None, 7));
}

/// The WAV file `from` with a chunk that holds no audio in front of its samples.
fn with_another_chunk(from: &Path, to: &Path) {
    let bytes = fs::read(from).unwrap();
    let data = bytes.windows(4).position(|four| four == b"data").unwrap();
    let mut other = bytes[..data].to_vec();
    other.extend(b"note\x04\0\0\0abcd");
    other.extend(&bytes[data..]);
    let length = other.len() as u32 - 8;
    other[4..8].copy_from_slice(&length.to_le_bytes());
    fs::write(to, other).unwrap();
}

#[test]
fn the_same_audio_in_two_parts_is_an_error_and_in_one_part_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    tones(folder.path());
    fs::copy(at("0.wav"), at("copy.wav")).unwrap();
    with_another_chunk(&at("1.wav"), &at("chunk.wav"));
    fs::copy(at("4.wav"), at("twice.wav")).unwrap();
    fs::copy(at("5.wav"), at("other.wav")).unwrap();
    let text = format!("{GOOD}copy.wav,x,test\nchunk.wav,y,valid\ntwice.wav,x|y|z,test\nother.wav,x,test\n");
    let checked = check(folder.path(), list(folder.path(), &text), false);
    let two = checked.finding("same-audio-in-two-parts");
    assert_eq!(
        (two.severity, &two.clips[..]),
        (Severity::Error, &["0.wav", "copy.wav", "1.wav", "chunk.wav"].map(String::from)[..])
    );
    assert!(two.message.contains("2 times: 0.wav (train) = copy.wav (test)"), "{}", two.message);
    assert_eq!(checked.finding("same-audio-in-one-part").clips, ["4.wav", "twice.wav"]);
    assert_eq!(checked.finding("same-audio-with-other-tags").clips, ["5.wav", "other.wav"]);
    let quick = check(folder.path(), list(folder.path(), &text), true);
    assert_eq!(quick.finding("same-file-in-two-parts").clips, ["0.wav", "copy.wav"], "bytes only");
}

#[test]
fn artists_in_two_parts_are_found_in_lists_and_in_files() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path());
    let artists = ["Ada", "Bob", "Cy", "Cy", "Ada", "Dee"];
    let mut lines = GOOD.lines();
    let mut text = format!("{},artist\n", lines.next().unwrap());
    for (line, artist) in lines.zip(artists) {
        text += &format!("{line},{artist}\n");
    }
    let dataset = list(folder.path(), &text);
    let checked = check(folder.path(), dataset.clone(), true);
    let found = checked.finding("artist-in-two-parts");
    assert_eq!((found.count, &found.clips[..]), (1, &["4.wav".to_owned()][..]));
    assert!(found.message.contains(": Ada; 1 of 2 test clips"), "{}", found.message);
    let drawn = dataset.selected(Selection { group: Some("artist".into()), ..Selection::default() });
    assert!(!check(folder.path(), drawn, true).kinds().contains(&"artist-in-two-parts"));
    // The same artists in the tags of the files.
    for (i, artist) in artists.iter().enumerate() {
        let path = folder.path().join(format!("{i}.wav"));
        // An ID3v2.4 tag with the frame TPE1.
        let mut bytes = b"ID3\x04\0\0\0\0\0".to_vec();
        bytes.push(artist.len() as u8 + 11);
        bytes.extend(b"TPE1");
        bytes.extend([0, 0, 0, artist.len() as u8 + 1, 0, 0, 3]);
        bytes.extend(artist.as_bytes());
        bytes.extend(fs::read(&path).unwrap());
        fs::write(&path, bytes).unwrap();
    }
    let dataset = list(folder.path(), GOOD);
    let checked = check(folder.path(), dataset.clone(), false);
    assert_eq!(checked.finding("artist-in-two-parts").clips, ["4.wav"]);
    let drawn = dataset.selected(Selection { group: Some("artist".into()), ..Selection::default() });
    assert!(!check(folder.path(), drawn, false).kinds().contains(&"artist-in-two-parts"));
}

#[test]
fn spellings_and_empty_parts_are_found() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path());
    let text = "path,tags,split\n0.wav,Rock,train\n1.wav,rock|caf\u{e9},train\n2.wav,cafe\u{301},train\n";
    let checked = check(folder.path(), list(folder.path(), text), true);
    assert_eq!(checked.finding("similar-tags").count, 4);
    assert_eq!(checked.kinds().iter().filter(|kind| **kind == "empty-part").count(), 2);
}

#[test]
fn published_splits_are_comparable_only_with_all_their_clips() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut text = "filename,fold,target,category,esc10,src_file,take\n".to_owned();
    fs::create_dir_all(root.join("audio")).unwrap();
    for i in 0..400 {
        let (fold, class) = (i % 5 + 1, i / 5 % 10);
        text += &format!("{i}.wav,{fold},{class},class {class},True,{i},A\n");
        fs::write(root.join(format!("audio/{i}.wav")), format!("{i}")).unwrap();
    }
    fs::create_dir_all(root.join("meta")).unwrap();
    fs::write(root.join("meta/esc50.csv"), text).unwrap();
    let esc = |subset| DatasetOptions::Esc50 { root: root.into(), subset };
    let ten = check(root, esc(Some(train::dataset::EscSubset::Esc10)), true);
    assert_eq!((ten.facts.comparable.len(), &ten.facts.folds[..]), (1, &[1, 2, 3, 4, 5][..]));
    let fifty = check(root, esc(None), true);
    assert!(fifty.facts.comparable.is_empty());
    let message = &fifty.finding("not-comparable").message;
    assert!(message.contains("400 clips can be used, 2000 clips are published"), "{message}");
    let selected = esc(Some(train::dataset::EscSubset::Esc10));
    let selected = selected.selected(Selection { top_tags: Some(3), ..Selection::default() });
    assert!(check(root, selected, true).finding("not-comparable").message.contains("its tags are a selection"));
}

#[test]
fn options_out_of_bounds_and_a_cancelled_check_end_with_their_codes() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path());
    let fine = options(folder.path(), list(folder.path(), GOOD), true);
    let run = |options: &CheckOptions, cancel: bool| {
        check_dataset(options, &mut |_| {}, &AtomicBool::new(cancel)).unwrap_err().code
    };
    assert_eq!(run(&CheckOptions { sampling_rate: 1, ..fine.clone() }, false), Code::InvalidOption);
    assert_eq!(run(&CheckOptions { quick: false, ..fine.clone() }, true), Code::Aborted);
    let gone = DatasetOptions::Folders { root: folder.path().join("nowhere") };
    assert_eq!(run(&CheckOptions { dataset: gone, ..fine }, false), Code::FileNotFound);
}
