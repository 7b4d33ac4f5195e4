//! Replays the fixed corpus of the fuzz target `decode`: its seeds, and inputs that fuzzing found.
#![allow(clippy::expect_used)] // The code in fuzz/entries is test code.

#[path = "../../../fuzz/entries/decode.rs"]
mod decode;
#[path = "../../../fuzz/entries/failure.rs"]
mod failure;

#[test]
fn the_corpus_of_decode_is_survived() {
    testbed::replay("decode", decode::run);
}
