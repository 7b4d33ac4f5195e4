//! Replays the corpus of the fuzz targets: their initial inputs and the inputs that caused errors.
#![allow(clippy::expect_used)] // The code in fuzz/entries is test code.

#[path = "../../../fuzz/entries/failure.rs"]
mod failure;
#[path = "../../../fuzz/entries/listing.rs"]
mod listing;
#[path = "../../../fuzz/entries/output.rs"]
mod output;

#[test]
fn the_corpus_of_listing_is_survived() {
    testbed::replay("listing", listing::run);
}

#[test]
fn the_corpus_of_output_is_survived() {
    testbed::replay("output", output::run);
}
