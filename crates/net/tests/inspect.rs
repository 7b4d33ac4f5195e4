//! Tests of the layer table: lengths, receptive fields, and the record.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use net::{Architecture, LayerKind};

fn preset(name: &str) -> Architecture {
    Architecture::preset(name).unwrap()
}

#[test]
fn the_receptive_field_grows_by_filter_and_pool() {
    let fields: Vec<usize> = preset("3^9").layers(50).iter().map(|row| row.receptive_field).collect();
    // Block i adds 2 * 3^i for its filter and the same for its pool.
    let mut field = 3;
    let mut expected = vec![field];
    for module in 1..=9 {
        field += 4 * 3usize.pow(module);
        expected.push(field);
    }
    assert_eq!(field, 118_095);
    expected.extend([field, field]);
    assert_eq!(fields, expected);
}

#[test]
fn the_normalisation_of_the_waveform_is_told_and_adds_no_row() {
    let (plain, standardised) = (preset("3^9").inspect("a", None), preset("3^9+standardise").inspect("a", None));
    let json = serde_json::to_value(&standardised).unwrap();
    assert_eq!(json["inputNormalisation"], "standardise");
    assert_eq!(serde_json::to_value(&plain).unwrap()["inputNormalisation"], "none");
    assert_eq!((plain.layers, plain.parameters), (standardised.layers, standardised.parameters));
}

#[test]
fn a_pool_alone_sees_exactly_its_input() {
    // With filters of one position, only stem and pools enlarge the receptive field: to the whole segment, but not
    // more.
    let mut architecture = preset("3^9");
    for block in &mut architecture.blocks {
        block.kernel = 1;
    }
    assert_eq!(architecture.layers(50).last().unwrap().receptive_field, 59_049);
}

#[test]
fn leenet_lengths_are_those_of_panns() {
    let lengths = |name: &str, skip: usize| -> Vec<usize> {
        let layers = preset(name).layers(527);
        layers.iter().filter(|row| row.kind == LayerKind::Conv).skip(skip).map(|row| row.length).collect()
    };
    assert_eq!(lengths("leenet11", 0), [106_667, 35_556, 11_852, 3_951, 1_317, 439, 147, 49, 17]);
    let pooled: Vec<usize> = lengths("leenet24", 1).into_iter().step_by(2).collect();
    assert_eq!(pooled, [106_667, 35_556, 11_852, 3_951, 1_317, 439, 147, 49, 49]);
}

#[test]
fn rows_carry_the_names_of_the_model_file() {
    for name in ["3^7", "se-multi", "rese2", "minzwon-se", "leenet24", "mel:4,729,729"] {
        let architecture = preset(name);
        let layout = net::Layout::new(&architecture, 50);
        let weights: std::collections::BTreeSet<_> = layout
            .tensors
            .iter()
            .filter(|spec| spec.shape.len() > 1)
            .filter_map(|spec| spec.name.strip_suffix(".weight").map(str::to_string))
            .collect();
        let rows: std::collections::BTreeSet<_> =
            architecture.layers(50).into_iter().map(|row| row.name).filter(|row| row != "stem.mel").collect();
        assert_eq!(rows, weights, "{name}");
    }
}

#[test]
fn the_columns_of_the_papers_table_1_are_there() {
    let inspection = preset("3^9").inspect("3^9", None);
    let rows: Vec<(usize, usize, u64)> =
        inspection.layers.iter().map(|row| (row.conv_length, row.length, row.parameters_without_norm)).collect();
    assert_eq!(
        rows,
        [
            (19_683, 19_683, 512),
            (19_683, 6_561, 49_280),
            (6_561, 2_187, 49_280),
            (2_187, 729, 98_560),
            (729, 243, 196_864),
            (243, 81, 196_864),
            (81, 27, 196_864),
            (27, 9, 196_864),
            (9, 3, 393_728),
            (3, 1, 786_944),
            (1, 1, 262_656),
            (1, 1, 25_650),
        ]
    );
    assert_eq!((inspection.parameters_without_norm, inspection.parameters), (2_454_066, 2_460_466));
}

#[test]
fn a_network_without_norms_has_the_same_parameters_in_both_columns() {
    for name in ["3^7", "se-multi", "rese2", "minzwon-se", "leenet24", "mel:4,729,729", "kyungyunlee"] {
        let mut architecture = preset(name);
        let with = architecture.inspect(name, None);
        architecture.norm.kind = net::NormKind::None;
        architecture.head.norm = false;
        let without = architecture.inspect(name, None);
        assert_eq!(without.parameters, without.parameters_without_norm, "{name}");
        assert_eq!(with.parameters_without_norm, without.parameters, "{name}");
        assert!(with.parameters > with.parameters_without_norm, "{name}");
        assert!(with
            .layers
            .iter()
            .all(|row| row.conv_length >= row.length && row.conv_length / row.pool <= row.length));
    }
}

#[test]
fn the_record_is_that_of_the_machine_interface() {
    let architecture = preset("3^9");
    let record = serde_json::to_value(architecture.inspect("3^9", None)).unwrap();
    assert_eq!(record["type"], "architecture");
    assert_eq!(record["name"], "3^9");
    assert_eq!(record["samplingRate"], 22_050);
    assert_eq!(record["inputLength"], 59_049);
    assert_eq!(record["parameters"], 2_460_466);
    assert_eq!(record["flops"], 3_462_033_664u64);
    assert_eq!(record["tags"], serde_json::Value::Null);
    let keys: Vec<&str> = record["layers"][1].as_object().unwrap().keys().map(String::as_str).collect();
    for key in ["name", "kind", "kernel", "stride", "length", "channels", "parameters", "receptiveField"] {
        assert!(keys.contains(&key), "{key}");
    }
    assert_eq!(record["layers"][1]["kind"], "conv");
    let tags = ["a".to_string(), "b".to_string()];
    let tagged = architecture.inspect("m", Some(&tags));
    assert_eq!(tagged.layers.last().unwrap().channels, 2);
    assert_eq!(tagged.tags.as_deref(), Some(&tags[..]));
}
