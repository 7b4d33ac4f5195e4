//! Replays the fixed corpus of the fuzz target `model`: its seeds, and inputs that fuzzing found.
#![allow(clippy::expect_used)] // The code in fuzz/entries is test code.

#[path = "../../../fuzz/entries/failure.rs"]
mod failure;
#[path = "../../../fuzz/entries/model.rs"]
mod model;

#[test]
fn the_corpus_of_model_is_survived() {
    testbed::replay("model", model::run);
}
