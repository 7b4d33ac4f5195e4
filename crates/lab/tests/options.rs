//! Compares the option tables, which are defined in TypeScript, with the Rust types that read the options.
#![allow(clippy::unwrap_used)]

use engine::{Initialisation, Optimiser, Precision};
use import::{ExportFormat, Format};
use lab::analyses::filters::SpectrumKind;
use lab::analyses::gradient::Statistics;
use lab::analyses::{VisualizeKind, VisualizeOptions};
use lab::experiment::{names as names_of_experiments, Spec};
use lab::probe::{HiddenNorm, ProtocolName, Standardise, UpdateRule};
use lab::reproduce::REPRODUCE;
use lab::{DemoOptions, ExperimentOptions, LearnOptions, ProbeOptions};
use net::{Side, TagOrder, Task};
use options::dataset_properties as properties;
use options::Stated;
use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::{json, Map, Value};
use tagger::{EmbedOptions, TagOptions};
use train::dataset::{DatasetOptions, EscSubset, FmaSubset, GtzanSplit, JamendoSubset, MtatSplit};
use train::{
    Best, CheckOptions, CompareOptions, EvaluateOptions, ListCacheOptions, PartChoice, PrepareOptions, Protocol,
    PruneCacheOptions, ScheduleKind, TrainOptions,
};

/// The defaults of a table, with the values of `required` for required options.
fn defaults(table: &[Stated], required: &Value) -> Map<String, Value> {
    let mut fields = Map::new();
    for option in table {
        assert_eq!(option.required, required.get(option.name).is_some(), "{} is required", option.name);
        let stated = option.default.map(|text| serde_json::from_str(text).unwrap());
        fields
            .extend(stated.or_else(|| required.get(option.name).cloned()).map(|value| (option.name.to_owned(), value)));
    }
    fields
}

/// Checks that `Options` has the names and the defaults of `table`; `others` are fields that are not in the table.
fn agree<Options: Serialize + DeserializeOwned>(table: &[Stated], required: &Value, others: &[&str]) {
    let from_table = defaults(table, required);
    let read = |fields: &Value| serde_json::from_value::<Options>(fields.clone()).unwrap();
    let of_type = serde_json::to_value(read(required)).unwrap();
    let of_type = of_type.as_object().unwrap();
    for (name, value) in &from_table {
        let ours = of_type.get(name).unwrap_or_else(|| panic!("{name} is in the table alone"));
        let same = match (ours.as_f64(), value.as_f64()) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => ours == value,
        };
        assert!(same, "{name}: {ours} here, {value} in the table");
    }
    for name in of_type.keys().filter(|name| !others.contains(&name.as_str())) {
        assert!(table.iter().any(|option| option.name == name), "{name} is in the type alone");
    }
    read(&Value::Object(from_table));
}

#[test]
fn every_struct_has_the_names_and_defaults_of_its_table() {
    let data = json!({"kind": "folders", "root": "music"});
    agree::<TrainOptions>(options::train::ALL, &json!({"dataset": data, "out": "run"}), &["phases"]);
    agree::<TrainOptions>(options::cross_validate::ALL, &json!({"dataset": data, "out": "runs"}), &["phases"]);
    agree::<CheckOptions>(options::dataset::ALL, &json!({"dataset": data}), &[]);
    agree::<CompareOptions>(options::compare::ALL, &json!({"runs": ["a"]}), &[]);
    agree::<PrepareOptions>(options::prepare::ALL, &json!({"dataset": data}), &[]);
    agree::<ListCacheOptions>(options::list_cache::ALL, &json!({}), &[]);
    agree::<PruneCacheOptions>(options::cache::ALL, &json!({}), &[]);
    agree::<EvaluateOptions>(options::evaluate::ALL, &json!({"dataset": data, "model": "m"}), &[]);
    agree::<ProbeOptions>(options::probe::ALL, &json!({"dataset": data, "source": "f.npy", "out": "probe"}), &[]);
    agree::<LearnOptions>(options::learn::ALL, &json!({}), &[]);
    agree::<TagOptions>(options::tag::ALL, &json!({"model": "m"}), &["paths"]);
    let required = json!({"kind": "filters", "model": "m", "out": "figures"});
    agree::<VisualizeOptions>(options::visualize::ALL, &required, &[]);
    let embed = defaults(options::embed::ALL, &json!({"model": "m"}));
    let embed: EmbedOptions = serde_json::from_value(Value::Object(embed)).unwrap();
    assert_eq!(embed, serde_json::from_value(json!({"model": "m"})).unwrap());
}

#[test]
fn the_demo_and_experiments_take_the_options_of_their_tables() {
    let demo = Value::Object(defaults(options::demo::ALL, &json!({})));
    let demo: DemoOptions = serde_json::from_value(demo).unwrap();
    let bare: DemoOptions = serde_json::from_value(json!({"out": options::demo::OUT})).unwrap();
    assert_eq!(demo, bare);
    let required = json!({"name": "downsampling", "out": "runs"});
    let mut all = defaults(options::experiment::ALL, &required);
    let dataset = json!({"kind": "folders", "root": "music"});
    all.insert("dataset".to_owned(), dataset.clone());
    let all: ExperimentOptions = serde_json::from_value(Value::Object(all)).unwrap();
    let bare = json!({"name": "downsampling", "out": "runs", "dataset": dataset});
    assert_eq!(all, serde_json::from_value(bare).unwrap());
}

/// The names that `Kind` accepts, in order: serde lists them in the error for an unknown name.
fn names<Kind: DeserializeOwned + std::fmt::Debug>() -> Vec<String> {
    let refused = serde_json::from_value::<Kind>(json!("no name")).unwrap_err().to_string();
    let (_, expected) = refused.split_once("expected").unwrap();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_choice_is_a_value_of_its_type_and_the_other_way_round() {
    for inference in [options::tag::PRECISION, options::evaluate::PRECISION, options::model_load::PRECISION] {
        assert_eq!(inference.choices, names::<Precision>());
    }
    let trains = |name: &String| Precision::parse(name).unwrap().check_training().is_ok();
    let training: Vec<String> = names::<Precision>().into_iter().filter(trains).collect();
    assert_eq!(options::train::PRECISION.choices, training);
    assert_eq!(options::demo::PRECISION.choices, training);
    assert_eq!(options::train::INITIALISATION.choices, names::<Initialisation>());
    assert_eq!(options::model_create::INITIALISATION.choices, names::<Initialisation>());
    assert_eq!(options::train::TASK.choices, names::<Task>());
    assert_eq!(options::model_create::TASK.choices, names::<Task>());
    assert_eq!(options::probe::PROTOCOL.choices, names::<ProtocolName>());
    assert_eq!(options::probe::NORM.choices, names::<HiddenNorm>());
    assert_eq!(options::probe::STANDARDISE.choices, names::<Standardise>());
    assert_eq!(options::probe::OPTIMISER.choices, names::<UpdateRule>());
    assert_eq!(options::train::BEST.choices, names::<Best>());
    assert_eq!(options::train::OPTIMISER.choices, names::<Optimiser>());
    assert_eq!(options::train::SCHEDULE.choices, names::<ScheduleKind>());
    assert_eq!(options::train::PROTOCOL.choices, Protocol::names());
    assert_eq!(options::evaluate::PART.choices, names::<PartChoice>());
    assert_eq!(options::visualize::KIND.choices, names::<VisualizeKind>());
    assert_eq!(options::visualize::BATCH_NORM.choices, names::<Statistics>());
    assert_eq!(options::visualize::SPECTRUM.choices, names::<SpectrumKind>());
    assert_eq!(options::visualize::PART.choices, names::<PartChoice>());
    assert_eq!(options::import::SAME.choices, names::<Side>());
    assert_eq!(properties::MTAT_SPLIT.choices, names::<MtatSplit>());
    assert_eq!(properties::MTAT_SPLIT.default, MtatSplit::default().as_str());
    assert_eq!(properties::GTZAN_SPLIT.choices, names::<GtzanSplit>());
    assert_eq!(properties::JAMENDO_SUBSET.choices, names::<JamendoSubset>());
    assert_eq!(properties::FMA_SUBSET.choices, names::<FmaSubset>());
    assert_eq!(properties::ESC50_SUBSET.choices, names::<EscSubset>());
    assert_eq!(options::import::AS.choices, Format::ALL.map(|(_, name)| name));
    assert_eq!(options::export::TO.choices, ExportFormat::ALL.map(|(_, name)| name));
    assert_eq!(options::import::TAG_ORDER.choices, TagOrder::ALL.map(|(_, name)| name));
    let kinds = serde_json::from_value::<DatasetOptions>(json!({"kind": "no name"})).unwrap_err().to_string();
    for kind in properties::KIND.choices {
        assert!(kinds.contains(&format!("`{kind}`")), "{kinds}");
    }
    // The unknown name is in backticks as well.
    assert_eq!(kinds.matches('`').count(), 2 * (properties::KIND.choices.len() + 1), "{kinds}");
}

#[test]
fn every_experiment_is_a_choice_by_each_of_its_names() {
    let specs = names_of_experiments().unwrap().into_iter().map(|name| Spec::named(&name).unwrap());
    let known = specs.flat_map(|spec| std::iter::once(spec.name).chain(spec.aliases));
    let known: Vec<String> = known.chain([REPRODUCE.to_owned()]).collect();
    assert_eq!(options::experiment::NAME.choices, known);
}
