//! What the fuzz targets found, and what they began with, through their own entries.
#![allow(clippy::expect_used)] // The entries are tests.

#[path = "../../../fuzz/entries/failure.rs"]
mod failure;
#[path = "../../../fuzz/entries/model.rs"]
mod model;

#[test]
fn the_corpus_of_model_is_survived() {
    testbed::replay("model", model::run);
}
