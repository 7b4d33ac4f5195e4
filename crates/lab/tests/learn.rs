//! `learn` on a library of synthetic music: result, repetition, and bad input.

#![allow(clippy::unwrap_used)] // Test helpers: clippy exempts only test functions.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use engine::{untrained, Initialisation};
use error::{Code, WarningCode};
use lab::learn::{learn, Depth, LearnDone, LearnEvent, LearnOptions, LearnPhase, LearnTag};
use lab::synth::{write_set, SetSize};
use net::{Architecture, Calibration, CardOutput, Model, Task};
use tagger::{Record, TagOptions, Tagger};

/// A library of clips with a manifest that names their artists, and an untrained base model.
struct Music {
    folder: tempfile::TempDir,
    manifest: PathBuf,
    base: PathBuf,
}

/// `clips` clips of 1.5 s, long enough that none is silent; two clips in a row are by one artist.
fn music(clips: usize) -> Music {
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
    fn options(&self) -> LearnOptions {
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

    fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join("learnt").join(name)
    }
}

fn run(options: &LearnOptions) -> (LearnDone, Vec<LearnEvent>) {
    let mut events = Vec::new();
    let done = learn(options, &mut |event| events.push(event), &AtomicBool::new(false)).unwrap();
    assert_eq!(events.last(), Some(&LearnEvent::Done(done.clone())));
    (done, events)
}

fn failure(options: &LearnOptions) -> error::Error {
    learn(options, &mut |_| {}, &AtomicBool::new(false)).unwrap_err()
}

fn tags(events: &[LearnEvent]) -> Vec<&LearnTag> {
    events.iter().filter_map(|event| if let LearnEvent::Tag(tag) = event { Some(tag) } else { None }).collect()
}

/// The scores of all tags of a file.
fn scores(model: &Path, file: &Path) -> Vec<(String, f32)> {
    let options =
        TagOptions { paths: vec![file.into()], model: model.into(), all: true, threads: 1, ..TagOptions::default() };
    match Tagger::start(options, std::sync::Arc::new(|_| {})).unwrap().next().unwrap() {
        Some(Record::Result(tagged)) => tagged.tags.into_iter().map(|score| (score.tag, score.score)).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_library_becomes_a_model_that_says_what_it_can_tell_and_why_not_the_rest() {
    let music = music(120);
    // One tag that nothing in the sound tells, one that too few songs have, and a file that is no audio.
    let text = fs::read_to_string(&music.manifest).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (row, line) in lines.iter_mut().enumerate().skip(1) {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        if (row * 7919) % 13 < 5 {
            cells[1].push_str("|favourite");
        }
        if row <= 4 {
            cells[1].push_str("|rare");
        }
        *line = cells.join(",");
    }
    lines.push("clips/broken.wav,noise,artist x".into());
    fs::write(music.manifest.with_file_name("clips/broken.wav"), "no audio").unwrap();
    fs::write(&music.manifest, lines.join("\n")).unwrap();

    let (done, events) = run(&music.options());
    assert!(done.tags.len() >= 3 && done.roc_auc.unwrap() > 0.7, "{done:?}");
    let [low, high] = done.interval.unwrap();
    assert!(low < done.roc_auc.unwrap() && done.roc_auc.unwrap() < high);
    for tag in tags(&events) {
        assert_eq!(tag.kept, done.tags.contains(&tag.tag), "{tag:?}");
        assert_eq!(tag.kept, tag.reason.is_none(), "{tag:?}");
        if tag.kept {
            assert!(tag.positives >= 10 && tag.interval.unwrap()[0] > 0.5 && tag.threshold.is_some(), "{tag:?}");
        }
    }
    let rare = tags(&events).into_iter().find(|tag| tag.tag == "rare").unwrap();
    assert!(rare.reason.as_deref().unwrap().starts_with("4 songs have the tag"), "{rare:?}");
    let favourite = tags(&events).into_iter().find(|tag| tag.tag == "favourite").unwrap();
    assert!(favourite.reason.as_deref().unwrap().contains("touches 0.5"), "{favourite:?}");
    assert!(events.iter().any(|event| matches!(event, LearnEvent::Failed(failed)
        if failed.file.file.ends_with("broken.wav") && failed.error.code != "ERR_IO")));
    assert_eq!(events.iter().filter(|event| matches!(event, LearnEvent::Fold(_))).count(), 5);

    let model = Model::load(done.model.as_ref().unwrap()).unwrap();
    assert_eq!(model.tags, done.tags);
    assert!(model.tags.is_sorted());
    assert!(matches!(&model.calibration, Some(Calibration::Platt { tags }) if tags.iter().all(Option::is_some)));
    assert!(model.thresholds.as_ref().unwrap().iter().all(Option::is_some));
    let card = model.card.unwrap();
    assert_eq!(card.output, Some(CardOutput::Thresholds { top: 5 }));
    assert!(card.withheld.iter().any(|withheld| withheld.tag == "rare"));
    assert_eq!(model.training["learn"]["base"].as_str().unwrap().len(), 64);
    let page = fs::read_to_string(done.report.unwrap()).unwrap();
    for part in
        ["Tags of the model", "Withheld tags", "touches 0.5", "Calibration", "broken.wav", "How this was measured"]
    {
        assert!(page.contains(part), "{part}");
    }

    // Songs of one artist are in one part.
    let mut table = csv::Reader::from_path(music.out("songs.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).filter(|row| !row[2].is_empty()).collect();
    assert_eq!(rows.len(), 120);
    assert!(rows.chunks(2).all(|pair| pair[0][2] == pair[1][2] && pair[0][3] == pair[1][3]));
}

#[test]
fn learning_again_listens_only_to_what_is_new_and_gives_the_same_model() {
    let music = music(60);
    let (first, _) = run(&music.options());
    let bytes = fs::read(first.model.as_ref().unwrap()).unwrap();
    let cached = |events: &[LearnEvent]| {
        events.iter().find_map(|event| if let LearnEvent::Start(start) = event { Some(start.cached) } else { None })
    };
    let (_, events) = run(&music.options());
    assert_eq!(cached(&events), Some(60));
    assert_eq!(fs::read(first.model.as_ref().unwrap()).unwrap(), bytes);
    // A new song, and a copy of a song under another name and artist.
    let clips = music.manifest.with_file_name("clips");
    let mut names: Vec<PathBuf> = fs::read_dir(&clips).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    fs::copy(&names[0], clips.join("copy.wav")).unwrap();
    fs::copy(music.manifest.with_file_name("unseen.wav"), clips.join("new.wav")).unwrap();
    let text = fs::read_to_string(&music.manifest).unwrap();
    fs::write(&music.manifest, format!("{text}clips/copy.wav,noise,someone\nclips/new.wav,noise,artist 3\n")).unwrap();
    let (done, events) = run(&music.options());
    assert_eq!((cached(&events), done.songs), (Some(60), 61));
    let songs = fs::read_to_string(music.out("songs.csv")).unwrap();
    assert!(songs.lines().any(|line| line.contains("copy.wav") && line.contains("the same audio as")), "{songs}");
    // The scores of the model do not depend on where it is used.
    let found = scores(done.model.as_ref().unwrap(), &names[0]);
    assert_eq!(found.iter().map(|(tag, _)| tag.clone()).collect::<Vec<_>>(), done.tags);
}

#[test]
fn a_fine_tuning_is_told_with_its_interval_and_kept_only_if_it_is_better() {
    let music = music(60);
    let options = LearnOptions { depth: Depth::Blocks(1), epochs: 1, ..music.options() };
    // The head is complete when the fine-tuning begins, and a cancellation of that does not take it away.
    let cancel = AtomicBool::new(false);
    let mut on_event = |event: LearnEvent| {
        if matches!(&event, LearnEvent::Progress(progress) if progress.phase == LearnPhase::FineTuning) {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    assert_eq!(learn(&options, &mut on_event, &cancel).unwrap_err().code, Code::Aborted);
    assert!(Model::load(music.out("model.safetensors")).unwrap().tags.len() >= 3);
    assert!(fs::read_to_string(music.out("learn.json")).unwrap().contains("\"fineTuning\": null"));
    let (done, events) = run(&options);
    let tuning = events.iter().find_map(|event| match event {
        LearnEvent::FineTuning(tuning) => Some(tuning),
        _ => None,
    });
    let tuning = tuning.unwrap();
    let [low, high] = tuning.interval.unwrap();
    assert!(tuning.depth == "blocks:1" && low <= tuning.difference && tuning.difference <= high, "{tuning:?}");
    assert_eq!(tuning.kept, low > 0.0);
    assert!(events.iter().any(|event| matches!(event, LearnEvent::Epoch(_))));
    let model = Model::load(done.model.unwrap()).unwrap();
    assert_eq!(model.tags, done.tags);
    assert_eq!(model.training["learn"]["fineTuning"]["kept"], tuning.kept);
    let written: serde_json::Value = serde_json::from_slice(&fs::read(music.out("learn.json")).unwrap()).unwrap();
    assert_eq!(written["learn"]["fineTuning"]["songs"], tuning.songs);
    let page = fs::read_to_string(done.report.unwrap()).unwrap();
    assert_eq!(page.contains("those of the head before fine-tuning"), tuning.kept);
    let kept = written["learn"]["tags"].as_array().unwrap().iter().filter(|tag| tag["kept"] == true);
    for (tag, threshold) in kept.zip(model.thresholds.unwrap()) {
        let (written, expected) = (tag["threshold"].as_f64(), threshold.map(f64::from));
        assert!((written.unwrap() - expected.unwrap()).abs() < 1e-6, "{tag}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_song_that_cannot_be_read_just_now_ends_the_work_and_the_earlier_model_stays() {
    let music = music(40);
    let (done, _) = run(&music.options());
    let before = fs::read(done.model.as_ref().unwrap()).unwrap();
    // Address 0 of a process is not mapped: reading it is an I/O error, also for root.
    std::os::unix::fs::symlink("/proc/self/mem", music.manifest.with_file_name("clips/away.wav")).unwrap();
    let text = fs::read_to_string(&music.manifest).unwrap();
    fs::write(&music.manifest, format!("{text}clips/away.wav,noise,someone\n")).unwrap();
    let failure = failure(&music.options());
    assert_eq!(failure.code, Code::Io, "{failure}");
    assert!(failure.message.starts_with("1 file could not be read this time; the first: "), "{failure}");
    assert!(failure.message.ends_with("nothing was replaced; run the same command again"), "{failure}");
    assert!(failure.file.is_some());
    assert_eq!(fs::read(done.model.unwrap()).unwrap(), before);
}

#[test]
fn unknown_artists_are_told_once() {
    let music = music(40);
    let text = fs::read_to_string(&music.manifest).unwrap();
    fs::write(&music.manifest, text.replace(",artist 3\n", ",\n")).unwrap();
    let of_groups = |events: &[LearnEvent]| {
        let told = events.iter().filter(
            |event| matches!(event, LearnEvent::Warning(warning) if warning.code == WarningCode::ClipsWithoutGroup),
        );
        told.count()
    };
    assert_eq!(of_groups(&run(&music.options()).1), 1);
    assert_eq!(of_groups(&run(&LearnOptions { dry_run: true, ..music.options() }).1), 1);
}

#[test]
fn a_dry_run_only_says_what_was_found() {
    let music = music(12);
    let options = LearnOptions { dry_run: true, from: None, out: None, ..music.options() };
    let (done, events) = run(&options);
    assert_eq!((done.model, done.out, done.songs), (None, None, 12));
    assert!(matches!(&events[..], [.., LearnEvent::Library(found), LearnEvent::Done(_)] if found.songs == 12));
    assert!(!music.folder.path().join("learnt").exists() && !music.folder.path().join("cache").exists());
}

#[test]
fn a_library_that_teaches_nothing_is_refused_with_the_reasons() {
    let music = music(24);
    let text = fs::read_to_string(&music.manifest).unwrap();
    let with_tags = |tags: &str| {
        let rows = text.lines().skip(1).map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{},{tags},{}\n", cells[0], cells[2])
        });
        fs::write(&music.manifest, format!("path,tags,artist\n{}", rows.collect::<String>())).unwrap();
        failure(&music.options())
    };
    let one = with_tags("rock");
    assert_eq!(one.code, Code::Dataset);
    assert!(one.message.contains("rock: 0 of the tagged songs do not have the tag"), "{one}");
    let none = with_tags("");
    assert!(none.code == Code::Dataset && none.message.contains("tag"), "{none}");
}

#[test]
fn missing_options_and_other_files_in_the_folder_are_refused_before_any_work() {
    let music = music(12);
    let without = |options: LearnOptions, part: &str| {
        let failure = failure(&options);
        assert!(failure.code == Code::InvalidOption && failure.message.contains(part), "{failure}");
    };
    without(LearnOptions { from: None, ..music.options() }, "from is missing");
    without(LearnOptions { out: None, ..music.options() }, "out is missing");
    without(LearnOptions { manifest: None, ..music.options() }, "nothing to read");
    let missing = failure(&LearnOptions { from: Some("none.safetensors".into()), ..music.options() });
    assert_eq!(missing.code, Code::FileNotFound);
    fs::create_dir(music.folder.path().join("learnt")).unwrap();
    fs::write(music.out("model.safetensors"), "somebody's").unwrap();
    assert_eq!(failure(&music.options()).code, Code::Output);
    assert_eq!(fs::read_to_string(music.out("model.safetensors")).unwrap(), "somebody's");
    let cancelled = learn(
        &LearnOptions { out: Some(music.folder.path().join("other")), ..music.options() },
        &mut |_| {},
        &AtomicBool::new(true),
    );
    assert_eq!(cancelled.unwrap_err().code, Code::Aborted);
}
