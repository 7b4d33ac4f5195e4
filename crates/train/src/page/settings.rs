//! The data, the configuration, the environment and the files of the run.

use std::collections::BTreeMap;

use charts::{Column, Link, Section, Table};
use engine::cpu_features;
use serde_json::Value;

use super::Page;
use crate::dataset::PartCounts;
use crate::left_out::LeftOut;

/// How much data there is, and how much is missing or damaged.
pub(super) fn data(page: &Page<'_>) -> Section {
    let facts = &page.config.dataset;
    let LeftOut { clips, damaged_clips, damaged_packets } = facts.left_out;
    let row = |name: &str, counts: PartCounts| {
        let sum = counts.train + counts.valid + counts.test;
        let cells = [counts.train, counts.valid, counts.test, sum].map(|count| count.to_string());
        std::iter::once(name.to_owned()).chain(cells).collect::<Vec<_>>()
    };
    let rows = vec![
        row("clips used", facts.clips),
        row("segments", facts.segments),
        row("clips left out: missing or broken", clips),
        row("clips used that are damaged in part", damaged_clips),
    ];
    let columns = ["", "training", "validation", "test", "all"];
    let seconds =
        facts.clip_seconds.map_or_else(|| "whole clips".to_owned(), |s| format!("the first {s:.2} s of each clip"));
    let table = Table {
        caption: "Clips of the dataset".to_owned(),
        columns: columns.iter().enumerate().map(|(index, name)| Column::new(*name, index > 0)).collect(),
        rows,
        notes: vec![
            format!("Packets that could not be decoded and were skipped: {damaged_packets}."),
            format!("{}; {seconds}; {} Hz.", facts.segment_rule, facts.sampling_rate),
        ],
    };
    Section::new("Data").block(table)
}

/// The options of the training.
pub(super) fn options(page: &Page<'_>) -> Section {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    let options = serde_json::to_value(&page.config.options).unwrap_or_default();
    let rows = options.as_object().into_iter().flatten().map(|(name, value)| vec![name.clone(), text(value)]).collect();
    let table = Table {
        caption: "Options of `train`".to_owned(),
        columns: vec![Column::new("option", false), Column::new("value", false)],
        rows,
        notes: vec!["`samplecnn train --config config.json -o DIR` trains with the same options again.".to_owned()],
    };
    Section::new("Configuration").block(table)
}

/// The other files in the folder of the report.
pub(super) fn files(page: &Page<'_>) -> Section {
    let all = [
        ("Best model", "best.safetensors"),
        ("Results as JSON", "report.json"),
        ("Results as text (Markdown)", "report.md"),
        ("Configuration", "config.json"),
        ("Events as JSON lines", "events.jsonl"),
        ("Epochs as CSV", "epochs.csv"),
        ("Event file for TensorBoard", "events.out.tfevents.samplecnn"),
        ("Clips with their parts and tags", "clips.jsonl"),
        ("Scores of the validation clips as CSV", "predictions-valid.csv"),
        ("Scores of the validation clips for NumPy", "predictions-valid.npy"),
        ("Targets of the validation clips as CSV", "targets-valid.csv"),
        ("Targets of the validation clips for NumPy", "targets-valid.npy"),
        ("Scores of the test clips as CSV", "predictions-test.csv"),
        ("Scores of the test clips for NumPy", "predictions-test.npy"),
        ("Targets of the test clips as CSV", "targets-test.csv"),
        ("Targets of the test clips for NumPy", "targets-test.npy"),
    ];
    let has_test = page.report.test.is_some();
    let there = |(_, path): &(&str, &str)| has_test || !path.contains("-test.");
    let link = |(text, path): (&str, &str)| Link { text: text.to_owned(), path: path.to_owned() };
    Section::new("Files").block(all.into_iter().filter(there).map(link).collect::<Vec<_>>())
}

/// Facts about the source and the environment.
pub(super) fn facts(page: &Page<'_>) -> BTreeMap<String, String> {
    let Page { report, config, .. } = page;
    let seconds = &report.done.seconds;
    let facts = [
        ("version", format!("samplecnn {}", config.version)),
        ("run", config.id.clone()),
        ("dataset", format!("{} ({})", config.dataset.split, config.dataset.kind)),
        ("dataset checksum", config.dataset.checksum.clone()),
        ("seed", config.options.seed.to_string()),
        ("parameters", config.parameters.to_string()),
        ("device", config.device.clone()),
        ("precision", config.options.precision.to_string()),
        ("threads", config.threads.to_string()),
        ("system", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        ("processor", cpu_features().join(" ")),
        ("resampler", config.dataset.resampler.clone()),
        ("seconds of a step (median)", format!("{:.4}", seconds.step)),
        ("seconds of all epochs", format!("{:.1}", seconds.total)),
    ];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
