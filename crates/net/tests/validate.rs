//! Tests of architectures from JSON: round trips, and invalid architectures.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use error::Code;
use net::{validate_tags, Architecture, InputNormalisation};

const SMALL: &str = r#"{"samplingRate":8000,"inputLength":81,"stem":{"kernel":3,"stride":3,"channels":4},
    "blocks":[{"kind":"basic","kernel":3,"pool":3,"channels":4},
    {"kind":"se","kernel":3,"pool":3,"channels":8,"excite":2},
    {"kind":"res","kernel":3,"pool":3,"channels":8,"convs":2}],"head":{"kind":"conv","channels":8}}"#;

/// `SMALL` with the value at `pointer` replaced, or added if the field is missing.
fn changed(pointer: &str, value: &str) -> String {
    let mut json: serde_json::Value = serde_json::from_str(SMALL).unwrap();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let parent = if parent.is_empty() { &mut json } else { json.pointer_mut(parent).unwrap() };
    parent[field] = serde_json::from_str(value).unwrap();
    json.to_string()
}

#[test]
fn json_goes_there_and_back() {
    for name in
        ["3^9", "2017:4^6", "raw:5,729,243", "mel:5,729,243", "se-multi", "rese2-small", "minzwon-se", "leenet24"]
    {
        let architecture = Architecture::preset(name).unwrap();
        let json = serde_json::to_string(&architecture).unwrap();
        assert_eq!(Architecture::parse(&json).unwrap(), architecture, "{name}");
    }
    assert_eq!(Architecture::parse(" 3^9 ").unwrap(), Architecture::preset("3^9").unwrap());
}

#[test]
fn no_normalisation_of_the_waveform_is_not_written_and_others_are_by_name() {
    let plain = Architecture::from_json(SMALL).unwrap();
    assert_eq!(plain.input_normalisation, InputNormalisation::None);
    assert!(!serde_json::to_string(&plain).unwrap().contains("inputNormalisation"));
    assert_eq!(Architecture::from_json(&changed("/inputNormalisation", r#""none""#)).unwrap(), plain);
    for normalisation in InputNormalisation::ALL {
        let architecture = Architecture { input_normalisation: normalisation, ..plain.clone() };
        let json = serde_json::to_value(&architecture).unwrap();
        assert_eq!(Architecture::from_json(&json.to_string()).unwrap(), architecture);
        if normalisation != InputNormalisation::None {
            assert_eq!(json["inputNormalisation"], normalisation.name());
        }
    }
    let misspelt = Architecture::from_json(&changed("/inputNormalisation", r#""standardize""#)).unwrap_err();
    assert!(misspelt.message.contains("standardize") && misspelt.message.contains("standardise"), "{misspelt}");
}

#[test]
fn omitted_fields_have_the_documented_defaults() {
    let architecture = Architecture::from_json(SMALL).unwrap();
    assert_eq!((architecture.norm.eps, architecture.norm.momentum), (1e-5, 0.01));
    assert_eq!(architecture.head.dropout, 0.5);
    assert_eq!((architecture.blocks[0].convs, architecture.blocks[0].stride), (1, 1));
    let partly = Architecture::from_json(&changed("/norm", r#"{"kind":"none"}"#)).unwrap();
    assert_eq!(partly.norm.eps, 1e-5);
}

#[test]
fn what_cannot_work_says_where_and_why() {
    for (pointer, value, part) in [
        ("/samplingRate", "0", "samplingRate must be"),
        ("/inputLength", "0", "inputLength must be"),
        ("/inputLength", "82", "stem: length 82 is not divisible by the stride of 3"),
        ("/inputLength", "84", "block 0: length 28 is not divisible by the pool of 3"),
        ("/inputLength", "9", "block 1: its pool of 3 is longer than the 1 positions"),
        ("/inputLength", "243", "head: a conv head needs a last block of length 1, but 3 positions are left"),
        ("/inputLength", "99999999999", "inputLength must be"),
        ("/norm", r#"{"eps":0}"#, "norm.eps"),
        ("/norm", r#"{"momentum":2}"#, "norm.momentum"),
        ("/stem/kernel", "0", "stem: kernel must be"),
        ("/stem/stride", "0", "stem: stride must be"),
        ("/stem/channels", "0", "stem: channels must be"),
        ("/stem/padding", "[3,0]", "stem: padding"),
        ("/stem/padding", "[18446744073709551615,0]", "stem: padding"),
        ("/stem/fft", "729", "stem: fft belongs to a mel stem"),
        ("/stem/kind", "\"mel\"", "stem: fft must be"),
        ("/blocks", "[]", "blocks must hold"),
        ("/blocks/0/channels", "0", "block 0: channels must be"),
        ("/blocks/1/kernel", "0", "block 1: kernel must be"),
        ("/blocks/1/pool", "0", "block 1: pool must be"),
        ("/blocks/2/convs", "3", "block 2: convs must be"),
        ("/blocks/2/stride", "0", "block 2: stride must be"),
        ("/blocks/0/excite", "16", "block 0: excite 16 does not go with kind basic"),
        ("/blocks/1/excite", "null", "block 1: kind se needs excite"),
        ("/blocks/1/excite", "-1", "block 1: excite must be"),
        ("/blocks/1/poolPadding", "2", "block 1: poolPadding"),
        ("/blocks/1/poolPadding", "9223372036854775808", "block 1: poolPadding"),
        ("/blocks/2/dropout", "1", "block 2: dropout"),
        ("/blocks/0/shortcutKernel", "3", "block 0: shortcutKernel 3 needs kind res"),
        ("/head/levels", "2", "head: levels 2 needs kind dense"),
        ("/head/kernel", "0", "head: kernel must be"),
        ("/head/pooling", "\"maxmean\"", "head: pooling needs kind dense"),
        ("/head", r#"{"kind":"dense","levels":4}"#, "head: levels must be 1 to 3"),
        ("/head", r#"{"kind":"dense","levels":0}"#, "head: levels must be 1 to 3"),
        ("/head", r#"{"kind":"dense","kernel":3}"#, "head: kernel 3 needs kind conv"),
        ("/head", r#"{"kind":"pool"}"#, "unknown variant `pool`"),
        ("/stems", "1", "unknown field `stems`"),
    ] {
        let failure = Architecture::from_json(&changed(pointer, value)).expect_err(pointer);
        assert_eq!(failure.code, Code::InvalidOption, "{pointer}");
        assert!(failure.message.contains(part), "{pointer} {value}: {failure}");
    }
    let missing = Architecture::from_json(r#"{"samplingRate":8000}"#).unwrap_err();
    assert!(missing.message.contains("missing field `inputLength`"), "{missing}");
    assert_eq!(Architecture::parse("{").unwrap_err().code, Code::InvalidOption);
}

#[test]
fn absurd_sizes_are_refused_before_anything_is_allocated() {
    let wide = r#"{"samplingRate":8000,"inputLength":9,"blocks":[
        {"kind":"basic","kernel":65536,"pool":3,"channels":65536},
        {"kind":"basic","kernel":65536,"pool":3,"channels":65536}],"head":{"kind":"conv"}}"#;
    assert!(Architecture::from_json(wide).unwrap_err().message.contains("parameters; at most"));
    let long = r#"{"samplingRate":8000,"inputLength":16777215,
        "blocks":[{"kind":"basic","kernel":3,"pool":3,"channels":512}],
        "head":{"kind":"dense"}}"#;
    assert!(Architecture::from_json(long).unwrap_err().message.contains("values in one layer"));
}

#[test]
fn a_dense_head_takes_any_length() {
    let dense = changed("/head", r#"{"kind":"dense"}"#).replace("\"inputLength\":81", "\"inputLength\":1000");
    Architecture::from_json(&dense).unwrap();
}

#[test]
fn tags_are_named_once() {
    let tags = |list: &[&str]| list.iter().map(|tag| (*tag).to_string()).collect::<Vec<_>>();
    validate_tags(&tags(&["guitar", "no vocals"])).unwrap();
    for (list, part) in
        [(vec![], "1 to 65536 tags"), (vec!["a", " "], "tag 1 is blank"), (vec!["a", "a"], "appears twice")]
    {
        let failure = validate_tags(&tags(&list)).unwrap_err();
        assert!(failure.code == Code::InvalidOption && failure.message.contains(part), "{failure}");
    }
}
