//! Replays the corpus of the fuzz targets: their initial inputs and the inputs that caused errors.
#![allow(clippy::expect_used)] // The code in fuzz/entries is test code.

#[path = "../../../fuzz/entries/failure.rs"]
mod failure;
#[path = "../../../fuzz/entries/manifest.rs"]
mod manifest;

#[test]
fn the_corpus_of_manifest_is_survived() {
    testbed::replay("manifest", manifest::run);
}
