//! What may be written where. Everything in samplecnn that writes a file goes through this crate.
//!
//! - [`write_atomic`] and [`write_atomic_with`]: a file of a folder that is ours, whole or not at all.
//! - [`write_output`]: a file that a user named. It is no input of the same job, and one that is there already is replaced only where
//!   samplecnn wrote it (a [`Kind`] is recognised by content) or the user says so.
//! - [`AppendFile`]: a file that grows while a job runs. One process writes to it, and notices when it is taken away.
//! - [`Lock`], [`make_folder`], [`present`], [`remove_files`], [`sweep`]: a folder that one process works in at a time.
//! - [`text`]: names and tags in tables, reports and on terminals.
//!
//! Outputs are regular files: devices, named pipes, sockets and folders are refused, also behind links. A link is followed: what it
//! leads to is replaced, the link stays.

mod append;
mod atomic;
mod folder;
mod identity;
mod kind;
mod litter;
mod lock;
mod output;
mod target;
pub mod text;

pub use append::AppendFile;
pub use atomic::{write_atomic, write_atomic_with};
pub use folder::{make_folder, present, remove_files};
pub use kind::Kind;
pub use litter::sweep;
pub use lock::Lock;
pub use output::{check_output, write_output, Permission};
pub use target::Target;
