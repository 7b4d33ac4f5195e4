//! Replays the fixed corpus of the fuzz target `architecture`: its seeds, and inputs that fuzzing found.
#![allow(clippy::expect_used)] // The code in fuzz/entries is test code.

#[path = "../../../fuzz/entries/architecture.rs"]
mod architecture;
#[path = "../../../fuzz/entries/failure.rs"]
mod failure;

#[test]
fn every_text_of_the_corpus_is_drawn_or_refused() {
    testbed::replay("architecture", architecture::run);
}
