//! Fine-tuning after the head.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use error::Code;
use lab::learn::{learn, Depth, LearnEvent, LearnOptions, LearnPhase};
use net::{Layout, Model};

use crate::music::{classify, music, run, tags, tuning};

#[test]
fn a_fine_tuning_that_is_better_becomes_the_model() {
    // The base model was never trained.
    let music = music(300);
    classify(&music, |_, tags| (if tags.contains(&"high") { "high" } else { "deep" }).to_owned());
    let (done, events) = run(&LearnOptions { depth: Depth::All, epochs: 24, segments: 6, ..music.options() });
    let tuning = tuning(&events);
    assert!(tuning.kept, "{tuning:?}");
    let model = Model::load(done.model.as_ref().unwrap()).unwrap();
    assert_eq!((&model.tags, model.thresholds.is_some()), (&done.tags, true));
    let base = Model::load(&music.base).unwrap();
    let blocks = |model: &Model| {
        let layout = Layout::new(&model.architecture, model.tags.len());
        model.parameters.tensor(layout.find("blocks.0.conv.weight").unwrap()).to_vec()
    };
    assert!(blocks(&base) != blocks(&model), "the blocks are trained");
    let page = fs::read_to_string(done.report.unwrap()).unwrap();
    assert!(page.contains("those of the head before fine-tuning"));
    assert_eq!(tags(&events).len(), done.tags.len());
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
    let tuning = tuning(&events);
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
