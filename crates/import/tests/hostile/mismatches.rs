//! Checkpoints that do not fit the network, or the options.

use error::Code;
use import::{import, Format, ImportOptions, Tags};

use crate::forge::{archive, state_dict};
use crate::{data, read, refused};

#[test]
fn what_does_not_fit_is_listed_tensor_by_tensor() {
    let shape = |name: &'static str, shape: &'static [i64]| (name, "0", 4096, 0, shape, &[1, 1, 1][..shape.len()]);
    let tensors = [
        shape("conv1.0.weight", &[4, 1, 3]),
        shape("conv1.0.bias", &[5]),
        shape("conv2.0.weight", &[4, 4, 3]),
        shape("conv3.0.weight", &[4, 4, 3]),
        shape("fc.weight", &[2, 4]),
        shape("surprise.weight", &[3]),
    ];
    let file = archive(&state_dict(&tensors), &[("0", vec![0; 4 * 4096])]);
    let failure = read(file).unwrap_err();
    assert_eq!(failure.code, Code::CheckpointMismatch);
    for part in [
        "tensor conv1.0.bias has shape [5], which does not fit stem.conv.bias [4]",
        "tensor conv1.1.weight is missing (for stem.norm.weight [4])",
        "tensor surprise.weight is unexpected",
    ] {
        assert!(failure.message.contains(part), "expected \"{part}\" in: {failure}");
    }
    let strange = archive(&state_dict(&[shape("encoder.lstm.weight", &[4])]), &[("0", vec![0; 4 * 4096])]);
    refused(strange, Code::CheckpointMismatch, "no known network has, such as encoder.lstm.weight");
}

/// A safetensors file with samplecnn's own names, one output and these facts.
fn own(facts: &str) -> Vec<u8> {
    let facts = serde_json::to_string(facts).unwrap();
    let tensor = r#"{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}"#;
    let header = format!(r#"{{"__metadata__":{{"samplecnn":{facts}}},"head.out.weight":{tensor}}}"#);
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 8]].concat()
}

#[test]
fn what_a_file_says_of_itself_is_no_option() {
    let empty = r#"{"architecture":{"samplingRate":8000,"inputLength":0,"blocks":[],"head":{"kind":"conv"}}}"#;
    refused(own(empty), Code::CheckpointMismatch, "an architecture that cannot work: inputLength must be");
    refused(own(r#"{"architecture":{"blocks":1}}"#), Code::CheckpointMismatch, "an architecture that cannot work");
}

#[test]
fn tags_that_no_model_can_have_are_no_option_either() {
    let mut twice = std::fs::read(testbed::testdata("fuzz/archive/own.safetensors")).unwrap();
    let tags = br#"[\"a\",\"b\"]"#;
    let at = twice.windows(tags.len()).position(|window| window == tags).unwrap();
    twice[at..at + tags.len()].copy_from_slice(br#"[\"a\",\"a\"]"#);
    refused(twice, Code::CheckpointMismatch, "\"a\" appears twice");
}

#[test]
fn options_are_checked_against_the_file() {
    let with = |options: ImportOptions| import(data("minzwon.pth"), &options);
    let wrong = with(ImportOptions { format: Some(Format::Clmr), ..ImportOptions::default() }).unwrap_err();
    assert!(
        wrong.code == Code::CheckpointMismatch && wrong.message.contains("format minzwon, not those of clmr"),
        "{wrong}"
    );
    let few =
        with(ImportOptions { tags: Some(Tags::List(vec!["one".into()])), ..ImportOptions::default() }).unwrap_err();
    assert!(few.code == Code::InvalidOption && few.message.contains("1 tags were given for 50 outputs"), "{few}");
    let short = with(ImportOptions { input_length: Some(100), ..ImportOptions::default() }).unwrap_err();
    assert!(short.code == Code::CheckpointMismatch && short.message.contains("an invalid network"), "{short}");
    let jamendo = with(ImportOptions {
        tags: Some(Tags::Order(net::TagOrder::Jamendo)),
        sampling_rate: Some(22_050),
        ..ImportOptions::default()
    });
    let jamendo = jamendo.unwrap();
    assert_eq!((&*jamendo.tags[0], jamendo.architecture.sampling_rate), ("genre---alternative", 22_050));
    assert!(Format::named("minzwonn").unwrap_err().message.contains("did you mean \"minzwon\""));
    assert_eq!(Format::named("panns").unwrap(), Format::Panns);
}
