//! Writes files safely. All code in samplecnn that writes a file uses this crate.
//!
//! - [`write_atomic`] and [`write_atomic_with`]: a file in a folder of samplecnn, written completely or not at all.
//! - [`write_unsynced_with`]: the same without waiting for the disk, for files that can be made again.
//! - [`write_output`]: a file that a user named. It must not be an input of the same job, and an existing file is
//!   replaced only if samplecnn wrote it (a [`Kind`] is recognised by its content) or if the user allows it.
//! - [`AppendFile`]: a file that grows while a job runs. Only one process writes to it, and it detects when the file is
//!   removed or replaced.
//! - [`Lock`], [`make_folder`], [`present`], [`refuse_others`], [`remove_files`], [`sweep`]: a folder that one process
//!   works in at a time.
//! - [`write_json`], [`npy_header`]: the formats of several crates.
//! - [`text`]: escapes names and tags for tables, reports and terminals.
//!
//! Outputs are regular files: devices, named pipes, sockets and folders are refused, also as targets of links. A link
//! is followed: its target is replaced, and the link stays.

mod append;
mod atomic;
mod folder;
mod identity;
mod json;
mod kind;
mod litter;
mod lock;
mod npy;
mod output;
mod target;
pub mod text;

pub use append::AppendFile;
pub use atomic::{write_atomic, write_atomic_with, write_unsynced_with};
pub use folder::{make_folder, not_written_by, present, refuse_others, remove_files};
pub use json::write_json;
pub use kind::Kind;
pub use litter::sweep;
pub use lock::Lock;
pub use npy::{npy_header, NPY_HEADER_BYTES, NPY_MAGIC};
pub use output::{check_output, write_output, Permission};
pub use target::Target;
