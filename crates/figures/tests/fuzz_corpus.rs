//! Replays the fixed corpus of the fuzz target `architecture` through the entry function of the target.
#![allow(clippy::expect_used)] // The entries are tests.

#[path = "../../../fuzz/entries/architecture.rs"]
mod architecture;
#[path = "../../../fuzz/entries/failure.rs"]
mod failure;

#[test]
fn every_text_of_the_corpus_is_drawn_or_refused() {
    testbed::replay("architecture", architecture::run);
}
