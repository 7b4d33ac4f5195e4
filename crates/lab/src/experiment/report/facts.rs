//! What the numbers of an experiment depend on.

use std::collections::BTreeMap;

use super::super::table::{ScaleUsed, Table};

/// Dataset and seeds as one sentence, and the scale as another if it is not the whole experiment.
pub fn scope(table: &Table) -> String {
    match &table.scale {
        None => data(table),
        Some(ScaleUsed { name, words }) => format!("{} Scale {name}: {words}.", data(table)),
    }
}

/// Dataset and seeds as one sentence.
pub fn data(table: &Table) -> String {
    match &table.seeds[..] {
        [] => format!("Dataset {}.", table.dataset),
        [one] => format!("Dataset {}, seed {one}.", table.dataset),
        several => format!("Dataset {}, seeds {}.", table.dataset, listed(several)),
    }
}

fn listed(seeds: &[u64]) -> String {
    seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

/// Facts for the files: experiment, dataset, seeds, scale, source, options and the version of this package.
pub fn facts(table: &Table) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    let mut add = |name: &str, value: String| facts.insert(name.to_owned(), value);
    add("experiment", table.spec.name.clone());
    add("dataset", table.dataset.clone());
    add("split", "test".to_owned());
    add("seeds", listed(&table.seeds));
    add("source", table.spec.source.clone());
    add("samplecnn", env!("CARGO_PKG_VERSION").to_owned());
    if let Some(ScaleUsed { name, words }) = &table.scale {
        add("scale", format!("{name}: {words}"));
    }
    if !table.protocol.is_empty() {
        add("settings", serde_json::Value::Object(table.protocol.clone()).to_string());
    }
    facts
}
