//! What the fuzz targets found, and what they began with, through their own entries.
#![allow(clippy::expect_used)] // The entries are tests.

#[path = "../../../fuzz/entries/decode.rs"]
mod decode;

#[test]
fn the_corpus_of_decode_is_survived() {
    testbed::replay("decode", decode::run);
}
