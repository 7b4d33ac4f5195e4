//! Bad input ends in a coded error that names it, and nothing is lost.

use error::Code;
use lab::probe::Classifier;
use serde_json::json;

use crate::support::Data;

/// Changes a file of the data by `change`; the error of the probe.
fn after(name: &str, change: impl Fn(String) -> String) -> error::Error {
    let data = Data::new();
    let text = std::fs::read_to_string(data.path(name)).unwrap();
    std::fs::write(data.path(name), change(text)).unwrap();
    data.run(json!({})).0.unwrap_err()
}

fn is(failure: &error::Error, code: Code, names: &[&str]) {
    assert_eq!(failure.code, code, "{failure}");
    assert!(names.iter().all(|name| failure.message.contains(name)), "{failure}");
}

#[test]
fn features_of_two_models_or_levels_are_refused() {
    let other = |text: String| text.replace("{\"files\":", "{\"modelHash\":\"def\",\"files\":");
    is(&after("features.jsonl", other), Code::CheckpointMismatch, &["features.jsonl, line 1002", "def", "abc"]);
    let levels = |text: String| text.replacen("\"embedding\",", "\"embedding\",\"levels\":[-2],", 1);
    is(&after("features.jsonl", levels), Code::CheckpointMismatch, &["line 2", "[-2]", "[-1]"]);
}

#[test]
fn a_list_that_does_not_fit_the_array_or_the_dataset_is_refused() {
    let shorter = |text: String| text.replacen("{\"file\":\"7.wav\",\"type\":\"embedding\",\"width\":20}\n", "", 1);
    is(&after("features.jsonl", shorter), Code::Dataset, &["features.jsonl lists 999 files", "1000 rows"]);
    let renamed = |text: String| text.replace("\"7.wav\"", "\"seven.wav\"").replace("\"9.wav\"", "\"nine.wav\"");
    is(&after("features.jsonl", renamed), Code::Dataset, &["no features of", "7.wav and 1 other clips"]);
    let twice = |text: String| text.replace("\"8.wav\"", "\"7.wav\"");
    is(&after("features.jsonl", twice), Code::Dataset, &["line 10", "7.wav is listed twice"]);
    let wide = |text: String| text.replacen("\"width\":20", "\"width\":512", 1);
    is(&after("features.jsonl", wide), Code::Dataset, &["line 2", "the width is 512", "20 values"]);
    let damaged = |text: String| text.replacen("\"type\":\"embedding\"", "\"type\":embedding", 1);
    is(&after("features.jsonl", damaged), Code::Dataset, &["features.jsonl, line 2"]);
}

#[test]
fn parts_without_clips_and_features_that_are_not_numbers_are_refused() {
    let no_valid = |text: String| text.replace(",valid\n", ",train\n");
    is(&after("classes.csv", no_valid), Code::Dataset, &["classes.csv: no clips in the valid part"]);
    let no_train = |text: String| text.replace(",train\n", ",valid\n");
    is(&after("classes.csv", no_train), Code::Dataset, &["no clips in the train part"]);
    let data = Data::new();
    let mut bytes = std::fs::read(data.path("features.npy")).unwrap();
    bytes[128 + 4 * (20 * 7 + 3)..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(data.path("features.npy"), &bytes).unwrap();
    is(&data.run(json!({})).0.unwrap_err(), Code::Dataset, &["features of 7.wav", "value 4 of 20 is NaN"]);
}

#[test]
fn missing_files_and_unknown_devices_are_refused() {
    let data = Data::new();
    let missing = json!({"source": data.path("other.npy")});
    is(&data.run(missing).0.unwrap_err(), Code::FileNotFound, &["other.npy"]);
    std::fs::remove_file(data.path("features.jsonl")).unwrap();
    is(&data.run(json!({})).0.unwrap_err(), Code::FileNotFound, &["features.jsonl"]);
    is(&data.run(json!({"device": "gpu"})).0.unwrap_err(), Code::InvalidOption, &["\"gpu\""]);
    if cfg!(not(feature = "candle-cuda")) {
        is(&data.run(json!({"device": "cuda"})).0.unwrap_err(), Code::CudaUnavailable, &["candle-cuda"]);
    }
}

#[test]
fn a_diverging_training_says_so() {
    let data = Data::new();
    let wild = json!({"optimiser": "sgd", "learningRate": 1e20, "standardise": "none", "hidden": [12, 12]});
    is(&data.run(wild).0.unwrap_err(), Code::Diverged, &["loss of epoch", "learningRate"]);
}

#[test]
fn files_that_no_probe_wrote_stay() {
    for name in ["result.json", "predictions.csv", "classifier.safetensors", "probe.json"] {
        let data = Data::new();
        std::fs::create_dir(data.path("out")).unwrap();
        std::fs::write(data.path("out").join(name), "mine").unwrap();
        is(&data.run(json!({"force": true})).0.unwrap_err(), Code::Output, &[name]);
        assert_eq!(std::fs::read(data.path("out").join(name)).unwrap(), b"mine");
    }
    let data = Data::new();
    std::fs::create_dir(data.path("out")).unwrap();
    let _held = files::Lock::take(data.path("out/.probe.lock")).unwrap().unwrap();
    is(&data.run(json!({})).0.unwrap_err(), Code::RunExists, &["another probe runs"]);
}

#[test]
fn damaged_classifiers_are_refused() {
    let data = Data::new();
    let done = data.run(json!({})).0.unwrap();
    let path = &done.trials[0].classifier;
    let whole = std::fs::read(path).unwrap();
    let load = |bytes: &[u8]| {
        std::fs::write(path, bytes).unwrap();
        Classifier::load(path).map(drop).unwrap_err()
    };
    for bytes in [&whole[..whole.len() / 2], &whole[..4], b"", b"RIFF"] {
        is(&load(bytes), Code::ModelFormat, &["classifier.safetensors"]);
    }
    let text = |from: &str, to: &str| {
        let at = whole.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        let mut changed = whole.clone();
        changed[at..at + from.len()].copy_from_slice(to.as_bytes());
        changed
    };
    is(&load(&text("\\\"format\\\":1", "\\\"format\\\":2")), Code::ModelVersion, &["newer version"]);
    is(&load(&text("\\\"width\\\":20", "\\\"width\\\":90")), Code::ModelFormat, &["parameters"]);
    is(&load(&text("\\\"width\\\":20", "\\\"width\\\":19")), Code::ModelFormat, &["hidden.0.weight", "[12, 19]"]);
    is(&load(&text("hidden.0.bias", "hidden.0.beas")), Code::ModelFormat, &["hidden.0.bias"]);
    assert_eq!(Classifier::load(data.path("none")).map(drop).unwrap_err().code, Code::FileNotFound);
}
