//! The records of a comparison of runs.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The form of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableFormat {
    /// Two tables in Markdown: the groups, and their differences.
    #[default]
    Markdown,
    /// The same tables in LaTeX, with the rules of the package booktabs.
    Latex,
    /// One table: a row for each metric of each group, and for each difference.
    Csv,
}

/// A metric by which runs are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum CompareMetric {
    /// Macro-averaged area under the ROC curve.
    RocAuc,
    /// Macro-averaged average precision.
    PrAuc,
    /// Accuracy.
    Accuracy,
}

impl CompareMetric {
    /// All metrics.
    pub const ALL: [Self; 3] = [Self::RocAuc, Self::PrAuc, Self::Accuracy];

    /// The metric in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::RocAuc => "ROC-AUC",
            Self::PrAuc => "average precision",
            Self::Accuracy => "accuracy",
        }
    }
}

/// What the difference of two groups of runs shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub enum CompareVerdict {
    /// The first group is better than the second.
    #[serde(rename = "better")]
    Better,
    /// The first group is worse than the second.
    #[serde(rename = "worse")]
    Worse,
    /// The difference may be chance.
    #[serde(rename = "no difference shown")]
    NotShown,
    /// The groups were not tested on the same clips and tags in the same way.
    #[serde(rename = "not comparable")]
    NotComparable,
}

impl CompareVerdict {
    /// The verdict in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::NotShown => "no difference shown",
            Self::NotComparable => "not comparable",
        }
    }
}

/// Two groups of runs compared.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RunComparison {
    /// The metric; null if the groups are not comparable.
    pub metric: Option<CompareMetric>,
    /// The names of the two groups.
    pub runs: [String; 2],
    /// The metric of each group; null if they are not comparable.
    pub values: Option<[f64; 2]>,
    /// The metric of the first group minus that of the second; null if they are not comparable.
    pub difference: Option<f64>,
    /// 95 % interval of the difference: over the test clips, and with several seeds also over the seeds.
    pub interval: Option<[f64; 2]>,
    /// What the difference shows. With several comparisons it is based on an interval that is wider (Bonferroni).
    pub verdict: CompareVerdict,
    /// Why the groups are not comparable; null if they are.
    pub reason: Option<String>,
}

impl RunComparison {
    /// Two groups that are not comparable.
    pub(super) fn without_numbers(first: &str, second: &str, reason: String) -> Self {
        let runs = [first.to_owned(), second.to_owned()];
        let verdict = CompareVerdict::NotComparable;
        Self { metric: None, runs, values: None, difference: None, interval: None, verdict, reason: Some(reason) }
    }
}

/// A metric of a group of runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MetricEstimate {
    /// The mean over the seeds.
    pub value: f64,
    /// The sample deviation over the seeds; null for one seed.
    pub deviation: Option<f64>,
    /// 95 % interval over the test clips, and with several seeds also over the seeds.
    pub interval: Option<[f64; 2]>,
}

/// Runs that differ in their seed only.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RunGroup {
    /// The name: that of the folder.
    pub name: String,
    /// The run folders, absolute.
    pub runs: Vec<PathBuf>,
    /// The seed of each run.
    pub seeds: Vec<u64>,
    /// Number of trainable parameters.
    pub parameters: usize,
    /// How the clips were assigned to parts.
    pub dataset: String,
    /// Number of test clips.
    pub clips: usize,
    /// Macro-averaged area under the ROC curve on the test clips; null if it does not apply.
    pub roc_auc: Option<MetricEstimate>,
    /// Macro-averaged average precision on the test clips; null if it does not apply.
    pub pr_auc: Option<MetricEstimate>,
    /// Accuracy on the test clips; null if it does not apply.
    pub accuracy: Option<MetricEstimate>,
}

impl RunGroup {
    /// The estimate of a metric.
    pub fn of(&self, metric: CompareMetric) -> Option<MetricEstimate> {
        match metric {
            CompareMetric::RocAuc => self.roc_auc,
            CompareMetric::PrAuc => self.pr_auc,
            CompareMetric::Accuracy => self.accuracy,
        }
    }
}

/// The comparison is complete.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CompareDone {
    /// The groups, in the order of the runs.
    pub groups: Vec<RunGroup>,
    /// Number of pairs of groups that were compared.
    pub comparable: usize,
    /// Number of pairs of groups that are not comparable.
    pub not_comparable: usize,
    /// Draws of the bootstrap over clips.
    pub bootstrap: usize,
    /// The groups and their differences in the form of the option `format`.
    pub table: String,
}

/// The events of `compare`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum CompareEvent {
    /// Two groups of runs were compared.
    Comparison(RunComparison),
    /// The comparison is complete.
    Done(CompareDone),
}
