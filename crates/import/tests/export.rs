//! Tests the content of exports, and that a PyTorch export can be imported again.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use import::{convert, import, to_onnx, to_pytorch, Checkpoint, ImportOptions};
use net::{Architecture, Layout, Model, Parameters, Task};
use safetensors::tensor::{Dtype, SafeTensors};

fn model(file: &str) -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(file);
    import(path, &ImportOptions::default()).unwrap()
}

/// The fields of a protocol buffer message: number, and bytes or varint.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>, u64)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    }
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = varint(&mut bytes);
        let mut content = Vec::new();
        if key & 7 == 2 {
            content = bytes[..value as usize].to_vec();
            bytes = &bytes[value as usize..];
        }
        fields.push((key >> 3, content, value));
    }
    fields
}

/// The operators of an ONNX file, in order.
fn operators(file: &[u8]) -> Vec<String> {
    let graph = fields(file).into_iter().find(|(field, ..)| *field == 7).unwrap().1;
    let nodes = fields(&graph).into_iter().filter(|(field, ..)| *field == 1);
    let operator = |node: Vec<u8>| fields(&node).into_iter().find(|(field, ..)| *field == 4).unwrap().1;
    nodes.map(|(_, node, _)| String::from_utf8(operator(node)).unwrap()).collect()
}

#[test]
fn onnx_is_the_network_with_its_norms_folded() {
    let file = to_onnx(&model("msd.hdf5")).unwrap();
    let top = fields(&file);
    let opset = fields(&top.iter().find(|(field, ..)| *field == 8).unwrap().1);
    assert_eq!(opset.iter().find(|(field, ..)| *field == 2).unwrap().2, 17);
    let mut expected = vec!["Unsqueeze", "Conv", "Relu"];
    expected.extend(["Conv", "Relu", "MaxPool"].repeat(9));
    expected.extend(["Conv", "Relu", "Flatten", "Gemm", "Identity", "Sigmoid"]);
    assert_eq!(operators(&file), expected);
    let metadata = fields(&top.iter().find(|(field, ..)| *field == 14).unwrap().1);
    let facts: serde_json::Value = serde_json::from_slice(&metadata[1].1).unwrap();
    assert_eq!((facts["samplingRate"].clone(), facts["tags"][0].clone()), (22_050.into(), "rock".into()));
    let residual = operators(&to_onnx(&model("minzwon-se.pth")).unwrap());
    assert_eq!(residual.iter().filter(|kind| *kind == "Add").count(), 11);
    assert_eq!(residual.iter().filter(|kind| *kind == "ReduceMean").count(), 11);
    assert_eq!(residual.iter().filter(|kind| *kind == "MaxPool").count(), 9);
    let mut single = model("msd.hdf5");
    single.task = Task::SingleLabel;
    assert_eq!(operators(&to_onnx(&single).unwrap()).last().unwrap(), "Softmax");
}

#[test]
fn the_pytorch_export_has_pytorchs_keys_and_comes_back() {
    for file in ["minzwon-se.pth", "leenet24.pth", "resemul-se.hdf5", "dcase.hdf5"] {
        let model = model(file);
        let export = to_pytorch(&model).unwrap();
        let tensors = SafeTensors::deserialize(&export.weights).unwrap();
        let counter =
            tensors.names().into_iter().find(|name| name.ends_with("num_batches_tracked")).unwrap().to_string();
        assert_eq!(tensors.tensor(&counter).unwrap().dtype(), Dtype::I64);
        assert!(export.script.contains("def load("));
        let checkpoint = Checkpoint::from_bytes(export.weights).unwrap();
        let back = convert(&checkpoint, Path::new("weights.safetensors"), &ImportOptions::default()).unwrap();
        assert_eq!(
            (&back.parameters, &back.architecture, &back.tags),
            (&model.parameters, &model.architecture, &model.tags)
        );
    }
}

#[test]
fn weights_of_16_bits_are_exported_to_other_programs_as_32() {
    let half = model("minzwon-se.pth").into_half().unwrap();
    let export = to_pytorch(&half).unwrap();
    let tensors = SafeTensors::deserialize(&export.weights).unwrap();
    assert!(tensors.iter().all(|(_, view)| matches!(view.dtype(), Dtype::F32 | Dtype::I64)));
    let back = convert(&Checkpoint::from_bytes(export.weights).unwrap(), Path::new("w"), &ImportOptions::default());
    assert_eq!(back.unwrap().parameters, half.parameters);
    assert_eq!(to_onnx(&half).unwrap(), to_onnx(&Model { half: false, ..half.clone() }).unwrap());
}

#[test]
fn a_model_file_of_16_bits_is_imported_with_its_values() {
    let half = model("minzwon-se.pth").into_half().unwrap();
    let checkpoint = Checkpoint::from_bytes(half.to_bytes().unwrap()).unwrap();
    let back = convert(&checkpoint, Path::new("w"), &ImportOptions::default()).unwrap();
    assert_eq!((&back.parameters, &back.tags), (&half.parameters, &half.tags));
}

#[test]
fn a_normalised_waveform_is_exported_in_front_of_the_network() {
    for (preset, expected) in [
        ("3^7+standardise", &["Unsqueeze", "Sub", "Div", "Conv", "Relu"][..]),
        ("3^7+signed-log", &["Unsqueeze", "Abs", "Mul", "Add", "Log", "Div", "Sign", "Mul", "Conv", "Relu"][..]),
    ] {
        let architecture = Architecture::preset(preset).unwrap();
        let mut parameters = Parameters::zeros(&Layout::new(&architecture, 1));
        parameters.statistics.fill(1.0);
        if preset.ends_with("standardise") {
            parameters.statistics[..2].copy_from_slice(&[-0.25, 0.125]);
        }
        let model = Model::new(architecture, vec!["a".to_string()], Task::MultiLabel, parameters);
        assert_eq!(operators(&to_onnx(&model).unwrap())[..expected.len()], *expected);
        let weights = Checkpoint::from_bytes(to_pytorch(&model).unwrap().weights).unwrap();
        let back = convert(&weights, Path::new("w"), &ImportOptions::default()).unwrap();
        assert_eq!((back.parameters, back.architecture), (model.parameters, model.architecture));
    }
}

#[test]
fn a_mel_stem_is_exported_as_convolutions() {
    let architecture = Architecture::preset("mel:4,729,729").unwrap();
    let mut parameters = Parameters::zeros(&Layout::new(&architecture, 1));
    parameters.statistics.fill(1.0);
    let model = Model::new(architecture, vec!["a".to_string()], Task::MultiLabel, parameters);
    let stem = [
        "Unsqueeze",
        "Conv",
        "Mul",
        "Conv",
        "Mul",
        "Add",
        "Sqrt",
        "Conv",
        "Add",
        "Log",
        "Sub",
        "Div",
        "Conv",
        "Relu",
        "MaxPool",
    ];
    assert_eq!(operators(&to_onnx(&model).unwrap())[..stem.len()], stem);
    let weights = to_pytorch(&model).unwrap().weights;
    assert!(SafeTensors::deserialize(&weights).unwrap().tensor("stem.mel.deviation").is_ok());
    let back = convert(&Checkpoint::from_bytes(weights).unwrap(), Path::new("w"), &ImportOptions::default()).unwrap();
    assert_eq!(back.parameters, model.parameters);
}
