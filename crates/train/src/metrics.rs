//! Metrics of the scores of a set of clips.

mod ranking;
mod summary;

pub use ranking::{average_precision, best_f1, f1_at, roc_auc, BestF1};
pub use summary::{Averages, Metrics, TagMetrics};
