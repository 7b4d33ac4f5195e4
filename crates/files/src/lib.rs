//! What may be written where. Everything in samplecnn that writes a file goes through this crate.

mod atomic;

pub use atomic::{write_atomic, write_atomic_with};
