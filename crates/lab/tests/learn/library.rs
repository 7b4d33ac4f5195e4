//! Result, repetition, and bad input.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use error::{Code, WarningCode};
use lab::learn::{learn, LearnEvent, LearnOptions};
use net::{Calibration, CardOutput, Model};

use crate::music::{failure, music, run, scores, tags};

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
#[cfg(target_os = "linux")]
fn a_song_that_cannot_be_read_just_now_ends_the_work_and_the_earlier_model_stays() {
    let music = music(40);
    let (done, _) = run(&music.options());
    let before = fs::read(done.model.as_ref().unwrap()).unwrap();
    // A file of the system that nobody may read, not even root.
    let unreadable = "/sys/bus/cpu/drivers_probe";
    if !fs::File::open(unreadable).is_err_and(|reason| reason.kind() == std::io::ErrorKind::PermissionDenied) {
        return testbed::skip("the system has no file that nobody may read");
    }
    std::os::unix::fs::symlink(unreadable, music.manifest.with_file_name("clips/away.wav")).unwrap();
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
