//! Features in memory: from a file, split into levels, joined again, and probed.

use std::sync::atomic::AtomicBool;

use lab::probe::{
    examples, fit, join, probe_examples, AnotherProbe, Compute, Examples, FeatureSource, FeaturesFile, FeaturesOfModel,
    Level, ProbeEvent, ProbeSetup,
};
use serde_json::json;
use train::dataset::Dataset;

use crate::support::{epochs, Data};

/// The examples of the data.
fn read(data: &Data) -> (Examples, FeaturesFile) {
    let options = data.options(json!({}));
    let dataset = Dataset::load(&options.dataset, options.task, 0).unwrap();
    let mut file = FeaturesFile::open(&options.source).unwrap();
    let read = examples(&options.dataset, &dataset, &mut file, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    (read, file)
}

/// The columns of `examples` from `first` on, `width` of them.
fn columns(examples: &Examples, first: usize, width: usize) -> Vec<f32> {
    examples.features.chunks_exact(examples.width).flat_map(|row| &row[first..first + width]).copied().collect()
}

#[test]
fn joined_features_are_probed_like_those_of_a_file() {
    let data = Data::new();
    let (whole, file) = read(&data);
    let (low, high) = (columns(&whole, 0, 8), columns(&whole, 8, 12));
    let levels = [Level { level: -1, width: 12, features: &high }, Level { level: -2, width: 8, features: &low }];
    let models = [FeaturesOfModel { model: "source", levels: &levels }];
    let joined = whole.with_features(join(&models, &[-2, -1], whole.clips.len()).unwrap());
    assert_eq!(joined, whole);

    let options = data.options(json!({"seeds": 2}));
    let setup = ProbeSetup {
        protocol: options.settings(),
        seeds: options.seeds(),
        source: None,
        facts: file.facts().clone(),
        split: "joined".into(),
        another: AnotherProbe::Refuse,
        compute: Compute::new("cpu", 2).unwrap(),
    };
    let run = |examples: &Examples, name: &str| {
        let mut events = Vec::new();
        let out = data.path(name);
        let mut on_event = |event: ProbeEvent| events.push(event);
        let done = probe_examples(examples, &setup, &out, &mut on_event, &AtomicBool::new(false)).unwrap();
        (done, epochs(&events))
    };
    let (done, trained) = run(&joined, "joined");
    assert_eq!((done.test, trained), (data.run(json!({"seeds": 2})).0.unwrap().test, 6));
    assert_eq!(run(&joined, "joined"), (done, 0));

    // Fewer features are another probe.
    let half = whole.with_features(join(&models, &[-2], whole.clips.len()).unwrap());
    let (done, trained) = run(&half, "half");
    assert_eq!((done.parameters, trained), ((8 + 1) * 12 + (12 + 1) * 6, 6));
}

#[test]
fn a_classifier_in_memory_needs_no_folder() {
    let data = Data::new();
    let (examples, _) = read(&data);
    let options = data.options(json!({"epochs": 4}));
    let mut losses = Vec::new();
    let mut on_epoch = |epoch: lab::probe::FitEpoch| losses.push(epoch.valid_loss);
    let compute = Compute::new("cpu", 1).unwrap();
    let fitted = fit(&examples, &options.settings(), 7, &compute, &mut on_epoch, &AtomicBool::new(false)).unwrap();
    assert_eq!((fitted.epochs, losses.len()), (4, 4));
    assert_eq!(losses[fitted.best_epoch - 1], fitted.valid_loss);
    assert!(losses[3] < losses[0], "{losses:?}");
    let scores = fitted.classifier.scores_of(&examples, &[3, 999]).unwrap();
    let row = |row: usize| fitted.classifier.scores(&examples.features[row * 20..(row + 1) * 20]).unwrap();
    assert_eq!(scores, [row(3), row(999)].concat());
}
