//! Tagging of whole music libraries: walk, pipeline, records, outputs.
//!
//! paths -> [`Walk`] -> decoding threads (audio -> segments) -> one analysis thread, full batches across files -> mean over a
//! clip's segments -> [`Record`], in input order -> output file and [`Tagger::next`]. Every queue is bounded: memory does not grow
//! with the length of a file or the number of files.

mod analysis;
mod cancel;
mod decode;
mod delivery;
mod fingerprint;
mod identity;
mod listing;
mod options;
mod output;
mod pipeline;
mod record;
mod tagger;
mod walk;
mod window;

pub use analysis::Analysis;
pub use cancel::Cancel;
pub use fingerprint::fingerprint;
pub use listing::Listing;
pub use options::{Segments, Selection, TagOptions};
pub use output::COLUMNS as CSV_COLUMNS;
pub use pipeline::OnEvent;
pub use record::{
    Done, Event, Failed, Failure, FileFacts, Progress, Record, Skipped, Start, Status, TagScore, Tagged, Warning,
    SCHEMA,
};
pub use tagger::{ReadyModel, Tagger};
pub use walk::{Found, Walk, MARKER};
