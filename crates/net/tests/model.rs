//! Tests of model files: round trip, and every way in which a file can be wrong.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;

use error::Code;
use net::{
    Architecture, Calibration, Card, CardOutput, CardScores, CardTagScores, CardWithheld, Layout, Model, Parameters,
    PlattLine, Task, WeightType,
};
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
    refused(&forged(|facts, _| facts["calibration"] = unknown), Code::ModelFormat, "isotonic");
    let short = Model { thresholds: Some(vec![None]), ..model() };
    assert_eq!(short.to_bytes().unwrap_err().code, Code::ModelFormat);
}

#[test]
fn facts_that_contradict_or_are_newer_are_refused() {
    refused(&forged(|facts, _| facts["format"] = 3.into()), Code::ModelVersion, "newer samplecnn (format 3");
    refused(&forged(|facts, _| facts["format"] = 0.into()), Code::ModelFormat, "format");
    refused(&forged(|facts, _| facts["samplingRate"] = 16_000.into()), Code::ModelFormat, "16000");
    refused(&forged(|facts, _| facts["tags"] = serde_json::json!(["a", "a"])), Code::ModelFormat, "appears twice");
    refused(&forged(|facts, _| facts["task"] = "other".into()), Code::ModelFormat, "other");
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

/// The format in the metadata of a file.
fn format_of(bytes: &[u8]) -> serde_json::Value {
    let (_, metadata) = SafeTensors::read_metadata(bytes).unwrap();
    let facts: serde_json::Value =
        serde_json::from_str(&metadata.metadata().as_ref().unwrap()["samplecnn"]).unwrap();
    facts["format"].clone()
}

/// `model()` with values that F16 does not represent.
fn thirds() -> Model {
    let mut model = model();
    model.parameters.trainable.iter_mut().for_each(|value| *value /= 3.0);
    model.parameters.statistics.fill(0.1);
    model
}

#[test]
fn weights_of_16_bits_go_there_and_back_and_statistics_keep_32() {
    let half = thirds().into_half().unwrap();
    assert_eq!((half.weight_type(), thirds().weight_type()), (WeightType::F16, WeightType::F32));
    let (bytes, whole) = (half.to_bytes().unwrap(), thirds().to_bytes().unwrap());
    assert_eq!((format_of(&bytes), format_of(&whole)), (2.into(), 1.into()));
    let file = SafeTensors::deserialize(&bytes).unwrap();
    for (name, view) in file.tensors() {
        let expected = if name.contains("running") { Dtype::F32 } else { Dtype::F16 };
        assert_eq!(view.dtype(), expected, "{name}");
    }
    let read = Model::from_bytes(&bytes).unwrap();
    assert_eq!(read, half);
    assert_eq!(read.to_bytes().unwrap(), bytes, "a model that is only read and written stays the same file");
    for (rounded, value) in half.parameters.trainable.iter().zip(thirds().parameters.trainable) {
        assert!((rounded - value).abs() <= value.abs() / 2048.0, "{value} became {rounded}");
    }
    assert_eq!(half.parameters.statistics, thirds().parameters.statistics);
}

#[test]
fn a_model_is_never_rounded_when_it_is_written() {
    let mut mixed = thirds().into_half().unwrap();
    mixed.parameters.trainable[0] = 0.1;
    assert_eq!(mixed.weight_type(), WeightType::Mixed);
    let bytes = mixed.to_bytes().unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("stem.conv.weight").unwrap().dtype(), Dtype::F32);
    assert_eq!(file.tensor("blocks.0.conv.weight").unwrap().dtype(), Dtype::F16);
    assert_eq!(Model::from_bytes(&bytes).unwrap(), mixed);
}

#[test]
fn a_file_of_another_program_may_hold_any_tensor_as_f16() {
    let bytes = forged(|facts, tensors| {
        facts["format"] = 2.into();
        for name in ["stem.norm.running_var", "blocks.0.conv.bias"] {
            let (dtype, _, data) = tensors.get_mut(name).unwrap();
            *dtype = Dtype::F16;
            let values = data.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
            *data = values.flat_map(|value| half::f16::from_f32(value).to_le_bytes()).collect();
        }
    });
    let read = Model::from_bytes(&bytes).unwrap();
    assert_eq!(read.parameters, model().parameters);
    assert!(read.half);
    let negative = forged(|facts, tensors| {
        facts["format"] = 2.into();
        let (dtype, _, data) = tensors.get_mut("stem.norm.running_var").unwrap();
        (*dtype, *data) = (Dtype::F16, half::f16::from_f32(-1.0).to_le_bytes().repeat(2));
    });
    refused(&negative, Code::ModelFormat, "stem.norm.running_var holds -1");
}

#[test]
fn a_weight_outside_the_range_of_f16_is_refused_by_its_tensor() {
    let mut large = model();
    large.parameters.trainable[1] = 70_000.0;
    let failure = large.into_half().unwrap_err();
    assert_eq!(failure.code, Code::InvalidOption);
    assert!(failure.message.contains("tensor stem.conv.weight holds 70000"), "{failure}");
    assert!(failure.message.contains("-65504 to 65504"), "{failure}");
}

/// A card that fits `model()` with `thresholds`.
fn card() -> Card {
    let row = |tag: &str| CardTagScores {
        tag: tag.into(),
        positives: Some(12),
        roc_auc: Some(0.8),
        roc_auc_interval: Some([0.7, 0.9]),
        ..CardTagScores::default()
    };
    Card {
        name: Some("small".into()),
        licence: Some("MIT".into()),
        scores: vec![CardScores {
            measured_on: "a test".into(),
            roc_auc: Some(0.8),
            per_tag: vec![row("guitar"), row("no vocals \"ü\"")],
            ..CardScores::default()
        }],
        withheld: vec![CardWithheld { tag: "choir".into(), reason: "9 clips".into() }],
        output: Some(CardOutput::Thresholds { top: 5 }),
        ..Card::default()
    }
}

fn released() -> Model {
    Model { thresholds: Some(vec![Some(0.25), None]), card: Some(card()), ..model() }
}

#[test]
fn a_card_is_kept_and_its_output_rule_is_refused_by_older_versions() {
    let bytes = released().to_bytes().unwrap();
    assert_eq!(Model::from_bytes(&bytes).unwrap(), released());
    assert_eq!(format_of(&bytes), 2, "an older version would name the five best tags");
    let told = Model { card: Some(Card { output: None, ..card() }), ..released() };
    assert_eq!(format_of(&told.to_bytes().unwrap()), 1, "an older version loses nothing that changes a result");
}

#[test]
fn a_card_that_does_not_fit_is_refused_with_its_field() {
    type Change = fn(&mut Card);
    let cases: [(Change, &str); 14] = [
        (|card| card.name = Some(" ".into()), "name must be a line of text"),
        (|card| card.limits = vec!["a\nb".into()], "limits[0] must be a line of text without control characters"),
        (|card| card.licence = Some("CC0".into()), "licence is \"CC0\", but the licence of the model is \"MIT\""),
        (|card| card.scores[0].per_tag[0].tag = "gitar".into(), "did you mean \"guitar\"?"),
        (|card| card.scores[0].per_tag[0].tag = "no vocals \"ü\"".into(), "scores[0].perTag[1].tag"),
        (|card| card.scores[0].per_tag[1].roc_auc = Some(1.5), "scores[0].perTag[1].rocAuc must be a number from 0 to 1"),
        (|card| card.scores[0].roc_auc = Some(f64::NAN), "scores[0].rocAuc must be a number from 0 to 1, received NaN"),
        (|card| card.scores[0].roc_auc_interval = Some([0.9, 0.7]), "the lower one first, received [0.9, 0.7]"),
        (|card| card.scores[0].pr_auc_interval = Some([0.1, 0.2]), "the interval of scores[0].prAuc, which is missing"),
        (|card| card.scores[0].per_tag[0].rank_correlation = Some(-2.0), "rankCorrelation must be a number from -1 to 1"),
        (|card| card.scores[0].clips = Some(0), "scores[0].clips must be a whole number from 1, received 0"),
        (|card| card.withheld[0].tag = "guitar".into(), "withheld[0].tag is \"guitar\", which the model has"),
        (
            |card| card.data = vec![net::CardSource { name: "d".into(), url: Some("x.org".into()), ..Default::default() }],
            "data[0].url must begin with https:// or http://, received \"x.org\"",
        ),
        (|card| card.output = Some(CardOutput::Thresholds { top: 0 }), "output.top must be a whole number from 1"),
    ];
    for (change, part) in cases {
        let mut model = released();
        change(model.card.as_mut().unwrap());
        let failure = model.to_bytes().unwrap_err();
        assert_eq!(failure.code, Code::InvalidOption, "{failure}");
        assert!(failure.message.starts_with("card: ") && failure.message.contains(part), "{part}: {failure}");
    }
    let failure = Model { thresholds: None, ..released() }.to_bytes().unwrap_err();
    assert!(failure.message.contains("the model has no thresholds"), "{failure}");
    let failure = Model { task: Task::SingleLabel, ..released() }.to_bytes().unwrap_err();
    assert!(failure.message.contains("thresholds are for multi-label models"), "{failure}");
    let forged = forged(|facts, _| facts["card"] = serde_json::json!({"output": {"kind": "thresholds", "top": 5}}));
    refused(&forged, Code::ModelFormat, "its card is not valid: output: the model has no thresholds");
}

#[test]
fn the_output_rule_uses_the_thresholds_of_the_scores_that_are_given() {
    assert_eq!(Model { card: None, ..released() }.default_output(false), None);
    let rule = released().default_output(false).unwrap();
    assert_eq!((rule.top, rule.thresholds), (5, vec![Some(0.25), None]));
    let line = PlattLine { scale: 2.0, offset: 1.0 };
    let calibrated = Model { calibration: Some(Calibration::Platt { tags: vec![Some(line), None] }), ..released() };
    assert_eq!(calibrated.default_output(false).unwrap().thresholds, [Some(0.25), None]);
    assert_eq!(calibrated.default_output(true).unwrap().thresholds, [Some(line.apply(0.25)), None]);
}

#[test]
fn a_model_of_some_tags_has_their_outputs_and_what_belongs_to_them() {
    let [guitar, vocals] = ["guitar", "no vocals \"ü\""].map(String::from);
    let line = PlattLine { scale: 2.0, offset: 1.0 };
    let whole = Model { calibration: Some(Calibration::Platt { tags: vec![None, Some(line)] }), ..released() };
    let rows = |model: &Model, name: &str| {
        let layout = Layout::new(&model.architecture, model.tags.len());
        let spec = layout.find(name).unwrap();
        let values = model.parameters.tensor(spec).to_vec();
        values.chunks(spec.len() / spec.shape[0]).map(<[f32]>::to_vec).collect::<Vec<_>>()
    };
    let swapped = whole.with_tags(&[vocals.clone(), guitar.clone()]).unwrap();
    for name in ["head.out.weight", "head.out.bias"] {
        let [first, second] = <[Vec<f32>; 2]>::try_from(rows(&whole, name)).unwrap();
        assert_eq!(rows(&swapped, name), [second, first], "{name}");
    }
    assert_eq!(rows(&swapped, "blocks.1.conv.weight"), rows(&whole, "blocks.1.conv.weight"));
    assert_eq!(swapped.thresholds, Some(vec![None, Some(0.25)]));
    assert_eq!(swapped.card, whole.card, "every tag is still there");
    assert_eq!(swapped.with_tags(&[guitar.clone(), vocals.clone()]).unwrap(), whole);

    let cut = whole.with_tags(std::slice::from_ref(&guitar)).unwrap();
    assert_eq!(rows(&cut, "head.out.weight"), rows(&whole, "head.out.weight")[..1]);
    assert_eq!(cut.calibration, Some(Calibration::Platt { tags: vec![None] }));
    let scores = &cut.card.as_ref().unwrap().scores[0];
    assert_eq!((scores.per_tag.len(), scores.roc_auc), (1, None), "an average over other tags says nothing");
    assert_eq!(Model::from_bytes(&cut.to_bytes().unwrap()).unwrap(), cut);

    for (tags, part) in [
        (vec![], "name at least one tag"),
        (vec!["gitar".into()], "the model has no tag \"gitar\"; did you mean \"guitar\"?"),
        (vec!["x".into()], "it has guitar, no vocals"),
        (vec![guitar.clone(), guitar.clone()], "\"guitar\" is named twice"),
    ] {
        let failure = whole.with_tags(&tags).unwrap_err();
        assert!(failure.code == Code::InvalidOption && failure.message.contains(part), "{failure}");
    }
    let single = Model { task: Task::SingleLabel, ..model() };
    assert!(single.with_tags(&[guitar]).unwrap_err().message.contains("depend on all its tags"));
}

#[test]
fn what_is_no_model_says_so_and_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let whole = model().to_bytes().unwrap();
    let foreign =
        safetensors::serialize([("w", TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap())], None).unwrap();
    let mut lying = whole.clone();
    lying[..8].copy_from_slice(&(u64::MAX).to_le_bytes());
    let mut long = whole.clone();
    long[..8].copy_from_slice(&(9_000_000u64).to_le_bytes());
    for (name, bytes, part) in [
        ("empty", &b""[..], "is not a model"),
        ("text", b"hello, this is a text file", "is not a model"),
        ("zip", b"PK\x03\x04 and so on and on", "looks like a PyTorch checkpoint: `samplecnn import`"),
        ("hdf5", b"\x89HDF\r\n\x1a\n", "looks like a Keras checkpoint"),
        ("short", &whole[..40], "is cut short"),
        ("cut", &whole[..whole.len() - 5], "is cut short"),
        ("surplus", &[&whole[..], b"x"].concat(), "too long"),
        ("lying", &lying, "is not a model"),
        ("long", &long, "is cut short"),
        ("foreign", &foreign, "samplecnn import"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let failure = Model::load(&path).unwrap_err();
        assert_eq!(failure.code, Code::ModelFormat, "{failure}");
        assert!(failure.message.starts_with(&path.display().to_string()), "{failure}");
        assert!(failure.message.contains(part), "{failure}");
        assert_eq!(failure.file.as_deref(), Some(&*path));
    }
    assert_eq!(Model::load(folder.path().join("none")).unwrap_err().code, Code::FileNotFound);
    assert_eq!(Model::load(folder.path()).unwrap_err().code, Code::ModelFormat);
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
fn a_small_file_cannot_ask_for_a_large_network() {
    for (field, value) in [("inputLength", serde_json::json!(1 << 26)), ("blocks", serde_json::json!([]))] {
        refused(&forged(|facts, _| facts["architecture"][field] = value), Code::ModelFormat, field);
    }
    let wide = forged(|facts, _| facts["architecture"]["head"]["channels"] = 65_536.into());
    refused(&wide, Code::ModelFormat, "head.conv.weight has shape [4, 4, 1], expected [65536, 4, 1]");
    let many: Vec<String> = (0..65_536).map(|index| index.to_string()).collect();
    let wide = forged(|facts, _| {
        facts["architecture"]["head"]["channels"] = 65_536.into();
        facts["tags"] = serde_json::json!(many);
    });
    refused(&wide, Code::ModelFormat, "parameters; at most 268435456 are possible");
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_without_waiting_for_it() {
    let failure = Model::load("/dev/zero").unwrap_err();
    assert!(failure.code == Code::ModelFormat && failure.message.contains("not a regular file"), "{failure}");
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(Model::load(&pipe).unwrap_err().message.contains("not a regular file"));
}

#[test]
fn a_huge_sparse_file_is_refused_without_reading_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(1 << 40).unwrap();
    assert_eq!(Model::load(file.path()).unwrap_err().code, Code::ModelFormat);
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
