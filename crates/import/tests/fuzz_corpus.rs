//! Replays the fixed corpora of the fuzz targets `archive`, `hdf5` and `pickle`: their seeds, and inputs that fuzzing
//! found.
#![allow(clippy::expect_used)] // The code in fuzz/entries is test code.

#[path = "../../../fuzz/entries/checkpoint.rs"]
mod checkpoint;
#[path = "../../../fuzz/entries/failure.rs"]
mod failure;
#[path = "../../../fuzz/entries/pickle.rs"]
mod pickle;

#[test]
fn the_corpus_of_archive_is_survived() {
    testbed::replay("archive", checkpoint::run);
}

#[test]
fn the_corpus_of_hdf5_is_survived() {
    testbed::replay("hdf5", checkpoint::run);
}

#[test]
fn the_corpus_of_pickle_is_survived() {
    testbed::replay("pickle", pickle::run);
}
