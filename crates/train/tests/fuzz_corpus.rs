//! Replays the fixed corpus of the fuzz target `manifest`: its seeds, and inputs that fuzzing found.
#![allow(clippy::expect_used)] // The code in fuzz/entries is test code.

#[path = "../../../fuzz/entries/failure.rs"]
mod failure;
#[path = "../../../fuzz/entries/manifest.rs"]
mod manifest;

#[test]
fn the_corpus_of_manifest_is_survived() {
    testbed::replay("manifest", manifest::run);
}
