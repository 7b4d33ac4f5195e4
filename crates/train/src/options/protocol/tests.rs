use engine::Optimiser;
use serde_json::json;

use super::*;
use crate::dataset::DatasetOptions;
use crate::options::phase::PhaseStart;

fn resolve(more: Value) -> Result<TrainOptions> {
    let mut given = json!({"dataset": {"kind": "mtat", "root": "x"}, "out": "y"});
    given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    TrainOptions::resolve(given.as_object().unwrap().clone())
}

#[test]
fn the_default_protocol_states_the_defaults_of_the_options() {
    let data = DatasetOptions::Mtat { root: "x".into(), split: Default::default(), lists: None };
    assert_eq!(resolve(json!({})).unwrap(), TrainOptions::new(data, "y"));
    assert_eq!(resolve(json!({"protocol": "kaist-2018"})).unwrap(), resolve(json!({})).unwrap());
}

#[test]
fn every_protocol_is_valid_and_has_its_own_name() {
    for name in Protocol::names() {
        let protocol = Protocol::load(name).unwrap();
        assert_eq!(protocol.name, name);
        assert!(!protocol.summary.is_empty() && !protocol.source.is_empty());
        let options = resolve(json!({"protocol": name})).unwrap();
        options.validate().unwrap();
        assert_eq!(options.protocol, name);
    }
}

#[test]
fn the_values_of_a_protocol_are_used_unless_an_option_is_given() {
    let resemul = resolve(json!({"protocol": "resemul"})).unwrap();
    assert_eq!((resemul.patience, resemul.clip_seconds), (3, Some(29.0)));
    // 23 and 4 are the defaults; given explicitly, they win all the same.
    let clmr = resolve(json!({"protocol": "clmr-supervised", "patience": 4, "batchSize": 23})).unwrap();
    assert_eq!((clmr.patience, clmr.batch_size, clmr.weight_decay), (4, 23, 1e-6));
    assert_eq!((clmr.schedule, clmr.learning_rates), (ScheduleKind::Plateau, vec![3e-4]));
}

#[test]
fn a_given_option_also_replaces_that_of_the_phases() {
    let phases = resolve(json!({"protocol": "sota-benchmark"})).unwrap();
    let of = |options: &TrainOptions| -> Vec<_> {
        options
            .phases
            .iter()
            .map(|phase| options.of_phase(phase))
            .map(|o| (o.optimiser, o.learning_rates[0], o.epochs))
            .collect()
    };
    let (adam, sgd) = (Optimiser::Adam, Optimiser::SgdNesterov);
    let published = [(adam, 1e-4, Some(80)), (sgd, 1e-3, Some(20)), (sgd, 1e-4, Some(20)), (sgd, 1e-5, Some(80))];
    assert_eq!(of(&phases), published);
    assert_eq!((phases.first_epochs(), phases.phases[1].start), (Some(80), PhaseStart::Best));
    assert!(phases.phases.iter().all(|phase| phases.of_phase(phase).weight_decay == 1e-4));
    let mine =
        resolve(json!({"protocol": "sota-benchmark", "optimiser": "adamw", "learningRates": [0.5], "epochs": 90}));
    let mine = mine.unwrap();
    assert!(of(&mine).iter().all(|&(optimiser, rate, _)| (optimiser, rate) == (Optimiser::AdamW, 0.5)));
    assert_eq!((mine.epochs, mine.phases[0].epochs), (Some(90), 80));
}

#[test]
fn learning_rates_that_are_not_given_suit_the_optimiser_and_the_schedule() {
    let rates = |more| resolve(more).unwrap().learning_rates;
    assert_eq!(rates(json!({"schedule": "cosine", "epochs": 3})), [0.01]);
    assert_eq!(rates(json!({"schedule": "constant", "epochs": 3, "optimiser": "adamw"})), [0.001]);
    assert_eq!(rates(json!({"optimiser": "adam"}))[..2], [0.001, 0.0002]);
    assert_eq!(rates(json!({"schedule": "cosine", "epochs": 3, "learningRates": [0.3]})), [0.3]);
}

#[test]
fn a_file_of_the_user_is_a_protocol_and_faults_name_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.json");
    let load = |text: &str| {
        std::fs::write(&path, text).unwrap();
        resolve(json!({"protocol": path}))
    };
    let good = r#"{"format": 1, "name": "mine", "summary": "s", "options": {"batchSize": 7}}"#;
    let options = load(good).unwrap();
    assert_eq!((options.protocol.as_str(), options.batch_size), ("mine", 7));
    let refused = |text: &str, code: Code, what: &str| {
        let failure = load(text).unwrap_err();
        assert!(failure.code == code && failure.message.contains(what), "{failure}");
        assert_eq!(failure.file.as_ref(), Some(&path));
    };
    refused("{", Code::InvalidOption, "mine.json");
    refused(&good.replace("batchSize", "batchsize"), Code::InvalidOption, "batchsize");
    refused(&good.replace("batchSize", "seed"), Code::InvalidOption, "seed belongs to a run");
    refused(&good.replace("1,", "2,"), Code::ModelVersion, "format 2");
    refused(&good.replace("7", "\"7\""), Code::InvalidOption, "expected usize");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(resolve(json!({"protocol": path})).unwrap_err().code, Code::FileNotFound);
    let unknown = resolve(json!({"protocol": "kaist"})).unwrap_err();
    assert!(unknown.code == Code::InvalidOption && unknown.message.contains("\"sota-benchmark\""), "{unknown}");
}
