//! Tests of model files: round trip, and every way in which a file can be wrong.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod card;
mod foreign_files;
mod half_weights;

use std::collections::HashMap;

use error::Code;
use net::{Architecture, Calibration, Layout, Model, Parameters, PlattLine, Task};
use proptest::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

fn architecture() -> Architecture {
    Architecture::from_json(
        r#"{"samplingRate":8000,"inputLength":27,"stem":{"kernel":3,"stride":3,"channels":2},
        "blocks":[{"kind":"basic","kernel":3,"pool":3,"channels":3},{"kind":"basic","kernel":3,"pool":3,"channels":4}],
        "head":{"kind":"conv","channels":4}}"#,
    )
    .unwrap()
}

fn model() -> Model {
    let architecture = architecture();
    let mut parameters = Parameters::zeros(&Layout::new(&architecture, 2));
    for (i, value) in parameters.trainable.iter_mut().enumerate() {
        *value = i as f32 * 0.25 - 3.0;
    }
    parameters.statistics.fill(1.5);
    let tags = vec!["guitar".into(), "no vocals \"ü\"".into()];
    Model {
        licence: Some("MIT".into()),
        training: serde_json::json!({"seed": 1, "learningRate": 0.01}),
        ..Model::new(architecture, tags, Task::MultiLabel, parameters)
    }
}

/// The file of `model()`, with changes to its metadata and tensors.
fn forged(change: impl FnOnce(&mut serde_json::Value, &mut HashMap<String, (Dtype, Vec<usize>, Vec<u8>)>)) -> Vec<u8> {
    let bytes = model().to_bytes().unwrap();
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let mut facts: serde_json::Value =
        serde_json::from_str(&metadata.metadata().as_ref().unwrap()["samplecnn"]).unwrap();
    // Like files of versions that wrote no hash.
    facts.as_object_mut().unwrap().remove("hash");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors: HashMap<_, _> = file
        .tensors()
        .into_iter()
        .map(|(name, view)| (name, (view.dtype(), view.shape().to_vec(), view.data().to_vec())))
        .collect();
    change(&mut facts, &mut tensors);
    let views = tensors
        .iter()
        .map(|(name, (dtype, shape, data))| (name.clone(), TensorView::new(*dtype, shape.clone(), data).unwrap()));
    safetensors::serialize(views, Some(HashMap::from([("samplecnn".to_string(), facts.to_string())]))).unwrap()
}

fn refused(bytes: &[u8], code: Code, part: &str) {
    let failure = Model::from_bytes(bytes).unwrap_err();
    assert_eq!(failure.code, code, "{failure}");
    assert!(failure.message.contains(part), "expected \"{part}\" in: {failure}");
}

#[test]
fn a_model_goes_there_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    model().save(&path).unwrap();
    assert_eq!(Model::load(&path).unwrap(), model());
    assert_eq!(model().to_bytes().unwrap(), std::fs::read(&path).unwrap(), "the same model gives the same bytes");
}

#[test]
fn a_standardised_input_has_its_mean_and_deviation_in_the_file() {
    let mut model = model();
    model.architecture.input_normalisation = net::InputNormalisation::Standardise;
    // The tensors of the first node come first.
    model.parameters.statistics = [vec![-0.25, 0.125], model.parameters.statistics].concat();
    let bytes = model.to_bytes().unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let value = |name: &str| f32::from_le_bytes(file.tensor(name).unwrap().data().try_into().unwrap());
    assert_eq!((value("input.mean"), value("input.deviation")), (-0.25, 0.125));
    assert_eq!(Model::from_bytes(&bytes).unwrap(), model);
    model.parameters.statistics[1] = 0.0;
    let failure = model.to_bytes().unwrap_err();
    assert!(failure.message.contains("tensor input.deviation holds 0"), "{failure}");
}

#[test]
fn the_file_is_the_published_format() {
    let bytes = model().to_bytes().unwrap();
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let all = metadata.metadata().as_ref().unwrap();
    assert_eq!(all.len(), 1, "one metadata key");
    let facts: serde_json::Value = serde_json::from_str(&all["samplecnn"]).unwrap();
    let keys: Vec<&str> = facts.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["format", "architecture", "tags", "task", "samplingRate", "licence", "training", "hash"]);
    assert_eq!((facts["format"].clone(), facts["task"].clone()), (1.into(), "multi-label".into()));
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = file.tensor("blocks.1.conv.weight").unwrap();
    assert_eq!((tensor.dtype(), tensor.shape()), (Dtype::F32, &[4, 3, 3][..]));
    assert!(file.tensor("head.norm.running_var").is_ok());
}

#[test]
fn thresholds_and_calibration_are_kept_and_older_files_are_read() {
    let line = PlattLine { scale: 1.25, offset: -0.5 };
    let calibration = Some(Calibration::Platt { tags: vec![Some(line), None] });
    let whole = Model { thresholds: Some(vec![None, Some(0.25)]), calibration, ..model() };
    assert_eq!(Model::from_bytes(&whole.to_bytes().unwrap()).unwrap(), whole);
    // Version 0.1.0 stored the thresholds with the facts about the training.
    let old = |values: serde_json::Value| {
        let bytes = forged(|facts, _| facts["training"] = serde_json::json!({"thresholds": values}));
        Model::from_bytes(&bytes).unwrap().thresholds
    };
    assert_eq!(old(serde_json::json!([0.5, null])), Some(vec![Some(0.5), None]));
    assert_eq!(old(serde_json::json!([0.5])), None, "they belong to other tags");
    refused(&forged(|facts, _| facts["thresholds"] = serde_json::json!([0.5])), Code::ModelFormat, "thresholds");
    let temperature = serde_json::json!({"kind": "temperature", "temperature": 2.0});
    let refusal = "its calibration is not valid";
    refused(&forged(|facts, _| facts["calibration"] = temperature), Code::ModelFormat, refusal);
    let unknown = serde_json::json!({"kind": "isotonic"});
    refused(&forged(|facts, _| facts["calibration"] = unknown), Code::ModelVersion, "isotonic");
    let short = Model { thresholds: Some(vec![None]), ..model() };
    assert_eq!(short.to_bytes().unwrap_err().code, Code::ModelFormat);
}

#[test]
fn facts_that_contradict_or_are_newer_are_refused() {
    refused(&forged(|facts, _| facts["format"] = 3.into()), Code::ModelVersion, "newer samplecnn (format 3");
    refused(&forged(|facts, _| facts["format"] = 0.into()), Code::ModelFormat, "format");
    refused(&forged(|facts, _| facts["samplingRate"] = 16_000.into()), Code::ModelFormat, "16000");
    refused(&forged(|facts, _| facts["tags"] = serde_json::json!(["a", "a"])), Code::ModelFormat, "appears twice");
    refused(&forged(|facts, _| facts["task"] = "other".into()), Code::ModelVersion, "other");
    refused(&forged(|facts, _| facts["architecture"]["inputLength"] = 0.into()), Code::ModelFormat, "inputLength");
    refused(&forged(|facts, _| *facts = serde_json::Value::Null), Code::ModelFormat, "format");
    let plain = forged(|facts, _| {
        facts["licence"] = serde_json::Value::Null;
        facts.as_object_mut().unwrap().remove("training");
    });
    let read = Model::from_bytes(&plain).unwrap();
    assert_eq!((read.licence, read.training), (None, serde_json::Value::Null));
}

#[test]
fn tensors_that_do_not_fit_are_named() {
    let name = "blocks.0.conv.weight";
    let lacks = forged(|_, tensors| {
        tensors.remove(name);
    });
    refused(&lacks, Code::ModelFormat, "lacks the tensor blocks.0.conv.weight");
    let surplus = forged(|_, tensors| {
        let copy = tensors[name].clone();
        tensors.insert("blocks.9.conv.weight".into(), copy);
    });
    refused(&surplus, Code::ModelFormat, "blocks.9.conv.weight");
    let shape = forged(|_, tensors| tensors.get_mut(name).unwrap().1 = vec![2, 3, 3]);
    refused(&shape, Code::ModelFormat, "blocks.0.conv.weight has shape [2, 3, 3], expected [3, 2, 3]");
    let of_type = |format: u64, dtype: Dtype| {
        forged(|facts, tensors| {
            facts["format"] = format.into();
            let tensor = tensors.get_mut(name).unwrap();
            *tensor = (dtype, tensor.1.clone(), tensor.2[..tensor.2.len() / 2].to_vec());
        })
    };
    let refusal = "blocks.0.conv.weight is F16, expected F32 in a file of format 1";
    refused(&of_type(1, Dtype::F16), Code::ModelFormat, refusal);
    for dtype in [Dtype::BF16, Dtype::I16] {
        let refusal = format!("blocks.0.conv.weight is {dtype:?}, expected F32 or F16");
        refused(&of_type(2, dtype), Code::ModelFormat, &refusal);
    }
    for bad in [f32::NAN, f32::INFINITY] {
        let nan = forged(|_, tensors| tensors.get_mut(name).unwrap().2[8..12].copy_from_slice(&bad.to_le_bytes()));
        refused(&nan, Code::ModelFormat, "blocks.0.conv.weight holds");
    }
    let negative = forged(|_, tensors| {
        let variance = tensors.get_mut("stem.norm.running_var").unwrap();
        variance.2[..4].copy_from_slice(&(-1f32).to_le_bytes());
    });
    refused(&negative, Code::ModelFormat, "stem.norm.running_var holds -1");
}

/// `model()` with values that F16 does not represent.
fn thirds() -> Model {
    let mut model = model();
    model.parameters.trainable.iter_mut().for_each(|value| *value /= 3.0);
    model.parameters.statistics.fill(0.1);
    model
}

/// The format in the metadata of a file.
fn format_of(bytes: &[u8]) -> serde_json::Value {
    let (_, metadata) = SafeTensors::read_metadata(bytes).unwrap();
    let facts: serde_json::Value = serde_json::from_str(&metadata.metadata().as_ref().unwrap()["samplecnn"]).unwrap();
    facts["format"].clone()
}

#[test]
fn a_flipped_bit_of_any_tensor_is_found() {
    for bytes in [model().to_bytes().unwrap(), thirds().into_half().unwrap().to_bytes().unwrap()] {
        let header = SafeTensors::read_metadata(&bytes).unwrap().0;
        for at in (8 + header..bytes.len()).step_by(37).chain([8 + header, bytes.len() - 1]) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            refused(&flipped, Code::ModelFormat, "its tensors are not those that were written");
        }
    }
    // A file that never had a hash is accepted.
    let without = forged(|_, _| {});
    assert_eq!(Model::from_bytes(&without).unwrap(), model());
    let wrong = forged(|facts, _| facts["hash"] = "abc\u{1b}".into());
    refused(&wrong, Code::ModelFormat, "expected abc\\u{1b}");
}

#[test]
fn the_hash_is_that_of_the_bytes_behind_the_header() {
    use sha2::{Digest, Sha256};
    let bytes = model().to_bytes().unwrap();
    let (header, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let facts: serde_json::Value = serde_json::from_str(&metadata.metadata().as_ref().unwrap()["samplecnn"]).unwrap();
    assert_eq!(facts["hash"], format!("{:x}", Sha256::digest(&bytes[8 + header..])));
}

#[test]
fn names_in_a_file_cannot_steer_a_terminal() {
    let surplus = forged(|_, tensors| {
        let copy = tensors["stem.conv.bias"].clone();
        tensors.insert("a\u{1b}[2J\n".into(), copy);
    });
    refused(&surplus, Code::ModelFormat, "a\\u{1b}[2J\\n");
    let twice = forged(|facts, _| facts["tags"] = serde_json::json!(["a\u{7}", "a\u{7}"]));
    refused(&twice, Code::ModelFormat, "tag \"a\\u{7}\" appears twice");
    let task = forged(|facts, _| facts["task"] = "\u{1b}]0;x".into());
    let failure = Model::from_bytes(&task).unwrap_err();
    assert!(!failure.message.contains('\u{1b}'), "{failure}");
}

#[test]
fn a_diverged_model_is_not_written() {
    let mut diverged = model();
    diverged.parameters.trainable[7] = f32::NAN;
    let failure = diverged.to_bytes().unwrap_err();
    assert!(failure.code == Code::ModelFormat && failure.message.contains("stem.conv.bias"), "{failure}");
    let mut short = model();
    short.parameters.trainable.pop();
    assert_eq!(short.to_bytes().unwrap_err().code, Code::ModelFormat);
    let mut untagged = model();
    untagged.tags.clear();
    assert_eq!(untagged.to_bytes().unwrap_err().code, Code::InvalidOption);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn changed_bytes_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = model().to_bytes().unwrap();
        for (index, value) in changes {
            let index = index.index(bytes.len());
            bytes[index] = value;
        }
        if let Err(failure) = Model::from_bytes(&bytes) {
            prop_assert!(matches!(failure.code, Code::ModelFormat | Code::ModelVersion), "{}", failure);
        }
    }

    #[test]
    fn any_cut_is_refused(end in any::<prop::sample::Index>()) {
        let bytes = model().to_bytes().unwrap();
        let failure = Model::from_bytes(&bytes[..end.index(bytes.len())]).unwrap_err();
        prop_assert_eq!(failure.code, Code::ModelFormat);
    }

    #[test]
    fn any_json_in_the_metadata_is_survived(text in r#"[\{\[\]\}",:a-z0-9.-]{0,60}"#) {
        let facts = HashMap::from([("samplecnn".to_string(), text)]);
        let none: [(&str, TensorView<'_>); 0] = [];
        let bytes = safetensors::serialize(none, Some(facts)).unwrap();
        prop_assert_eq!(Model::from_bytes(&bytes).unwrap_err().code, Code::ModelFormat);
    }
}

#[test]
fn fields_of_a_later_version_are_ignored_and_named() {
    let later = forged(|facts, _| {
        facts["mood"] = serde_json::json!("calm");
        facts["card"] = serde_json::json!({
            "name": "small", "colour": {"red": 1},
            "scores": [{"measuredOn": "a test", "clips": 3, "songs": 3, "perTag": [{"tag": "guitar", "recall": 0.5}]}],
        });
        facts["calibration"] = serde_json::json!({"kind": "platt", "tags": [{"scale": 2, "offset": 1, "n": 9}, null]});
        facts["thresholds"] = serde_json::json!([0.5, null]);
    });
    let model = Model::from_bytes(&later).unwrap();
    let places = ["card.colour", "card.scores[0].perTag[0].recall", "card.scores[0].songs", "mood"];
    assert!(places.iter().all(|place| model.unknown.iter().any(|unknown| unknown == place)), "{:?}", model.unknown);
    assert!(model.unknown.contains(&"calibration.tags[0].n".to_owned()) && model.unknown.len() == 5);
    let line = PlattLine { scale: 2.0, offset: 1.0 };
    assert_eq!(model.calibration, Some(Calibration::Platt { tags: vec![Some(line), None] }));
    assert_eq!(
        (model.card.as_ref().unwrap().scores[0].clips, model.thresholds.clone()),
        (Some(3), Some(vec![Some(0.5), None]))
    );
    // They are not written again: this version cannot say whether they still hold.
    let again = Model::from_bytes(&model.to_bytes().unwrap()).unwrap();
    assert_eq!(again, Model { unknown: Vec::new(), ..model });
}

#[test]
fn a_network_of_a_later_version_is_refused_because_it_would_be_computed_wrongly() {
    for (place, name) in
        [("/architecture", "dilation"), ("/architecture/blocks/0", "groups"), ("/architecture/head", "gate")]
    {
        let later = forged(|facts, _| facts.pointer_mut(place).unwrap()[name] = serde_json::json!(2));
        refused(&later, Code::ModelVersion, "was written by a newer samplecnn (unknown field");
        refused(&later, Code::ModelVersion, name);
    }
    refused(&forged(|facts, _| facts["format"] = 3.into()), Code::ModelVersion, "format 3, this version reads up to 2");
}
