//! Replays the fixed corpora of the fuzz targets `listing` and `output`: their seeds, and inputs that fuzzing found.
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
