//! Tags whole music libraries: walk, pipeline, records, outputs.
//!
//! Data flow: paths -> [`Walk`] -> decoding threads (audio -> segments) -> one analysis thread, which fills batches
//! across files -> mean over the segments of a clip -> [`Record`], in input order -> output file and [`Tagger::next`].
//! Every queue is bounded, so memory does not grow with the length of a file. A walk stores a hash of each file; an
//! output file also keeps in memory what is needed to detect changed files.

mod analysis;
mod cancel;
mod clip;
mod decode;
mod delivery;
mod fingerprint;
mod guard;
mod identity;
mod listing;
mod options;
mod output;
mod pipeline;
mod ready;
mod record;
mod scoring;
mod tagger;
mod walk;
mod window;
mod workers;

pub use self::options::{EmbedOptions, EmbeddingChoice, Selection, TagOptions};
pub use analysis::Analysis;
pub use cancel::Cancel;
pub use clip::{embed_samples, tag_input, tag_samples, SampleEmbedding, SampleScores};
pub use fingerprint::fingerprint;
pub use listing::{resolve_entry, Listing};
pub use output::COLUMNS as CSV_COLUMNS;
pub use pipeline::OnEvent;
pub use ready::{Loaded, Ready, Way};
pub use record::{
    ClipFacts, Done, Embedded, Event, Failed, Failure, FileFacts, Progress, Record, Skipped, Start, StartEmbedding,
    Status, TagScore, TagTimeline, Tagged, Warning, SCHEMA,
};
pub use scoring::{Listener, OpenClip, Scoring};
pub use tagger::{ReadyModel, Tagger};
pub use walk::{Found, Walk, MARKER};
pub use window::Next;
pub use workers::Workers;
