//! Tags that exclude each other.

use std::fs;

use error::{Code, WarningCode};
use lab::learn::{Depth, LearnEvent, LearnOptions};
use net::{Calibration, Model, Task};

use crate::music::{classify, failure, music, run, scores, tags, tuning, Music};

/// How loud a song is, which also a network that was never trained tells.
fn loudness(tags: &[&str]) -> String {
    let found = ["loud", "quiet"].into_iter().find(|tag| tags.contains(tag));
    found.unwrap_or("medium").to_owned()
}

fn options(music: &Music) -> LearnOptions {
    LearnOptions { task: Task::SingleLabel, ..music.options() }
}

#[test]
fn every_song_gets_one_tag_and_the_report_says_how_often_it_is_right() {
    let music = music(95);
    // Two songs have two tags, and three have a tag that too few songs have.
    classify(&music, |row, tags| match row {
        10 | 11 => format!("{}|live", loudness(tags)),
        20..23 => "rare".into(),
        _ => loudness(tags),
    });
    let (done, events) = run(&options(&music));
    let accuracy = done.accuracy.unwrap();
    let [low, high] = done.accuracy_interval.unwrap();
    assert!(accuracy > 0.5 && low < accuracy && accuracy < high, "{done:?}");
    assert_eq!(done.tags, ["loud", "medium", "quiet"]);
    assert_eq!(done.songs, 90);
    let confusion = done.confusion.clone().unwrap();
    assert_eq!(confusion.iter().flatten().sum::<usize>(), 90);
    let right: usize = (0..3).map(|tag| confusion[tag][tag]).sum();
    assert!((right as f64 / 90.0 - accuracy).abs() < 1e-9);
    for fold in events.iter().filter_map(|event| if let LearnEvent::Fold(fold) = event { Some(fold) } else { None }) {
        assert!(fold.accuracy.is_some(), "{fold:?}");
    }
    let rare = tags(&events).into_iter().find(|tag| tag.tag == "rare").unwrap();
    assert!(rare.reason.as_deref().unwrap().starts_with("3 songs have the tag"), "{rare:?}");
    assert!(tags(&events).iter().all(|tag| tag.threshold.is_none()));
    assert!(events.iter().any(|event| matches!(event, LearnEvent::Warning(warning)
        if warning.code == WarningCode::ClipsLeftOut && warning.message.starts_with("5 songs are left out"))));

    let model = Model::load(done.model.as_ref().unwrap()).unwrap();
    assert_eq!((model.task, model.thresholds.clone()), (Task::SingleLabel, None));
    assert!(matches!(model.calibration, Some(Calibration::Temperature { temperature }) if temperature > 0.0));
    let card = model.card.unwrap();
    assert_eq!((card.output, card.scores[0].accuracy), (None, Some(accuracy)));
    let songs = fs::read_to_string(music.out("songs.csv")).unwrap();
    assert!(songs.contains("it has 2 tags") && songs.contains("its tag is withheld: 3 songs"), "{songs}");
    let page = fs::read_to_string(done.report.unwrap()).unwrap();
    for part in ["Confusion matrix", "Every song gets exactly one tag", "one temperature", "the highest score decides"]
    {
        assert!(page.contains(part), "{part}");
    }
    let found = scores(&model_path(&music), &music.manifest.with_file_name("clips/0030.wav"));
    assert!((found.iter().map(|(_, score)| score).sum::<f32>() - 1.0).abs() < 1e-4, "{found:?}");
    // The same command again gives the same model.
    let bytes = fs::read(model_path(&music)).unwrap();
    run(&options(&music));
    assert_eq!(fs::read(model_path(&music)).unwrap(), bytes);
}

fn model_path(music: &Music) -> std::path::PathBuf {
    music.out("model.safetensors")
}

#[test]
fn a_class_that_nothing_tells_apart_is_withheld_and_the_others_are_learnt_without_its_songs() {
    let music = music(100);
    classify(&music, |row, tags| if row % 4 == 1 { "favourite".into() } else { loudness(tags) });
    let (done, events) = run(&options(&music));
    let favourite = tags(&events).into_iter().find(|tag| tag.tag == "favourite").unwrap();
    assert!(favourite.reason.as_deref().unwrap().contains("touches 0.5"), "{favourite:?}");
    assert_eq!(favourite.positives, 25);
    assert!(!done.tags.contains(&"favourite".to_owned()) && done.tags.len() >= 2, "{done:?}");
    assert!(done.songs <= 75, "{done:?}");
    assert!(events.iter().any(|event| matches!(event, LearnEvent::Warning(warning)
        if warning.message.contains("learnt anew: favourite"))));
    assert_eq!(tags(&events).iter().filter(|tag| tag.kept).count(), done.tags.len());
}

#[test]
fn a_fine_tuning_is_compared_by_accuracy() {
    let music = music(60);
    classify(&music, |_, tags| loudness(tags));
    let (done, events) = run(&LearnOptions { depth: Depth::Blocks(1), epochs: 1, ..options(&music) });
    let found = tuning(&events);
    let share = found.head * found.songs as f64;
    assert!((share - share.round()).abs() < 1e-6, "{found:?}");
    let model = Model::load(done.model.unwrap()).unwrap();
    assert_eq!((model.task, model.tags), (Task::SingleLabel, done.tags));
    assert!(fs::read_to_string(done.report.unwrap()).unwrap().contains("the accuracy of the head is"));
}

#[test]
fn a_library_without_two_tags_to_choose_from_is_refused() {
    let music = music(24);
    classify(&music, |_, _| "rock".into());
    for tags in ["rock", "rock|jazz"] {
        classify(&music, |_, _| tags.into());
        let refused = failure(&options(&music));
        assert_eq!(refused.code, Code::Dataset);
        assert!(refused.message.contains("fewer than two tags can be learnt"), "{refused}");
    }
}

#[test]
fn a_dry_run_says_how_many_songs_have_exactly_one_tag() {
    let music = music(12);
    classify(&music, |row, tags| if row == 3 { "a|b".into() } else { loudness(tags) });
    let (_, events) = run(&LearnOptions { dry_run: true, ..options(&music) });
    let found = events.iter().find_map(|event| if let LearnEvent::Library(found) = event { Some(found) } else { None });
    assert_eq!((found.unwrap().tagged, found.unwrap().one_tag), (12, 11));
}
