//! Libraries that the tests make, read as a user names them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)] // Helper functions of tests are test code too.

mod bad_input;
mod conflicts;
mod damage;
mod docs;
mod lists;
mod many;
mod metadata;
mod oddities;
mod summary;
mod world;
