//! Metrics of the scores of a set of clips, their uncertainty, and their calibration.

mod averages;
mod bootstrap;
mod calibrate;
mod calibration_error;
mod classes;
mod clipwise;
mod intervals;
mod ranking;
mod summary;
mod tag;
mod text;

pub use averages::{Averages, Intervals};
pub use bootstrap::{interval_of, Draws, Estimate, Scored, DRAWS};
pub use calibrate::{calibration, platt_lines, soft_calibration};
pub use calibration_error::{calibration_error, log_loss, score_bins, ScoreBin};
pub use intervals::LEVEL;
pub use ranking::{average_precision, best_f1, curve, f1_at, roc_auc, BestF1, CurvePoint};
pub(crate) use summary::column;
pub use summary::Metrics;
pub use tag::{TagMetrics, FEW};
pub(crate) use text::{between, four};
