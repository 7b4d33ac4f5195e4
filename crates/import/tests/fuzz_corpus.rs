//! What the fuzz targets found, and what they began with, through their own entries.
#![allow(clippy::expect_used)] // The entries are tests.

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
