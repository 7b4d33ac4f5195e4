//! The experiments of the package: whether their declarations are whole, and what the published tables say about their
//! claims.

#![allow(clippy::unwrap_used)] // Test helpers: clippy exempts only test functions.

use std::path::Path;

use error::Code;
use lab::experiment::{decide, names, schema, AxisValue, Estimate, Measure, PlannedRow, RowKind, Shown, Spec, Verdict};
use lab::probe::{PAPER_HIDDEN, PAPER_LEVELS, PAPER_MODELS};
use net::{Architecture, InputNormalisation, Layout};
use serde_json::{json, Value};

fn specs() -> Vec<Spec> {
    names().unwrap().iter().map(|name| Spec::named(name).unwrap()).collect()
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments")
}

/// The published value, on whichever dataset.
fn published(row: &PlannedRow, column: &str) -> Option<f64> {
    row.published.values().find_map(|values| values.get(column)).copied()
}

/// A value for every cell: the published one, or one that tells the rows apart.
fn full(spec: &Spec, row: &PlannedRow, column: &str) -> Option<Estimate> {
    let Some(Shown::Measure(_)) = spec.column(column).and_then(|column| spec.shown(column)) else { return None };
    let place = spec.rows().unwrap().iter().position(|other| other.id == row.id).unwrap();
    Some(Estimate::exact(published(row, column).unwrap_or(0.5 + 0.01 * place as f64)))
}

#[test]
fn every_network_exists_and_every_claim_is_decided_by_a_full_table() {
    for spec in specs() {
        assert!(!spec.trainings().unwrap().is_empty() && !spec.claims.is_empty() && !spec.figures.is_empty());
        let results = decide(&spec, &|row, column| full(&spec, row, column)).unwrap();
        for result in &results {
            assert!(result.verdict.is_some(), "{}: {}: {:?}", spec.name, result.text, result.reason);
            assert!(!result.comparisons.is_empty());
        }
        let nothing = decide(&spec, &|_, _| None).unwrap();
        assert!(nothing.iter().all(|result| result.verdict.is_none() && result.reason.is_some()), "{nothing:?}");
    }
}

/// The claims about accuracy come from the published tables: these must agree with them.
#[test]
fn the_published_tables_hold_their_own_claims() {
    for spec in specs() {
        let results = decide(&spec, &|row, column| {
            let is_roc_auc = spec.column(column)?.measure() == Some(Measure::RocAuc);
            published(row, column).filter(|_| is_roc_auc).map(Estimate::exact)
        });
        for result in results.unwrap().iter().filter(|result| result.verdict.is_some()) {
            assert_eq!(result.verdict, Some(Verdict::Holds), "{}: {result:?}", spec.name);
        }
    }
}

#[test]
fn the_sweep_has_the_42_models_with_the_counts_of_the_2017_plan() {
    let trainings = Spec::named("smc").unwrap().trainings().unwrap();
    assert_eq!(trainings.len(), 42);
    let counts: Vec<usize> = ["2^6-256", "2^13-2", "3^3-729", "3^9-3", "4^7-4", "5^6-5"]
        .iter()
        .map(|id| {
            let training = trainings.iter().find(|training| training.id == *id).unwrap();
            Layout::new(&training.network().unwrap(), 50).trainable
        })
        .collect();
    assert_eq!(counts, [982_450, 1_872_818, 680_242, 1_869_874, 1_868_466, 1_933_362]);
}

#[test]
fn table_2_has_its_13_models_and_two_optional_ones() {
    let trainings = Spec::named("frames").unwrap().trainings().unwrap();
    assert_eq!(trainings.iter().filter(|training| !training.optional).count(), 13);
    let optional: Vec<&str> =
        trainings.iter().filter(|t| t.optional).map(|training| training.preset.as_str()).collect();
    assert_eq!(optional, ["mel:7,81,27", "mel:8,81,9"]);
    let sample = trainings.iter().find(|training| training.id == "sample-9-3-3").unwrap();
    assert_eq!(sample.network().unwrap(), Architecture::preset("3^9").unwrap());
}

#[test]
fn the_seven_rates_have_the_published_parameters_and_digits() {
    let spec = Spec::named("table5").unwrap();
    for training in spec.trainings().unwrap() {
        let network = training.network().unwrap();
        assert_eq!(training.axes["rate"], i64::from(network.sampling_rate).into());
        let count = Layout::new(&network, 50).trainable as f64;
        // Printed in millions with two digits; 1,805,106 is printed as 1.80, without the parameters of its norms.
        let published = training.published["any"]["parameters"];
        assert!((count - published).abs() < 11_000.0, "{}: {count}", training.id);
        let pools = network.blocks.iter().map(|block| block.pool);
        let digits: Vec<String> =
            network.stem.iter().map(|stem| stem.stride).chain(pools).map(|d| d.to_string()).collect();
        assert_eq!(training.axes["digits"], AxisValue::Word(digits.join("-")));
    }
}

#[test]
fn ablations_change_the_network_and_the_options() {
    let trainings = Spec::named("ablations").unwrap().trainings().unwrap();
    assert_eq!(trainings.len(), 24);
    let training = trainings.iter().find(|training| training.id == "raw-6-81-81-none-he").unwrap();
    assert_eq!(training.network().unwrap().norm.kind, net::NormKind::None);
    assert_eq!(training.options["initialisation"], "he");
    assert_eq!(training.network().unwrap().input_normalisation, InputNormalisation::None);
    for (suffix, expected) in
        [("standardised", InputNormalisation::Standardise), ("signed-log", InputNormalisation::SignedLog)]
    {
        let id = format!("3^9-batch-keras-1.1-{suffix}");
        let network = trainings.iter().find(|training| training.id == id).unwrap().network().unwrap();
        let preset = Architecture::preset("3^9").unwrap();
        assert_eq!(network, Architecture { input_normalisation: expected, ..preset });
    }
}

#[test]
fn table_4_joins_one_two_four_and_eight_networks_in_the_published_order() {
    let spec = Spec::named("scales").unwrap();
    let features = spec.features.clone().unwrap();
    let joined: Vec<String> = features.rows.iter().map(|row| row.models.join(", ")).collect();
    assert_eq!(joined[..3], ["3^9", "3^8, 3^9", "2^13, 2^14, 3^8, 3^9"]);
    let all: Vec<String> = spec.trainings().unwrap().into_iter().map(|training| training.id).collect();
    assert_eq!((joined[3].clone(), all), (PAPER_MODELS.join(", "), PAPER_MODELS.map(str::to_owned).to_vec()));
    for row in &features.rows {
        assert_eq!(row.levels, PAPER_LEVELS);
        assert_eq!(
            (&row.axes["joined"], &row.axes["models"]),
            (&row.models.join(", ").as_str().into(), &AxisValue::Whole(row.models.len() as i64))
        );
    }
    assert_eq!(features.classifier["hidden"], json!(PAPER_HIDDEN));
}

#[test]
fn table_6_has_all_17_rows_of_the_paper() {
    let spec = Spec::named("transfer").unwrap();
    let rows = spec.rows().unwrap();
    let count = |kind: RowKind| rows.iter().filter(|row| row.kind == kind).count();
    assert_eq!([RowKind::Published, RowKind::Training, RowKind::Features].map(count), [12, 1, 4]);
    let published = |column: &str| rows.iter().filter(|row| row.published.contains_key(column)).count();
    assert_eq!(["gtzan", "mtat", "tagtraum", "msd"].map(published), [8, 14, 5, 8]);
    let best =
        |kind: &str| rows.iter().filter_map(|row| row.published.get(kind)?.get(kind)).copied().fold(0.0, f64::max);
    assert_eq!(["gtzan", "mtat", "tagtraum", "msd"].map(best), [0.821, 0.9055, 0.768, 0.8878]);
    assert!(spec.needs_source() && rows.iter().all(|row| row.axes.contains_key("model")));
}

#[test]
fn the_schema_is_current_and_describes_every_key() {
    let path = folder().join("schema.json");
    let text = schema().unwrap();
    if std::env::var_os("SAMPLECNN_GENERATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let present = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(present == text, "experiments/schema.json is out of date: run `npm run generate`");
    let schema: Value = serde_json::from_str(&text).unwrap();
    for file in std::fs::read_dir(folder()).unwrap() {
        let file = file.unwrap().path();
        let value: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        if file.file_name().unwrap() != "schema.json" {
            validate(&value, &schema, &schema).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
        }
    }
    let mut wrong: Value = serde_json::from_str(include_str!("../../../experiments/blocks.json")).unwrap();
    wrong["axs"] = json!([]);
    assert!(validate(&wrong, &schema, &schema).unwrap_err().contains("axs"));
}

/// Checks `value` against the keywords of JSON Schema that the schema of experiments uses.
fn validate(value: &Value, schema: &Value, root: &Value) -> Result<(), String> {
    let fail = |why: &str| Err(format!("{why}: {value}"));
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(name.trim_start_matches('#')).ok_or_else(|| format!("no {name}"))?;
        validate(value, target, root)?;
    }
    if let Some(kinds) = schema.get("type") {
        let is = |kind: &Value| match kind.as_str().unwrap_or_default() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            _ => false,
        };
        if !kinds.as_array().map_or_else(|| is(kinds), |kinds| kinds.iter().any(is)) {
            return fail("wrong type");
        }
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(choices) = schema.get(word).and_then(Value::as_array) {
            if choices.iter().all(|choice| validate(value, choice, root).is_err()) {
                return fail("no alternative fits");
            }
        }
    }
    if schema.get("const").is_some_and(|only| only != value) {
        return fail("another constant");
    }
    if schema.get("enum").and_then(Value::as_array).is_some_and(|known| !known.contains(value)) {
        return fail("no such value");
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        list.iter().try_for_each(|item| validate(item, items, root))?;
    }
    let Some(object) = value.as_object() else { return Ok(()) };
    for required in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        if !object.contains_key(required.as_str().unwrap()) {
            return fail(&format!("{required} is missing"));
        }
    }
    let known = schema.get("properties").and_then(Value::as_object);
    for (key, entry) in object {
        match (known.and_then(|known| known.get(key)), schema.get("additionalProperties")) {
            (Some(own), _) => validate(entry, own, root)?,
            (None, Some(Value::Bool(false))) => return fail(&format!("unknown key {key}")),
            (None, Some(others)) if others.is_object() => validate(entry, others, root)?,
            _ => (),
        }
    }
    Ok(())
}

#[test]
fn mistakes_in_a_file_are_named_with_what_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.json");
    let good: Value = serde_json::from_str(include_str!("../../../experiments/ablations.json")).unwrap();
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut spec = good.clone();
        change(&mut spec);
        std::fs::write(&path, serde_json::to_vec_pretty(&spec).unwrap()).unwrap();
        let failure = Spec::named(path.to_str().unwrap()).and_then(|spec| spec.trainings()).unwrap_err();
        assert_eq!(failure.code, Code::InvalidOption, "{failure}");
        failure.message
    };
    type Mistake<'a> = (&'a dyn Fn(&mut Value), &'a [&'a str]);
    let checks: [Mistake; 16] = [
        (&|s| s["axs"] = json!([]), &["mine.json", "unknown field `axs`", "did you mean \"axes\"?", "line"]),
        (&|s| s["format"] = json!(1), &["format 1", "format 2"]),
        (&|s| s["axes"][0]["values"][0] = json!("3^x"), &["no network has network 3^x", "norm batch"]),
        (&|s| s["axes"][1]["values"][0] = json!("layer"), &["no value batch", "layer"]),
        (&|s| s["axes"][1]["sets"] = json!("architecture.nrm.kind"), &["no network has", "nrm"]),
        (&|s| s["axes"][1]["sets"] = json!("network.norm"), &["options.NAME", "network.norm"]),
        (&|s| s["columns"][0]["name"] = json!("netwrk"), &["netwrk", "did you mean \"network\"?"]),
        (&|s| s["trainings"]["architecture"] = json!("{net}"), &["unknown axis \"net\"", "network"]),
        (&|s| s["claims"][0]["difference"]["column"] = json!("rocauc"), &["claim \"Batch", "mean \"rocAuc\"?"]),
        (&|s| s["claims"][0]["order"] = json!({"column": "rocAuc", "along": "norm", "trend": "rising"}), &["one of"]),
        (&|s| s["claims"][0]["difference"]["of"]["norm"] = json!("bach"), &["no value bach", "batch, none"]),
        (&|s| s["figures"][0]["x"] = json!("depth"), &["figure \"auc-of-ablations\"", "depth"]),
        (&|s| s["reference"] = json!("3^9"), &["no training has the id \"3^9\""]),
        (&|s| s["name"] = json!("../x"), &["name", "../x"]),
        (&|s| s["trainings"]["id"] = json!("figures"), &["figures", "another file"]),
        (
            &|s| s["axes"][0]["values"] = json!([vec!["3^9"; 1999], vec!["raw:6,81,81"]].concat()),
            &["more than 10000 combinations", "2000 of network, 2 of norm"],
        ),
    ];
    for (change, parts) in checks {
        let message = refused(change);
        assert!(parts.iter().all(|part| message.contains(part)), "{message} lacks one of {parts:?}");
    }
    assert_eq!(Spec::named("no such.json").unwrap_err().code, Code::FileNotFound);
    std::fs::write(&path, "{").unwrap();
    assert!(Spec::named(path.to_str().unwrap()).unwrap_err().message.contains("not JSON"));
    assert!(Spec::named("sweeps").unwrap_err().message.contains("sweep, smc"));
}
