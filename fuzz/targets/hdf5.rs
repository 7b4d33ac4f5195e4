//! The fuzz target `hdf5`. `entries/checkpoint.rs` contains its code.
#![no_main]

#[path = "../entries/checkpoint.rs"]
mod checkpoint;
#[path = "../entries/failure.rs"]
mod failure;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checkpoint::run(data));
