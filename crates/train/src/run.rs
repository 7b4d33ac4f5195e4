//! A run folder: all files of one training.
//!
//! `config.json` (all options and the values derived from them), `clips.jsonl` (the clips of the run), `events.jsonl`,
//! `best.safetensors` and `last.safetensors` (models), `checkpoint.safetensors` and the one before it (for `--resume`),
//! and, when the training is complete, predictions and reports.

mod checkpoint;
mod clips;
mod config;
mod epochs_table;
mod evaluation_folder;
mod folder;
mod log;
mod npy;
mod predictions;
mod report;
mod seeds_file;
mod tensorboard;
mod test_predictions;
mod versioned;

pub(crate) use checkpoint::ResumePoint;
pub use checkpoint::{Checkpoint, State, Timings};
pub(crate) use clips::{must_equal_clips, read_clips, write_clips, RunClip};
pub(crate) use config::same_training;
pub use config::{saved_options, Config, DatasetFacts, SourceHead, SourceModel};
pub(crate) use epochs_table::write_epochs;
pub(crate) use evaluation_folder::EvaluationFolder;
pub(crate) use folder::{Opened, RunFolder};
pub(crate) use log::EventLog;
pub use npy::{read_npy, write_npy};
pub use predictions::Predictions;
pub(crate) use report::{markdown, Report};
pub use seeds_file::SeedsFile;
pub(crate) use tensorboard::EventFile;
pub use test_predictions::TestPredictions;
