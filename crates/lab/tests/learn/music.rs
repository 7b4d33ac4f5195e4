//! A library of synthetic music, and what is done with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use engine::{untrained, Initialisation};
use lab::learn::{learn, LearnDone, LearnEvent, LearnFineTuning, LearnOptions, LearnTag};
use lab::synth::{write_set, SetSize};
use net::{Architecture, Task};
use tagger::{Record, TagOptions, Tagger};

/// A library of clips with a manifest that names their artists, and an untrained base model.
pub struct Music {
    pub folder: tempfile::TempDir,
    pub manifest: PathBuf,
    pub base: PathBuf,
}

/// `clips` clips of 1.5 s, long enough that none is silent; two clips in a row are by one artist.
pub fn music(clips: usize) -> Music {
    let folder = tempfile::tempdir().unwrap();
    let size = SetSize { train: clips, valid: 0, test: 0, length: 12_000, sampling_rate: 8000 };
    let set = write_set(&folder.path().join("music"), &size, 3, &mut |_, _| Ok(())).unwrap();
    let text = fs::read_to_string(&set.manifest).unwrap();
    let rows = text.lines().skip(1).enumerate().map(|(row, line)| {
        let mut cells = line.splitn(3, ',');
        format!("{},{},artist {}\n", cells.next().unwrap(), cells.next().unwrap(), row / 2)
    });
    let manifest = set.manifest.with_file_name("library.csv");
    fs::write(&manifest, format!("path,tags,artist\n{}", rows.collect::<String>())).unwrap();
    let base = folder.path().join("base.safetensors");
    let architecture = Architecture::preset("3^5@8000").unwrap();
    let tags = vec!["one".to_owned(), "two".to_owned()];
    untrained(architecture, tags, Task::MultiLabel, Initialisation::default(), 1).unwrap().save(&base).unwrap();
    Music { folder, manifest, base }
}

impl Music {
    /// Options with which it is learnt quickly.
    pub fn options(&self) -> LearnOptions {
        LearnOptions {
            manifest: Some(self.manifest.clone()),
            from: Some(self.base.clone()),
            out: Some(self.folder.path().join("learnt")),
            cache: Some(self.folder.path().join("cache")),
            bootstrap: 200,
            threads: 1,
            ..LearnOptions::default()
        }
    }

    /// A file of the result.
    pub fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join("learnt").join(name)
    }
}

/// Learns, and returns the result with all events.
pub fn run(options: &LearnOptions) -> (LearnDone, Vec<LearnEvent>) {
    let mut events = Vec::new();
    let done = learn(options, &mut |event| events.push(event), &AtomicBool::new(false)).unwrap();
    assert_eq!(events.last(), Some(&LearnEvent::Done(done.clone())));
    (done, events)
}

/// Gives every song of `music` the tag that `class` makes of its number and its tags; `|` separates several.
pub fn classify(music: &Music, class: impl Fn(usize, &[&str]) -> String) {
    let text = fs::read_to_string(&music.manifest).unwrap();
    let rows = text.lines().skip(1).enumerate().map(|(row, line)| {
        let cells: Vec<&str> = line.split(',').collect();
        format!("{},{},{}\n", cells[0], class(row, &cells[1].split('|').collect::<Vec<_>>()), cells[2])
    });
    let rows: String = rows.collect();
    fs::write(&music.manifest, format!("path,tags,artist\n{rows}")).unwrap();
}

pub fn failure(options: &LearnOptions) -> error::Error {
    learn(options, &mut |_| {}, &AtomicBool::new(false)).unwrap_err()
}

pub fn tags(events: &[LearnEvent]) -> Vec<&LearnTag> {
    events.iter().filter_map(|event| if let LearnEvent::Tag(tag) = event { Some(tag) } else { None }).collect()
}

/// The comparison of a fine-tuning.
pub fn tuning(events: &[LearnEvent]) -> &LearnFineTuning {
    let found =
        events.iter().find_map(|event| if let LearnEvent::FineTuning(found) = event { Some(found) } else { None });
    found.unwrap()
}

/// The scores of all tags of a file.
pub fn scores(model: &Path, file: &Path) -> Vec<(String, f32)> {
    let options =
        TagOptions { paths: vec![file.into()], model: model.into(), all: true, threads: 1, ..TagOptions::default() };
    match Tagger::start(options, std::sync::Arc::new(|_| {})).unwrap().next().unwrap() {
        Some(Record::Result(tagged)) => tagged.tags.into_iter().map(|score| (score.tag, score.score)).collect(),
        other => panic!("{other:?}"),
    }
}
