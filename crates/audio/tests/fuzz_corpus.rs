//! What the fuzz targets found, and what they began with, through their own entries.
#![allow(clippy::expect_used)] // The entries are tests.

#[path = "../../../fuzz/entries/decode.rs"]
mod decode;
#[path = "../../../fuzz/entries/failure.rs"]
mod failure;

#[test]
fn the_corpus_of_decode_is_survived() {
    testbed::replay("decode", decode::run);
}
