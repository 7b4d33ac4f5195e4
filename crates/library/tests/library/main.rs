//! Libraries that the tests make, read as a user names them.
// Helper functions of tests are test code too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

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
