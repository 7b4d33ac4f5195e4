//! Checkpoints of every source, made by `bench/reference/checkpoints.py`, give the same scores of whole clips as
//! PyTorch.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use engine::{ClipScorer, Inference};
use import::{import, ImportOptions};
use net::{Model, Side, Task};
use serde_json::Value;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

fn expected() -> serde_json::Map<String, Value> {
    serde_json::from_str(&std::fs::read_to_string(data().join("expected.json")).unwrap()).unwrap()
}

/// The clip of the Python script: splitmix64 of the index, in [-0.5, 0.5).
fn clip(samples: usize) -> Vec<f32> {
    let value = |i: usize| {
        let mut z = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (((z >> 40) as f64 / (1u64 << 23) as f64 - 1.0) * 0.5) as f32
    };
    (0..samples).map(value).collect()
}

/// Scores of the clip: the mean over its two complete segments.
fn scores(model: &Model) -> Vec<f32> {
    let length = model.architecture.input_length;
    let inference =
        Inference::new(&model.architecture, model.tags.len(), &model.parameters, 2, &engine::Options::default())
            .unwrap();
    let mut scorer = ClipScorer::new(inference, model.task);
    scorer.begin(0);
    for segment in clip(2 * length + 100).chunks_exact(length) {
        scorer.push(0, segment).unwrap();
    }
    scorer.end(0);
    scorer.flush().unwrap();
    scorer.finished().remove(0).scores
}

#[test]
fn every_source_scores_as_pytorch_does() {
    for (file, facts) in expected() {
        let model = import(data().join(&file), &ImportOptions::default()).unwrap_or_else(|reason| panic!("{reason}"));
        let source = &model.training["importedFrom"];
        assert_eq!(source["format"], facts["format"], "{file}");
        assert_eq!(model.architecture.input_length as u64, facts["inputLength"].as_u64().unwrap(), "{file}");
        assert_eq!(u64::from(model.architecture.sampling_rate), facts["rate"].as_u64().unwrap(), "{file}");
        assert_eq!(model.task, Task::MultiLabel, "{file}");
        let side = if facts["same"] == "left" { Side::Left } else { Side::Right };
        assert_eq!(model.architecture.same, side, "{file}");
        if let Some(first) = facts["first"].as_str() {
            assert_eq!(model.tags[0], first, "{file}");
        }
        let Some(wanted) = facts.get("scores") else { continue };
        let wanted: Vec<f64> = wanted.as_array().unwrap().iter().map(|score| score.as_f64().unwrap()).collect();
        let got = scores(&model);
        assert_eq!(got.len(), wanted.len(), "{file}");
        let worst = got.iter().zip(&wanted).map(|(got, wanted)| (f64::from(*got) - wanted).abs()).fold(0.0, f64::max);
        assert!(worst <= 1e-5, "{file}: scores differ by {worst:.1e}");
    }
}

#[test]
fn an_imported_model_survives_its_own_file() {
    let folder = tempfile::tempdir().unwrap();
    let model = import(data().join("minzwon-se.pth"), &ImportOptions::default()).unwrap();
    let path = folder.path().join("m.safetensors");
    model.save(&path).unwrap();
    assert_eq!(Model::load(&path).unwrap(), model);
}

#[test]
fn tags_come_in_the_order_of_the_source() {
    let first = |model: Model| model.tags[0].clone();
    let folder = tempfile::tempdir().unwrap();
    for (part, tag) in [("mtat", "guitar"), ("msd", "rock"), ("jamendo", "genre---alternative")] {
        let path = folder.path().join("models").join(part).join("best_model.pth");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::copy(data().join("minzwon.pth"), &path).unwrap();
        assert_eq!(first(import(&path, &ImportOptions::default()).unwrap()), tag);
    }
    let kaist = import(data().join("keras-1.1.hdf5"), &ImportOptions::default()).unwrap();
    assert_eq!((&*kaist.tags[47], &*kaist.tags[48]), ("female voice", "metal"));
    let unknown = import(data().join("dcase.hdf5"), &ImportOptions::default()).unwrap();
    assert_eq!((&*unknown.tags[0], unknown.tags.len()), ("output 1", 17));
    let encoder = import(data().join("clmr.ckpt"), &ImportOptions::default()).unwrap();
    assert_eq!(encoder.tags, ["untrained"]);
    let notes = encoder.training["importedFrom"]["notes"].to_string();
    assert!(notes.contains("no classifier"), "{notes}");
}

#[test]
fn switches_change_what_the_file_does_not_say() {
    let plain = import(data().join("dcase.hdf5"), &ImportOptions::default()).unwrap();
    let options =
        ImportOptions { reversed: Some(false), eps: Some(1e-3), same: Some(Side::Right), ..ImportOptions::default() };
    let switched = import(data().join("dcase.hdf5"), &options).unwrap();
    assert_eq!((switched.architecture.norm.eps, switched.architecture.same), (1e-3, Side::Right));
    let layout = net::Layout::new(&plain.architecture, plain.tags.len());
    let taps = |model: &Model| model.parameters.tensor(layout.find("stem.conv.weight").unwrap())[..2].to_vec();
    let mut turned = taps(&plain);
    turned.reverse();
    assert_eq!(taps(&switched), turned);
}
