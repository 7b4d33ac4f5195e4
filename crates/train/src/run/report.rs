//! The report of a finished run: `report.json` for programs, `report.md` for people.

use std::fmt::Write;

use files::text::markdown as shown;
use serde::{Deserialize, Serialize};

use super::config::DatasetFacts;
use crate::dataset::PartCounts;
use crate::event::TrainDone;
use crate::left_out::LeftOut;
use crate::metrics::{four, Averages, Intervals, Metrics};
use crate::options::Best;

/// The result of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// Format of the file.
    pub(crate) format: u32,
    /// The identity of the run.
    #[serde(default)]
    pub(crate) run: String,
    /// The dataset as it was used.
    pub(crate) dataset: DatasetFacts,
    /// The last event of the training.
    pub(crate) done: TrainDone,
    /// Epoch of the best weights, from 1.
    pub(crate) best_epoch: usize,
    /// The name of the protocol. Reports of older versions have none.
    #[serde(default)]
    pub(crate) protocol: String,
    /// Which weights are the result; those of the last epoch if there is no validation part.
    #[serde(default)]
    pub(crate) best: Best,
    /// Metrics of the best model on the validation clips, on which the thresholds were chosen; `None` without these
    /// clips.
    pub(crate) valid: Option<Metrics>,
    /// Metrics of the best model on the test clips.
    pub(crate) test: Option<Metrics>,
}

/// The report as Markdown.
pub(crate) fn markdown(report: &Report) -> String {
    let mut text = String::new();
    let facts = &report.dataset;
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# Training report\n");
    let _ =
        writeln!(text, "- data: {} (checksum {})", shown(&facts.split), facts.checksum.get(..12).unwrap_or_default());
    let _ = writeln!(
        text,
        "- clips: {} train, {} validation, {} test; {} Hz; {}",
        facts.clips.train,
        facts.clips.valid,
        facts.clips.test,
        facts.sampling_rate,
        shown(&facts.segment_rule)
    );
    let LeftOut { clips, damaged_clips, damaged_packets } = facts.left_out;
    if clips != PartCounts::default() {
        let _ = writeln!(
            text,
            "- left out, because their files are missing or broken: {} train, {} validation, {} test",
            clips.train, clips.valid, clips.test
        );
    }
    if damaged_clips != PartCounts::default() {
        let _ = writeln!(
            text,
            "- damaged in part, {damaged_packets} packets in all: {} train, {} validation, {} test",
            damaged_clips.train, damaged_clips.valid, damaged_clips.test
        );
    }
    let _ = writeln!(text, "- parameters: {}", report.done.parameters);
    if !report.protocol.is_empty() {
        let _ = writeln!(text, "- protocol: {}", shown(&report.protocol));
    }
    match report.best {
        Best::Last => {
            let why = if report.valid.is_none() { "there is no validation part" } else { "asked for" };
            let _ =
                writeln!(text, "- epochs: {}; the result are the weights of the last one ({why})", report.done.epochs);
        }
        _ => {
            let _ = writeln!(text, "- epochs: {}, best: {}", report.done.epochs, report.best_epoch);
        }
    }
    let seconds = &report.done.seconds;
    let _ = writeln!(
        text,
        "- seconds: {:.4} a step (median), {:.1} an epoch of steps, {:.0} in all",
        seconds.step, seconds.epoch, seconds.total
    );
    if let Some(valid) = &report.valid {
        section(&mut text, "Validation", valid);
    }
    if let Some(test) = &report.test {
        section(&mut text, "Test", test);
    }
    text
}

fn section(text: &mut String, title: &str, metrics: &Metrics) {
    let _ = writeln!(text, "\n## {title}: {} clips\n", metrics.clips);
    let _ = writeln!(text, "| mean | ROC-AUC | average precision |\n|---|---|---|");
    let rows = [
        ("macro", metrics.macro_average),
        ("micro", metrics.micro_average),
        ("weighted by positives", metrics.weighted_average),
        ("clip-wise", metrics.clipwise),
    ];
    for (name, Averages { roc_auc, pr_auc }) in rows {
        let _ = writeln!(text, "| {name} | {} | {} |", four(roc_auc), four(pr_auc));
    }
    let Intervals { roc_auc, pr_auc, accuracy } = metrics.intervals;
    let lines = [
        ("Accuracy", metrics.accuracy, accuracy),
        ("Balanced accuracy", metrics.balanced_accuracy, None),
        ("ROC-AUC (macro)", metrics.macro_average.roc_auc, roc_auc),
        ("Average precision (macro)", metrics.macro_average.pr_auc, pr_auc),
        ("F1 at the thresholds of validation", metrics.f1, None),
        ("Log loss", metrics.log_loss, None),
        ("Expected calibration error", metrics.calibration_error, None),
    ];
    let _ = writeln!(text);
    for (name, value, interval) in lines {
        let Some(value) = value else { continue };
        let interval =
            interval.map_or_else(String::new, |[low, high]| format!(", 95 % interval {low:.4} to {high:.4}"));
        let _ = writeln!(text, "- {name}: {value:.4}{interval}");
    }
    if !metrics.skipped.is_empty() {
        let names = metrics.skipped.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "\nTags without positives or without negatives, left out of the averages: {names}");
    }
    if !metrics.few.is_empty() {
        let names = metrics.few.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "\nTags with fewer than 10 clips, whose metrics depend on single clips: {names}");
    }
    let _ = writeln!(
        text,
        "\n| tag | positives | prevalence | ROC-AUC | average precision | F1 | threshold \
         |\n|---|---|---|---|---|---|---|"
    );
    for tag in &metrics.per_tag {
        let _ = writeln!(
            text,
            "| {} | {} | {:.4} | {} | {} | {} | {} |",
            shown(&tag.tag),
            tag.positives,
            tag.prevalence,
            four(tag.roc_auc),
            four(tag.pr_auc),
            four(tag.f1),
            four(tag.threshold.map(f64::from))
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    #[test]
    fn tags_show_as_they_are_whatever_they_hold() {
        let tags: Vec<String> =
            ["<script>alert(1)</script>", "a|b", "x\n# y", "[l](http://x)"].map(str::to_owned).to_vec();
        let metrics = Metrics::new(&tags, &[0.5; 8], &[true, false, true, true, false, true, true, true], false, None);
        let mut text = String::new();
        section(&mut text, "Test", &metrics);
        assert!(text.contains("| &lt;script&gt;alert(1)&lt;/script&gt; | 1 |"), "{text}");
        assert!(text.contains("| a\\|b | 1 |") && text.contains("| x\\\\n\\# y | 2 |"), "{text}");
        assert!(!text.contains("<script>") && !text.contains("[l]("), "{text}");
    }
}
